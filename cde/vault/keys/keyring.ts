// The life of a key version, as rules. Pure: a rule either answers or refuses with a code; nothing here does I/O.

/** What a key is for. One key, one purpose (SP 800-57 part 1 §5.2). */
export type KeyPurpose = "data" | "index" | "request";

/** SP 800-57 part 1 §7, in the words of that text; `decrypt-only` is its deactivated state. */
export type KeyState = "pre-active" | "active" | "decrypt-only" | "suspended" | "compromised" | "destroyed";

/** One version of a key of one tenant. Times are milliseconds since 1970. */
export interface KeyVersion {
  readonly id: string;
  readonly purpose: KeyPurpose;
  readonly version: number;
  readonly state: KeyState;
  readonly isPrimary: boolean;
  /** How many records it has protected for callers so far; those that were moved to it from a former key do not count. */
  readonly uses: number;
  readonly activatedAtMs: number | null;
}

/** How long, and for how many records, a key may protect new data (PCI DSS 3.7.4). */
export interface Cryptoperiod {
  readonly maxAgeDays: number;
  /** Null where the number of uses does not wear the key out. */
  readonly maxUses: number | null;
}

export type Cryptoperiods = Readonly<Record<KeyPurpose, Cryptoperiod>>;

/** `stale`: the keys in memory are not those of the database any more; load them again and repeat. */
export type KeyringRefusal =
  | "stale"
  | "no_primary"
  | "unknown_key"
  | "superseded"
  | "cryptoperiod_over"
  | "key_not_usable"
  | "illegal_transition"
  | "primary_needed"
  | "records_remain";

/** A key operation that the rules forbid. Nothing has changed. */
export class KeyringError extends Error {
  readonly code: KeyringRefusal;

  constructor(code: KeyringRefusal) {
    super(`keyring: ${code.replaceAll("_", " ")}`);
    this.name = "KeyringError";
    this.code = code;
  }
}

const DAY_MS = 86_400_000;

const transitions: Readonly<Record<KeyState, readonly KeyState[]>> = {
  "pre-active": ["active", "compromised", "destroyed"],
  active: ["decrypt-only", "suspended", "compromised"],
  "decrypt-only": ["suspended", "compromised", "destroyed"],
  suspended: ["active", "decrypt-only", "compromised"],
  compromised: ["destroyed"],
  destroyed: [],
};

/**
 * The key that protects new data of a purpose. Throws `no_primary`, `cryptoperiod_over`, and `superseded` when a newer
 * version was in use already: a retired key that became primary again was not made so by a rotation.
 */
export function primaryKey(
  keys: readonly KeyVersion[],
  purpose: KeyPurpose,
  period: Cryptoperiod,
  nowMs: number,
): KeyVersion {
  const primary = keys.find((key) => key.purpose === purpose && key.isPrimary);
  if (primary === undefined) throw new KeyringError("no_primary");
  const isSuperseded = keys.some(
    (key) => key.purpose === purpose && key.version > primary.version && key.activatedAtMs !== null,
  );
  if (isSuperseded) throw new KeyringError("superseded");
  if (isPastCryptoperiod(primary, period, nowMs)) throw new KeyringError("cryptoperiod_over");
  return primary;
}

/** A key past its cryptoperiod protects nothing new; it still opens what it sealed. */
export function isPastCryptoperiod(key: KeyVersion, period: Cryptoperiod, nowMs: number): boolean {
  if (key.activatedAtMs === null) return true;
  const isTooOld = nowMs - key.activatedAtMs >= period.maxAgeDays * DAY_MS;
  return isTooOld || (period.maxUses !== null && key.uses >= period.maxUses);
}

/**
 * Whether a key may open what it sealed. A compromised key still opens, so that its records can be moved to another
 * key; a suspended one does not until somebody has looked.
 */
export function mayOpen(key: KeyVersion): boolean {
  return key.state === "active" || key.state === "decrypt-only" || key.state === "compromised";
}

/**
 * What a process must know of a tenant's keys to act on them: every version that may still open, its state, and which
 * are primary. Two that are equal mean the same; uses do not count.
 */
export function fingerprintOfKeys(keys: readonly Pick<KeyVersion, "id" | "state" | "isPrimary">[]): string {
  const live = keys.filter((key) => key.state !== "destroyed");
  return live
    .map((key) => `${key.id} ${key.state}${key.isPrimary ? " primary" : ""}`)
    .sort()
    .join("\n");
}

/** Makes an active key the primary of its purpose; the former primary becomes decrypt-only. */
export function promote(keys: readonly KeyVersion[], keyId: string): readonly KeyVersion[] {
  const chosen = find(keys, keyId);
  if (chosen.state !== "active") throw new KeyringError("key_not_usable");
  return keys.map((key) => {
    if (key.id === keyId) return { ...key, isPrimary: true };
    if (key.purpose === chosen.purpose && key.isPrimary) return { ...key, isPrimary: false, state: "decrypt-only" };
    return key;
  });
}

/**
 * Moves a key to another state.
 *
 * @param recordsNamingKey how many rows are sealed under it, as counted in the same transaction
 * @throws KeyringError `illegal_transition`; `primary_needed` when it is the primary; `records_remain` when it would
 * be destroyed while rows name it
 */
export function changeState(
  keys: readonly KeyVersion[],
  keyId: string,
  state: KeyState,
  recordsNamingKey: number,
  nowMs: number,
): readonly KeyVersion[] {
  const key = find(keys, keyId);
  if (!transitions[key.state].includes(state)) throw new KeyringError("illegal_transition");
  if (key.isPrimary) throw new KeyringError("primary_needed");
  if (state === "destroyed" && recordsNamingKey > 0) throw new KeyringError("records_remain");
  const activatedAtMs = key.activatedAtMs ?? (state === "active" ? nowMs : null);
  return keys.map((other) => (other.id === keyId ? { ...key, state, activatedAtMs } : other));
}

function find(keys: readonly KeyVersion[], keyId: string): KeyVersion {
  const key = keys.find((candidate) => candidate.id === keyId);
  if (key === undefined) throw new KeyringError("unknown_key");
  return key;
}
