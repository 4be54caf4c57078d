import { readFile } from "node:fs/promises";
import type { Cryptoperiod, Cryptoperiods, KeyPurpose } from "./keyring.ts";

const purposes: readonly KeyPurpose[] = ["data", "index", "request"];

/**
 * Reads the cryptoperiods that the keyring enforces (PCI DSS 3.7.4). The file is the policy: what it says is what
 * happens.
 *
 * @param path a JSON file: purpose -> { "max_age_days": integer, "max_uses": integer or null, … }
 * @throws Error naming the purpose whose period is missing or out of bounds
 */
export async function readCryptoperiods(path: string): Promise<Cryptoperiods> {
  const file = JSON.parse(await readFile(path, "utf8")) as Readonly<Record<string, unknown>>;
  const entries = purposes.map((purpose) => [purpose, readPeriod(purpose, file[purpose])] as const);
  return Object.fromEntries(entries) as Record<KeyPurpose, Cryptoperiod>;
}

function readPeriod(purpose: KeyPurpose, value: unknown): Cryptoperiod {
  const { max_age_days: maxAgeDays, max_uses: maxUses } = (value ?? {}) as Record<string, unknown>;
  if (!isWithin(maxAgeDays, 1, 1_826)) throw new Error(`cryptoperiods: ${purpose}.max_age_days must be from 1 to 1826`);
  // 2^28 records lies far below every bound of AES-256-GCM with a derived key for each record.
  if (maxUses !== null && !isWithin(maxUses, 1, 2 ** 28)) {
    throw new Error(`cryptoperiods: ${purpose}.max_uses must be null or from 1 to 2^28`);
  }
  return { maxAgeDays, maxUses };
}

function isWithin(value: unknown, low: number, high: number): value is number {
  return Number.isInteger(value) && (value as number) >= low && (value as number) <= high;
}
