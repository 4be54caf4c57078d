// The roster: who the custodians are, with which keys they sign, and until when they have acknowledged their duties.
import { readFile } from "node:fs/promises";
import type { Logger } from "@cofferdam/kit/log.ts";
import { parse } from "yaml";

/** A custodian of keys; a person. */
export interface Custodian {
  readonly name: string;
  /** Path of their certificate's SPIFFE id, e.g. `management/custodian-mei`. */
  readonly workload: string;
  /** SHA-256 of the public key in that certificate (SPKI, DER), hex. */
  readonly publicKey: string;
  /** Last day, `2027-06-30`, on which their signed acknowledgement counts (PCI DSS 3.7.8). */
  readonly acknowledgedUntil: string;
  /** X25519 public key that a share for them is encrypted to, raw, base64url; null for who is to get none. */
  readonly shareKey: string | null;
}

/** The roster as it is now, or as it was read last. */
export interface Roster {
  /** Looks whether the file changed. A file that cannot be read has no custodians: nobody slips through a mistake. */
  readonly read: () => Promise<readonly Custodian[]>;
  /** As of the last `read`. */
  readonly current: () => readonly Custodian[];
}

/** A file that is no roster. The message names the field, never what stood there. */
export class RosterError extends Error {
  override readonly name = "RosterError";
}

const MAX_CUSTODIANS = 50;
const MAX_FILE_CHARACTERS = 65_536;

/** Opens the roster. Throws RosterError when the file is none now; later such a file empties the roster and is logged. */
export async function openRoster(path: string, log: Logger): Promise<Roster> {
  // Null after a failure to read: the next text is read anew, whatever it is.
  let text: string | null = await readFile(path, "utf8");
  let custodians = parseRoster(text);
  return {
    read: async () => {
      try {
        const latest = await readFile(path, "utf8").catch((error: unknown) => {
          text = null;
          throw error;
        });
        if (latest === text) return custodians;
        text = latest;
        custodians = parseRoster(latest);
        log.info({ count: custodians.length }, "roster of custodians changed");
      } catch (error) {
        custodians = [];
        log.error({ err: error }, "roster of custodians cannot be read: there are no custodians");
      }
      return custodians;
    },
    current: () => custodians,
  };
}

/**
 * Reads a roster: YAML, `custodians: [{ name, workload, public_key, acknowledged_until, share_key }]`, the last only for who
 * is to get a share. No name, workload or key may be there twice: one person would fill both places of dual control, or
 * hold two shares. Throws RosterError.
 */
export function parseRoster(text: string): readonly Custodian[] {
  if (text.length > MAX_FILE_CHARACTERS) throw new RosterError("roster: the file is too long");
  const { custodians, ...others } = record(parsed(text), "the file");
  if (!Array.isArray(custodians) || custodians.length > MAX_CUSTODIANS || Object.keys(others).length > 0) {
    throw new RosterError(`roster: the file has one field, custodians, a list of at most ${MAX_CUSTODIANS}`);
  }
  const read = custodians.map((entry, index) => custodianIn(record(entry, `custodians[${index}]`), index));
  for (const field of ["name", "workload", "publicKey", "shareKey"] as const) {
    const values = read.map((custodian) => custodian[field]).filter((value) => value !== null);
    if (new Set(values).size < values.length) {
      throw new RosterError(`roster: two custodians have the same ${field}`);
    }
  }
  return read;
}

/** The custodian with that workload and key, both. */
export function custodianOf(
  custodians: readonly Custodian[],
  { workload, publicKey }: Pick<Custodian, "workload" | "publicKey">,
): Custodian | null {
  return custodians.find((each) => each.workload === workload && each.publicKey === publicKey) ?? null;
}

/** Whether the acknowledgement counts at that moment: it ends with its last day, UTC. */
export function isAcknowledged({ acknowledgedUntil }: Custodian, nowMs: number): boolean {
  return new Date(nowMs).toISOString().slice(0, 10) <= acknowledgedUntil;
}

const forms: Readonly<Record<string, RegExp>> = {
  name: /^[a-z][a-z0-9-]{0,31}$/,
  workload: /^management\/custodian-[a-z][a-z0-9-]{0,31}$/,
  public_key: /^[0-9a-f]{64}$/,
  acknowledged_until: /^\d{4}-\d{2}-\d{2}$/,
};

/** 32 bytes in base64url: the last character stands for four bits, so one key has one text. */
const shareKeyForm = /^[\w-]{42}[AEIMQUYcgkosw048]$/;

function custodianIn(entry: Readonly<Record<string, unknown>>, index: number): Custodian {
  for (const [field, form] of Object.entries(forms)) {
    const value = entry[field];
    if (typeof value === "string" && form.test(value)) continue;
    throw new RosterError(`roster: custodians[${index}].${field} is missing or malformed`);
  }
  const { name, workload, public_key: publicKey, acknowledged_until: acknowledgedUntil, ...more } = entry;
  const { share_key: shareKey = null, ...others } = more;
  if (Object.keys(others).length > 0) throw new RosterError(`roster: custodians[${index}] has a field too many`);
  if (shareKey !== null && !(typeof shareKey === "string" && shareKeyForm.test(shareKey))) {
    throw new RosterError(`roster: custodians[${index}].share_key is malformed`);
  }
  if (!isDay(String(acknowledgedUntil))) throw new RosterError(`roster: custodians[${index}] has no such day`);
  return { name, workload, publicKey, acknowledgedUntil, shareKey } as Custodian;
}

/** A day that exists: `2026-02-31` parses as a date and is none. */
function isDay(text: string): boolean {
  const time = Date.parse(text);
  return !isNaN(time) && new Date(time).toISOString().slice(0, 10) === text;
}

function parsed(text: string): unknown {
  try {
    return parse(text, { uniqueKeys: true, maxAliasCount: 0 });
  } catch {
    throw new RosterError("roster: the file is no YAML");
  }
}

function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
  throw new RosterError(`roster: ${what} must be a mapping`);
}
