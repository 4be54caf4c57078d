// Splitting the unseal key of a root key file into shares, and putting it together again.
import { createSecretKey, hash, randomBytes, randomUUID } from "node:crypto";
import { combine, split } from "shamir-secret-sharing";
import { KEY_BYTES } from "../aes-256-gcm.ts";
import type { SealingKey } from "../envelope.ts";
import { encodeFields } from "../fields.ts";

/** 32 bytes of polynomials' values, one for each byte of the key, and the place that they are the values at. */
export const SHARE_BYTES = KEY_BYTES + 1;

/** A new unseal key and its shares, which the caller wipes. */
export interface NewSharing {
  /** Its id is that of the sharing. */
  readonly unsealKey: SealingKey;
  /** Share n is at place n - 1. */
  readonly shares: readonly Uint8Array[];
}

/**
 * Makes an unseal key and splits it: any `threshold` of the `count` shares give it back, fewer say nothing of it (Shamir,
 * over GF(2^8), byte by byte). The key's own bytes are zeroed; the library's coefficients are left to the garbage collector.
 */
export async function newSharing(threshold: number, count: number): Promise<NewSharing> {
  // The library takes a plain Uint8Array and no Buffer.
  const secret = new Uint8Array(KEY_BYTES);
  const random = randomBytes(KEY_BYTES);
  try {
    secret.set(random);
    const unsealKey = { id: randomUUID(), secret: createSecretKey(secret) };
    return { unsealKey, shares: await split(secret, count, threshold) };
  } finally {
    random.fill(0);
    secret.fill(0);
  }
}

/** Puts the unseal key of a sharing together. Whether it is the right one, only the file can tell. The caller wipes the shares. */
export async function combineShares(sharingId: string, shares: readonly Uint8Array[]): Promise<SealingKey> {
  const secret = await combine([...shares]);
  try {
    return { id: sharingId, secret: createSecretKey(secret) };
  } finally {
    secret.fill(0);
  }
}

/**
 * The check value of a share, base64. It tells a wrong share from the right one and gives nothing away: a share has 256 random
 * bits, so nobody finds one by trying.
 */
export function checkOfShare(sharingId: string, index: number, share: Uint8Array): string {
  return hash("sha256", encodeFields(["cofferdam/share-check/1", sharingId, index, share]), "base64");
}
