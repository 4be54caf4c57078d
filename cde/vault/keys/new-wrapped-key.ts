import { randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import type { KeyPurpose } from "./keyring.ts";
import { RootKeyError, wrapContext } from "./root/root-key.ts";
import type { KeyWrap, RootKeys } from "./root/root-keys.ts";

const KEY_BYTES = 32;

/** A key as it is stored: named, and wrapped by each active root key. */
export interface NewWrappedKey {
  readonly tenantId: string;
  readonly id: string;
  readonly purpose: KeyPurpose;
  readonly version: number;
  readonly wraps: readonly KeyWrap[];
}

/**
 * Makes a random key of 256 bits, wraps it under each of the root keys, and zeroes it: it has not been anywhere else.
 * Throws RootKeyError when one of them cannot be had: a key with fewer wraps than promised is not made.
 */
export async function newWrappedKey(
  rootKeys: RootKeys,
  rootKeyIds: readonly string[],
  key: Pick<NewWrappedKey, "tenantId" | "purpose" | "version">,
): Promise<NewWrappedKey> {
  // A key that nothing has wrapped could never be opened again, and its tenant's keyset opens whole or not at all.
  if (rootKeyIds.length === 0) throw new RootKeyError("unknown_key", "no root key is active");
  const named = { ...key, id: randomUUID() };
  const secret = randomBytes(KEY_BYTES);
  try {
    const wraps = rootKeyIds.map((rootKeyId) => provenWrap(rootKeys, rootKeyId, secret, wrapContext(named)));
    return { ...named, wraps: await Promise.all(wraps) };
  } finally {
    secret.fill(0);
  }
}

/**
 * Wraps a key and opens the wrap again before anybody relies on it. The caller wipes `secret`.
 *
 * @throws RootKeyError; `refused` when the wrap does not open to the key that went in
 */
export async function provenWrap(
  rootKeys: RootKeys,
  rootKeyId: string,
  secret: Uint8Array,
  context: Uint8Array,
): Promise<KeyWrap> {
  const wrap = { rootKeyId, wrapped: await rootKeys.wrap(rootKeyId, secret, context) };
  const opened = await rootKeys.unwrap([wrap], context);
  try {
    if (opened.length === secret.length && timingSafeEqual(opened, secret)) return wrap;
  } finally {
    opened.fill(0);
  }
  throw new RootKeyError("refused", "a new wrap does not open to the key that it was made of");
}
