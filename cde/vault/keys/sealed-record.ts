// The wire format of a sealed record. This file knows no cryptography.

/**
 * | offset | bytes | field                                                      |
 * | ------ | ----- | ---------------------------------------------------------- |
 * | 0      | 1     | format version, 1                                          |
 * | 1      | 16    | id of the key that sealed it (UUID)                        |
 * | 17     | 16    | salt, random                                               |
 * | 33     | 32    | commitment to key, salt and context                        |
 * | 65     | n     | ciphertext, n from 1 to 2,048                              |
 * | 65 + n | 16    | AES-256-GCM tag                                            |
 */
export interface SealedRecord {
  readonly keyId: string;
  readonly salt: Buffer;
  readonly commitment: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

const FORMAT_VERSION = 1;
export const SALT_BYTES = 16;
export const COMMITMENT_BYTES = 32;
const TAG_BYTES = 16;
const KEY_ID_BYTES = 16;
const HEADER_BYTES = 1 + KEY_ID_BYTES + SALT_BYTES + COMMITMENT_BYTES;
const MAX_CIPHERTEXT_BYTES = 2_048;

/** Lays the parts out as bytes. */
export function encodeSealedRecord(record: SealedRecord): Buffer {
  return Buffer.concat([
    Buffer.of(FORMAT_VERSION),
    uuidBytes(record.keyId),
    record.salt,
    record.commitment,
    record.ciphertext,
    record.tag,
  ]);
}

/** Reads the parts (views, not copies); null when the bytes are no sealed record of this version. */
export function decodeSealedRecord(bytes: Buffer): SealedRecord | null {
  const ciphertextBytes = bytes.length - HEADER_BYTES - TAG_BYTES;
  if (bytes[0] !== FORMAT_VERSION || ciphertextBytes < 1 || ciphertextBytes > MAX_CIPHERTEXT_BYTES) return null;
  return {
    keyId: uuidText(bytes.subarray(1, 17)),
    salt: bytes.subarray(17, 33),
    commitment: bytes.subarray(33, HEADER_BYTES),
    ciphertext: bytes.subarray(HEADER_BYTES, HEADER_BYTES + ciphertextBytes),
    tag: bytes.subarray(HEADER_BYTES + ciphertextBytes),
  };
}

function uuidBytes(uuid: string): Buffer {
  const bytes = Buffer.from(uuid.replaceAll("-", ""), "hex");
  if (bytes.length !== KEY_ID_BYTES) throw new RangeError("a key id must be a UUID");
  return bytes;
}

function uuidText(bytes: Buffer): string {
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
