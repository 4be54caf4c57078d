// Stands between pkcs11js and its caller and does what devices do on bad days. Preloaded into the HSM's process by
// `agent-with-faults.ts`; a control file says what happens, and is read at each call of the library.
import { readFileSync } from "node:fs";
import pkcs11js, { type Handle } from "pkcs11js";

/** What the control file holds, as JSON. */
export interface DeviceFault {
  /** A new id makes the fault happen anew. */
  readonly id: string;
  /**
   * - a code: the library answers with it
   * - `hang`: it does not answer for a minute
   * - `renumber`: the session ends, and object handles of before now stand for other objects
   * - `renumber-silently`: the same, and the session goes on as if nothing had happened
   * - `mislead`: searches find another key than was asked for
   */
  readonly kind: DeviceErrorName | "hang" | "renumber" | "renumber-silently" | "mislead" | "none";
  /** After how many calls of the library it begins. */
  readonly after: number;
  /** How often it happens, in one process. */
  readonly times: number;
}

export type DeviceErrorName =
  | "CKR_DEVICE_REMOVED"
  | "CKR_GENERAL_ERROR"
  | "CKR_SESSION_HANDLE_INVALID"
  | "CKR_OBJECT_HANDLE_INVALID"
  | "CKR_CRYPTOKI_NOT_INITIALIZED";

const HANG_MS = 60_000;
const controlFile = process.env["FAULTY_DEVICE_CONTROL"] ?? "";

/** Real handles in the order in which they were met; the position is the number that the caller gets. */
const objects: Handle[] = [];
let fault: DeviceFault = { id: "", kind: "none", after: 0, times: 0 };
let calls = 0;
let happened = 0;

function readFault(): void {
  const next = JSON.parse(readFileSync(controlFile, "utf8")) as DeviceFault;
  if (next.id === fault.id) return;
  fault = next;
  calls = 0;
  happened = 0;
}

/** Does what is due before a call of the library. */
function misbehave(): void {
  readFault();
  calls += 1;
  if (fault.kind === "none" || fault.kind === "mislead" || calls <= fault.after || happened >= fault.times) return;
  happened += 1;
  if (fault.kind === "hang") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, HANG_MS);
  else if (fault.kind === "renumber-silently") objects.unshift(...objects.splice(-1));
  else if (fault.kind === "renumber") {
    objects.unshift(...objects.splice(-1));
    throw deviceError("CKR_SESSION_HANDLE_INVALID");
  } else throw deviceError(fault.kind);
}

function deviceError(name: DeviceErrorName): Error {
  return new pkcs11js.Pkcs11Error(`${name}:${pkcs11js[name]}`);
}

function numberOf(real: Handle): Handle {
  const known = objects.findIndex((each) => each.equals(real));
  const handle = Buffer.alloc(real.length);
  handle.writeUInt32LE(1 + (known === -1 ? objects.push(real) - 1 : known));
  return handle;
}

function realOf(handle: Handle): Handle {
  return objects[handle.readUInt32LE() - 1] ?? handle;
}

function misled(real: Handle): Handle {
  return fault.kind === "mislead" ? (objects.find((each) => !each.equals(real)) ?? real) : real;
}

type LibraryCall = (...args: unknown[]) => unknown;

// Which argument is an object.
const objectArguments: Readonly<Record<string, number>> = {
  C_EncryptInit: 2,
  C_DecryptInit: 2,
  C_GetAttributeValue: 1,
  C_DestroyObject: 1,
};

function faulty(name: string, call: LibraryCall): LibraryCall {
  return (...args) => {
    if (name !== "C_Finalize") misbehave();
    const result = call(...args.map((value, at) => (at === objectArguments[name] ? realOf(value as Handle) : value)));
    if (name === "C_GenerateKey") return numberOf(result as Handle);
    return name === "C_FindObjects" ? (result as Handle[]).map(misled).map(numberOf) : result;
  };
}

pkcs11js.PKCS11 = class extends pkcs11js.PKCS11 {
  constructor(library?: string) {
    super(library);
    const methods = this as unknown as Record<string, LibraryCall>;
    for (const name of Object.keys(this).filter((each) => each.startsWith("C_"))) {
      const call = methods[name];
      if (call !== undefined) methods[name] = faulty(name, call.bind(this));
    }
  }
};
