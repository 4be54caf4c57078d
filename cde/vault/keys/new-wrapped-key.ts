import { randomBytes, randomUUID } from "node:crypto";
import type { KeyPurpose } from "./keyring.ts";
import { wrapContext, type RootKey } from "./root-key.ts";

const KEY_BYTES = 32;

/** A key as it is stored: named, and wrapped by a root key. */
export interface NewWrappedKey {
  readonly tenantId: string;
  readonly id: string;
  readonly purpose: KeyPurpose;
  readonly version: number;
  readonly wrapped: Buffer;
}

/** Makes a random key of 256 bits, wraps it, and zeroes it: it has not been anywhere else. */
export async function newWrappedKey(
  rootKey: RootKey,
  key: Pick<NewWrappedKey, "tenantId" | "purpose" | "version">,
): Promise<NewWrappedKey> {
  const named = { ...key, id: randomUUID() };
  const secret = randomBytes(KEY_BYTES);
  try {
    return { ...named, wrapped: await rootKey.wrap(secret, wrapContext(named)) };
  } finally {
    secret.fill(0);
  }
}
