// The only import of a cipher in the whole tree (a lint rule keeps it so). One size of everything: 256-bit key, 96-bit
// nonce, 128-bit tag. node:crypto would take shorter tags and odd nonces if asked.
import { createCipheriv, createDecipheriv } from "node:crypto";

export const KEY_BYTES = 32;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/** Encrypts (SP 800-38D). The caller never uses a pair of key and nonce twice: see `envelope.ts`. */
export function gcmEncrypt(
  key: Buffer,
  nonce: Buffer,
  associatedData: Uint8Array,
  plaintext: Uint8Array,
): { readonly ciphertext: Buffer; readonly tag: Buffer } {
  checkSizes(key, nonce);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData);
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return { ciphertext, tag: cipher.getAuthTag() };
}

/**
 * Decrypts and authenticates.
 *
 * @returns the plaintext in memory outside V8's heap, which the caller wipes; null when the tag is wrong: then every
 * decrypted byte has been zeroed
 */
export function gcmDecrypt(
  key: Buffer,
  nonce: Buffer,
  associatedData: Uint8Array,
  ciphertext: Uint8Array,
  tag: Buffer,
): Buffer | null {
  checkSizes(key, nonce);
  if (tag.length !== TAG_BYTES) return null;
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData);
  decipher.setAuthTag(tag);
  const plaintext = Buffer.allocUnsafeSlow(ciphertext.length);
  const decrypted = decipher.update(ciphertext);
  decrypted.copy(plaintext);
  decrypted.fill(0);
  try {
    decipher.final();
    return plaintext;
  } catch {
    plaintext.fill(0);
    return null;
  }
}

function checkSizes(key: Buffer, nonce: Buffer): void {
  if (key.length !== KEY_BYTES || nonce.length !== NONCE_BYTES)
    throw new RangeError("AES-256-GCM takes 32 bytes of key and 12 of nonce");
}
