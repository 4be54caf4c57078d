// A key as a root key in an HSM wrapped it.
import { encodeFields } from "../vault/keys/fields.ts";
import { RootKeyError } from "../vault/keys/root/root-key.ts";

export const IV_BYTES = 12;
export const TAG_BYTES = 16;

// Secrets that are wrapped: at least an AES-256 key, at most a key in PKCS#8.
const MIN_SECRET_BYTES = 32;
const MAX_SECRET_BYTES = 1_024;

const VERSION = 1;
const NAME_BYTES = 16;
const IV_OFFSET = 1 + NAME_BYTES;
const SEALED_OFFSET = IV_OFFSET + IV_BYTES;

/**
 * Format 1, 45 bytes and as many as the secret has: 77 for a key of 32 bytes.
 *
 *   offset  bytes  what
 *        0      1  version, 1
 *        1     16  name of the root key: its UUID, which is its CKA_ID
 *       17     12  IV, from the HSM's generator
 *       29      n  ciphertext
 *   29 + n     16  tag
 *
 * Additional authenticated data: `hsmWrapAad`.
 */
export interface HsmWrappedKey {
  readonly iv: Buffer;
  /** Ciphertext and tag. */
  readonly sealed: Buffer;
}

/** What a wrap is bound to: the format, the root key with its check value, and the caller's context. */
export function hsmWrapAad(rootKeyId: string, context: Uint8Array): Buffer {
  return encodeFields(["cofferdam/hsm-wrapped-key/1", rootKeyId, context]);
}

/** Throws RootKeyError `refused` for a secret that is shorter or longer than what is wrapped. */
export function assertSecretSize(secret: Uint8Array): void {
  if (secret.length < MIN_SECRET_BYTES || secret.length > MAX_SECRET_BYTES) {
    throw new RootKeyError("refused", `a secret to wrap has ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes`);
  }
}

export function joinHsmWrappedKey(name: Buffer, { iv, sealed }: HsmWrappedKey): Buffer {
  return Buffer.concat([Buffer.of(VERSION), name, iv, sealed]);
}

/** The parts, as views. Throws RootKeyError `refused` for another size or version and for another root key's wrap. */
export function splitHsmWrappedKey(name: Buffer, wrapped: Buffer): HsmWrappedKey {
  const secretBytes = wrapped.length - SEALED_OFFSET - TAG_BYTES;
  const hasForm =
    secretBytes >= MIN_SECRET_BYTES && secretBytes <= MAX_SECRET_BYTES && wrapped.readUInt8(0) === VERSION;
  if (!hasForm) throw new RootKeyError("refused", "wrapped key refused: not of a form that is known");
  if (!wrapped.subarray(1, IV_OFFSET).equals(name)) {
    throw new RootKeyError("refused", "wrapped key refused: another root key wrapped it");
  }
  return { iv: wrapped.subarray(IV_OFFSET, SEALED_OFFSET), sealed: wrapped.subarray(SEALED_OFFSET) };
}
