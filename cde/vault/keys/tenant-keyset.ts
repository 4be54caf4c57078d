import { createSecretKey } from "node:crypto";
import type { SealingKey } from "./envelope.ts";
import { KeyringError, mayOpen, primaryKey, type Cryptoperiods, type KeyPurpose, type KeyVersion } from "./keyring.ts";
import { wrapContext, type RootKey } from "./root-key.ts";
import type { WrappedKey } from "./key-store.ts";

/** A tenant's keys, unwrapped, in memory. Each answer applies the keyring's rules at the moment of asking. */
export interface TenantKeyset {
  readonly versions: readonly KeyVersion[];
  /** The key that protects new data of a purpose. Throws KeyringError `no_primary`, `cryptoperiod_over`. */
  primary(purpose: KeyPurpose): SealingKey;
  /** The key that a record names. Throws KeyringError `unknown_key`, `key_not_usable`. */
  opening(keyId: string): SealingKey;
}

/**
 * Unwraps a tenant's keys.
 *
 * @param now the clock, in milliseconds since 1970
 * @throws RootKeyError when one wrap is refused: a keyset opens whole or not at all
 */
export async function unwrapKeyset(options: {
  readonly tenantId: string;
  readonly rootKey: RootKey;
  readonly wrappedKeys: readonly WrappedKey[];
  readonly cryptoperiods: Cryptoperiods;
  readonly now: () => number;
}): Promise<TenantKeyset> {
  const { tenantId, rootKey, wrappedKeys, cryptoperiods, now } = options;
  const secrets = new Map<string, SealingKey>();
  for (const key of wrappedKeys) secrets.set(key.id, await unwrap(rootKey, tenantId, key));
  const versions: readonly KeyVersion[] = wrappedKeys;

  return {
    versions,
    primary: (purpose) => secretOf(secrets, primaryKey(versions, purpose, cryptoperiods[purpose], now()).id),
    opening: (keyId) => {
      const version = versions.find((key) => key.id === keyId);
      if (version === undefined) throw new KeyringError("unknown_key");
      if (!mayOpen(version)) throw new KeyringError("key_not_usable");
      return secretOf(secrets, keyId);
    },
  };
}

async function unwrap(rootKey: RootKey, tenantId: string, key: WrappedKey): Promise<SealingKey> {
  const secret = await rootKey.unwrap(key.wrapped, wrapContext({ ...key, tenantId }));
  try {
    return { id: key.id, secret: createSecretKey(secret) };
  } finally {
    secret.fill(0);
  }
}

function secretOf(secrets: ReadonlyMap<string, SealingKey>, keyId: string): SealingKey {
  const key = secrets.get(keyId);
  if (key === undefined) throw new KeyringError("unknown_key");
  return key;
}
