// The layout of a key that Azure wrapped. The service returns its parts; this file knows no cryptography.

/**
 * | offset | bytes | field                                                   |
 * | ------ | ----- | ------------------------------------------------------- |
 * | 0      | 1     | format version, 1                                       |
 * | 1      | 16    | version of the key in Azure that wrapped it             |
 * | 17     | 12    | initialisation vector, drawn by the service             |
 * | 29     | n     | AES-256-GCM ciphertext, n from 16 to 2,048              |
 * | 29 + n | 16    | tag                                                     |
 *
 * A key of 256 bits takes 77 bytes.
 */
export interface AzureWrappedKey {
  /** 32 hexadecimal digits, as in the key's URL. */
  readonly keyVersion: string;
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

const FORMAT_VERSION = 1;
const VERSION_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + VERSION_BYTES + IV_BYTES;
const MIN_SECRET_BYTES = 16;
const MAX_SECRET_BYTES = 2_048;

/** Lays the parts out as bytes; null when one has another size than the table says. */
export function encodeAzureWrappedKey({ keyVersion, iv, ciphertext, tag }: AzureWrappedKey): Buffer | null {
  const version = Buffer.from(keyVersion, "hex");
  const bytes = Buffer.concat([Buffer.of(FORMAT_VERSION), version, iv, ciphertext, tag]);
  const isWellFormed = version.length === VERSION_BYTES && iv.length === IV_BYTES && tag.length === TAG_BYTES;
  return isWellFormed && isWithin(ciphertext.length) ? bytes : null;
}

/** Reads the parts (views, not copies); null when the bytes are no wrapped key of this version. */
export function decodeAzureWrappedKey(bytes: Buffer): AzureWrappedKey | null {
  if (bytes[0] !== FORMAT_VERSION || !isWithin(bytes.length - HEADER_BYTES - TAG_BYTES)) return null;
  return {
    keyVersion: bytes.toString("hex", 1, 1 + VERSION_BYTES),
    iv: bytes.subarray(1 + VERSION_BYTES, HEADER_BYTES),
    ciphertext: bytes.subarray(HEADER_BYTES, -TAG_BYTES),
    tag: bytes.subarray(-TAG_BYTES),
  };
}

function isWithin(secretBytes: number): boolean {
  return secretBytes >= MIN_SECRET_BYTES && secretBytes <= MAX_SECRET_BYTES;
}
