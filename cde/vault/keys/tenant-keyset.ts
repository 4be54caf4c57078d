import { createSecretKey } from "node:crypto";
import type { SealingKey } from "./envelope.ts";
import type { WrappedKey } from "./key-store.ts";
import {
  KeyringError,
  fingerprintOfKeys,
  mayOpen,
  primaryKey,
  type Cryptoperiods,
  type KeyPurpose,
  type KeyVersion,
} from "./keyring.ts";
import { isRootKeyOutage, wrapContext } from "./root/root-key.ts";
import type { KeyWrap, RootKeys } from "./root/root-keys.ts";

/** A tenant's keys, unwrapped, in memory. Each answer applies the keyring's rules at the moment of asking. */
export interface TenantKeyset {
  readonly versions: readonly KeyVersion[];
  /** Equal to that of the database's rows as long as the keys in memory are those of the database. */
  readonly fingerprint: string;
  /** The key that protects new data of a purpose. Throws KeyringError `no_primary`, `cryptoperiod_over`. */
  primary(purpose: KeyPurpose): SealingKey;
  /** The key that a record names. Throws KeyringError `unknown_key`, `key_not_usable`. */
  opening(keyId: string): SealingKey;
  /** Every key of a purpose that may still open what it protected, the primary first. */
  openingAll(purpose: KeyPurpose): readonly SealingKey[];
  /** How each key was opened, for the next time. */
  readonly opened: ReadonlyMap<string, OpenedKey>;
}

/** A key in memory, and the wrap that it came out of. `openedAtMs` is of a monotonic clock. */
export interface OpenedKey {
  readonly key: SealingKey;
  readonly wraps: readonly KeyWrap[];
  readonly openedAtMs: number;
}

// A key in memory is opened anew this often, so that a root key that was taken away is noticed; HSMs and key services
// are slow or paid by the call, so not more often.
const REOPEN_MS = 300_000;
// While no root key can be reached, keys in memory serve this long and no longer.
const KEPT_MS = 900_000;

/**
 * Unwraps a tenant's keys, each by whichever of its wraps can be opened.
 *
 * @param known the keyset as it was in memory before: keys whose wraps are the same are taken from it, for 5 minutes, and
 * for 15 while no root key can be reached
 * @param now the clock, in milliseconds since 1970; `elapsedMs` a monotonic one
 * @throws RootKeyError when a key that may still open cannot be had: a keyset opens whole or not at all
 */
export async function unwrapKeyset(options: {
  readonly tenantId: string;
  readonly rootKeys: RootKeys;
  readonly wrappedKeys: readonly WrappedKey[];
  readonly cryptoperiods: Cryptoperiods;
  readonly known: TenantKeyset | undefined;
  readonly now: () => number;
  readonly elapsedMs: () => number;
}): Promise<TenantKeyset> {
  const { wrappedKeys, cryptoperiods, known, now } = options;
  const opened = new Map<string, OpenedKey>();
  for (const key of wrappedKeys) opened.set(key.id, await open(options, key, known?.opened.get(key.id)));
  const versions: readonly KeyVersion[] = wrappedKeys;
  const primary = (purpose: KeyPurpose): SealingKey =>
    secretOf(opened, primaryKey(versions, purpose, cryptoperiods[purpose], now()).id);

  return {
    versions,
    fingerprint: fingerprintOfKeys(versions),
    opened,
    primary,
    opening: (keyId) => {
      const version = versions.find((key) => key.id === keyId);
      if (version === undefined) throw new KeyringError("unknown_key");
      if (!mayOpen(version)) throw new KeyringError("key_not_usable");
      return secretOf(opened, keyId);
    },
    openingAll: (purpose) =>
      versions
        .filter((key) => key.purpose === purpose && mayOpen(key))
        .sort((one, other) => Number(other.isPrimary) - Number(one.isPrimary) || other.version - one.version)
        .map((key) => secretOf(opened, key.id)),
  };
}

interface Opening {
  readonly tenantId: string;
  readonly rootKeys: RootKeys;
  readonly elapsedMs: () => number;
}

async function open(opening: Opening, key: WrappedKey, before: OpenedKey | undefined): Promise<OpenedKey> {
  const ageMs = before === undefined ? Infinity : opening.elapsedMs() - before.openedAtMs;
  const isSame = before !== undefined && areSame(before.wraps, key.wraps);
  if (isSame && ageMs < REOPEN_MS) return before;
  try {
    return await unwrap(opening, key);
  } catch (error) {
    if (isSame && ageMs < KEPT_MS && isRootKeyOutage(error)) return before;
    throw error;
  }
}

async function unwrap({ rootKeys, tenantId, elapsedMs }: Opening, key: WrappedKey): Promise<OpenedKey> {
  const secret = await rootKeys.unwrap(key.wraps, wrapContext({ ...key, tenantId }));
  try {
    const sealing = { id: key.id, secret: createSecretKey(secret) };
    return { key: sealing, wraps: key.wraps, openedAtMs: elapsedMs() };
  } finally {
    secret.fill(0);
  }
}

function areSame(before: readonly KeyWrap[], now: readonly KeyWrap[]): boolean {
  return (
    before.length === now.length &&
    before.every((wrap, index) => {
      const other = now[index];
      return other?.rootKeyId === wrap.rootKeyId && other.wrapped.equals(wrap.wrapped);
    })
  );
}

function secretOf(opened: ReadonlyMap<string, OpenedKey>, keyId: string): SealingKey {
  const key = opened.get(keyId)?.key;
  if (key === undefined) throw new KeyringError("unknown_key");
  return key;
}
