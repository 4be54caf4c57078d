// The one module that encrypts. Its API takes no nonce, so no caller can repeat one.
import { hash, randomBytes, timingSafeEqual, type KeyObject } from "node:crypto";
import { KEY_BYTES, NONCE_BYTES, gcmDecrypt, gcmEncrypt } from "./aes-256-gcm.ts";
import { deriveBytes } from "./key-derivation.ts";
import {
  COMMITMENT_BYTES,
  SALT_BYTES,
  decodeSealedRecord,
  encodeSealedRecord,
  type SealedRecord,
} from "./sealed-record.ts";

/** A 256-bit key and the id that sealed records name it by. It only ever derives; it encrypts nothing itself. */
export interface SealingKey {
  /** UUID, lower case. */
  readonly id: string;
  readonly secret: KeyObject;
}

export type EnvelopeErrorCode = "malformed" | "other_key" | "not_authentic";

/** A sealed record that must not be believed. Nothing has been decrypted when it is thrown. */
export class EnvelopeError extends Error {
  readonly code: EnvelopeErrorCode;

  constructor(code: EnvelopeErrorCode) {
    super(`sealed record refused: ${code}`);
    this.name = "EnvelopeError";
    this.code = code;
  }
}

const LABEL = "cofferdam/sealed-record/1";
// One key encrypts one record, so the nonce may be constant (SP 800-38D §8: the pair must be unique, not the nonce).
const NONCE = Buffer.alloc(NONCE_BYTES);

/**
 * Seals a record: AES-256-GCM under a key derived for this record alone, with a commitment to key, salt and context.
 *
 * @param context the fields that the record is bound to, from `encodeFields`; the same bytes must be given to open it
 * @param record plaintext, 1 to 2,048 bytes; the caller wipes it
 * @returns the layout of `sealed-record.ts`
 */
export function seal(key: SealingKey, context: Uint8Array, record: Uint8Array): Buffer {
  const salt = randomBytes(SALT_BYTES);
  const derived = derive(key, salt, context);
  try {
    const { ciphertext, tag } = gcmEncrypt(derived.recordKey, NONCE, context, record);
    return encodeSealedRecord({ keyId: key.id, salt, commitment: derived.commitment, ciphertext, tag });
  } finally {
    derived.recordKey.fill(0);
  }
}

/**
 * Opens a sealed record.
 *
 * @returns the plaintext in a buffer of its own, outside V8's heap; the caller wipes it
 * @throws EnvelopeError when the bytes, the key or the context are not those that sealed it
 */
export function open(key: SealingKey, context: Uint8Array, sealed: Buffer): Buffer {
  const record = decode(key, sealed);
  const recordKey = authenticated(key, context, record);
  try {
    const plaintext = gcmDecrypt(recordKey, NONCE, context, record.ciphertext, record.tag);
    if (plaintext === null) throw new EnvelopeError("not_authentic");
    return plaintext;
  } finally {
    recordKey.fill(0);
  }
}

/**
 * Proves, without decrypting, that this key sealed a record in this context: the commitment covers key, salt and
 * context. It does not cover the ciphertext; `open` does.
 *
 * @throws EnvelopeError as `open` does
 */
export function authenticate(key: SealingKey, context: Uint8Array, sealed: Buffer): void {
  authenticated(key, context, decode(key, sealed)).fill(0);
}

function decode(key: SealingKey, sealed: Buffer): SealedRecord {
  const record = decodeSealedRecord(sealed);
  if (record === null) throw new EnvelopeError("malformed");
  if (record.keyId !== key.id) throw new EnvelopeError("other_key");
  return record;
}

function authenticated(key: SealingKey, context: Uint8Array, record: SealedRecord): Buffer {
  const derived = derive(key, record.salt, context);
  if (timingSafeEqual(derived.commitment, record.commitment)) return derived.recordKey;
  derived.recordKey.fill(0);
  throw new EnvelopeError("not_authentic");
}

function derive(key: SealingKey, salt: Uint8Array, context: Uint8Array): { recordKey: Buffer; commitment: Buffer } {
  const binding = Buffer.concat([salt, hash("sha256", context, "buffer")]);
  const bytes = deriveBytes(key.secret, LABEL, binding, KEY_BYTES + COMMITMENT_BYTES);
  return { recordKey: bytes.subarray(0, KEY_BYTES), commitment: bytes.subarray(KEY_BYTES) };
}
