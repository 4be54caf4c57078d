import { createHmac, type KeyObject } from "node:crypto";

/** HMAC-SHA-256 (FIPS 198-1) over the concatenation of the parts: 32 bytes. The only import of an HMAC in the vault. */
export function hmacSha256(key: KeyObject, ...parts: readonly (string | Uint8Array)[]): Buffer {
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}
