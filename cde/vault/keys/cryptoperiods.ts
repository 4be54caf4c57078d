// The cryptoperiod file: how long each kind of key may protect new data, and when it is replaced.
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import type { Cryptoperiod, Cryptoperiods } from "./keyring.ts";

/** Every kind of key that has a period. The keyring enforces those of `data`, `index` and `request`. */
export const keyKinds = ["root", "data", "index", "request", "checkpoint", "transcript"] as const;
export type KeyKind = (typeof keyKinds)[number];

/** The period of one kind of key, and when its replacement is due. */
export interface RotationPeriod extends Cryptoperiod {
  /** Whether the vault replaces it, or its custodians. */
  readonly rotation: "automatic" | "manual";
  /** Due this many days before the end by age. Less than `maxAgeDays`. */
  readonly rotateBeforeDays: number;
  /** Due at this many uses. Less than `maxUses`, and null exactly where that is. */
  readonly rotateAtUses: number | null;
  /** Overdue this many days before the end by age. At most `rotateBeforeDays`. */
  readonly alertBeforeDays: number;
  readonly reason: string;
}

export type CryptoperiodFile = Readonly<Record<KeyKind, RotationPeriod>>;

/** A period that is no period. The message names the field, never what stood there. */
export class CryptoperiodError extends Error {
  override readonly name = "CryptoperiodError";
}

const fields = [
  "max_age_days",
  "max_uses",
  "rotation",
  "rotate_before_days",
  "rotate_at_uses",
  "alert_before_days",
  "reason",
];
const MAX_AGE_DAYS = 1_826;
// 2^28 records lies far below every bound of AES-256-GCM with a derived key for each record.
const MAX_USES = 2 ** 28;

/**
 * Reads the cryptoperiod file (PCI DSS 3.7.4). The file is the policy: what it says is what happens.
 *
 * @param path a YAML file: kind of key -> fields, as in policies/cryptoperiods.yaml
 * @throws CryptoperiodError naming the field that is missing, unknown or out of bounds
 */
export async function readCryptoperiodFile(path: string): Promise<CryptoperiodFile> {
  return parseCryptoperiods(await readFile(path, "utf8"));
}

/** The periods that the keyring enforces, from the same file. Throws CryptoperiodError. */
export async function readCryptoperiods(path: string): Promise<Cryptoperiods> {
  return await readCryptoperiodFile(path);
}

/** Reads the text of a cryptoperiod file. Throws CryptoperiodError. */
export function parseCryptoperiods(text: string): CryptoperiodFile {
  const file = only("the file", keyKinds, parseYaml(text));
  const periods = keyKinds.map((kind) => [kind, readPeriod(kind, only(kind, fields, file[kind]))] as const);
  return Object.fromEntries(periods) as Record<KeyKind, RotationPeriod>;
}

function readPeriod(kind: KeyKind, field: Readonly<Record<string, unknown>>): RotationPeriod {
  const number = (name: string, low: number, high: number): number => {
    const value = field[name];
    if (Number.isSafeInteger(value) && Number(value) >= low && Number(value) <= high) return Number(value);
    throw new CryptoperiodError(`cryptoperiods: ${kind}.${name} must be an integer from ${low} to ${high}`);
  };
  const maxAgeDays = number("max_age_days", 1, MAX_AGE_DAYS);
  const maxUses = field["max_uses"] === null ? null : number("max_uses", 2, MAX_USES);
  if (maxUses === null && field["rotate_at_uses"] !== null) {
    throw new CryptoperiodError(`cryptoperiods: ${kind}.rotate_at_uses must be null, like max_uses`);
  }
  const rotateBeforeDays = number("rotate_before_days", 0, maxAgeDays - 1);
  const { rotation, reason } = field;
  if (rotation !== "automatic" && rotation !== "manual") {
    throw new CryptoperiodError(`cryptoperiods: ${kind}.rotation must be automatic or manual`);
  }
  if (typeof reason !== "string" || reason.length < 20) {
    throw new CryptoperiodError(`cryptoperiods: ${kind}.reason must be a sentence`);
  }
  return {
    maxAgeDays,
    maxUses,
    rotation,
    rotateBeforeDays,
    rotateAtUses: maxUses === null ? null : number("rotate_at_uses", 1, maxUses - 1),
    alertBeforeDays: number("alert_before_days", 0, rotateBeforeDays),
    reason,
  };
}

/** The fields of a mapping that has these, all of them and no other. */
function only(what: string, names: readonly string[], value: unknown): Readonly<Record<string, unknown>> {
  const mapping = (typeof value === "object" ? value : null) ?? {};
  const missing = names.find((name) => !Object.hasOwn(mapping, name));
  if (missing !== undefined) throw new CryptoperiodError(`cryptoperiods: ${what} has no ${missing}`);
  if (Object.keys(mapping).length > names.length) {
    throw new CryptoperiodError(`cryptoperiods: ${what} has a field other than ${names.join(", ")}`);
  }
  return mapping as Readonly<Record<string, unknown>>;
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    throw new CryptoperiodError("cryptoperiods: the file is no YAML");
  }
}
