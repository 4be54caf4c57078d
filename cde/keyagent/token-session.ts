// One logged-in session at one token of a PKCS#11 library (PKCS #11 v2.40 §5), opened from nothing and closed to nothing:
// after an error no handle of before is used again.
import { readFileSync } from "node:fs";
import pkcs11js, { type Handle, type PKCS11 } from "pkcs11js";
import { RootKeyError } from "../vault/keys/root/root-key.ts";

/** Which token, and who opens it. */
export interface TokenAccess {
  readonly tokenLabel: string;
  readonly pinFile: string;
}

export interface TokenSession {
  readonly device: PKCS11;
  readonly slot: Handle;
  readonly session: Handle;
  /** What the token says of itself, for the inventory. */
  readonly location: string;
}

/** Loads a library into this process. Throws the loader's error when it cannot be. */
export function loadDevice(library: string): PKCS11 {
  const device = new pkcs11js.PKCS11();
  device.load(library);
  return device;
}

/**
 * Initialises the library, finds the token by its label and logs in as its user. Throws RootKeyError: `pin_refused`, or
 * `unavailable` when no or more than one token has that label; and the library's own errors.
 */
export function openToken(device: PKCS11, { tokenLabel, pinFile }: TokenAccess): TokenSession {
  device.C_Initialize();
  const slots = device.C_GetSlotList(true).filter((slot) => device.C_GetTokenInfo(slot).label.trim() === tokenLabel);
  const [slot, second] = slots;
  if (slot === undefined) throw new RootKeyError("unavailable", "no token has the label that is set");
  if (second !== undefined) throw new RootKeyError("unavailable", "more than one token has the label that is set");
  const session = device.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION);
  logIn(device, session, pinFile);
  const { manufacturerID, model, serialNumber } = device.C_GetTokenInfo(slot);
  const maker = `${manufacturerID.trim()} ${model.trim()}, serial ${serialNumber.trim()}`;
  return { device, slot, session, location: `PKCS#11 token ${tokenLabel} (${maker})` };
}

/** Drops sessions and handles. What a dead device says to it does not matter. */
export function closeToken(device: PKCS11): void {
  try {
    device.C_Finalize();
  } catch {
    // It was not initialised, or is beyond telling.
  }
}

/** PKCS#11 takes the PIN as text, so here it is one: a string in a process that ends when anything is wrong. */
function logIn(device: PKCS11, session: Handle, pinFile: string): void {
  const pin = readPin(pinFile);
  try {
    device.C_Login(session, pkcs11js.CKU_USER, pin);
  } catch (error) {
    if (!(error instanceof pkcs11js.Pkcs11Error)) throw error;
    if (error.code === pkcs11js.CKR_USER_ALREADY_LOGGED_IN) return;
    if (pinRefusals.has(error.code)) {
      throw new RootKeyError("pin_refused", "the HSM refused the PIN", { cause: error });
    }
    throw error;
  }
}

const pinRefusals: ReadonlySet<number> = new Set([
  pkcs11js.CKR_PIN_INCORRECT,
  pkcs11js.CKR_PIN_INVALID,
  pkcs11js.CKR_PIN_LEN_RANGE,
  pkcs11js.CKR_PIN_EXPIRED,
  pkcs11js.CKR_PIN_LOCKED,
  pkcs11js.CKR_USER_PIN_NOT_INITIALIZED,
]);

function readPin(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new RootKeyError("unavailable", "the PIN file cannot be read", { cause });
  }
}
