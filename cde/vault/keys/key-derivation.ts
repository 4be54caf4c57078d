import type { KeyObject } from "node:crypto";
import { hmacSha256 } from "./hmac.ts";

const BLOCK_BYTES = 32;

/**
 * SP 800-108r1 §4.1: key derivation in counter mode with HMAC-SHA-256, 32-bit counter and length, counter first:
 * K(i) = HMAC(key, [i]₃₂ ‖ label ‖ 0x00 ‖ context ‖ [L]₃₂), L in bits.
 *
 * @param key 256-bit secret
 * @param label what the derived bytes are for, ASCII
 * @param context what they are bound to
 * @param lengthBytes a multiple of 32
 */
export function deriveBytes(key: KeyObject, label: string, context: Uint8Array, lengthBytes: number): Buffer {
  const output = Buffer.allocUnsafeSlow(lengthBytes);
  for (let block = 1; (block - 1) * BLOCK_BYTES < lengthBytes; block += 1) {
    const digest = hmacSha256(key, uint32(block), label, "\0", context, uint32(lengthBytes * 8));
    digest.copy(output, (block - 1) * BLOCK_BYTES);
    digest.fill(0);
  }
  return output;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
