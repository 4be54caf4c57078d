import { clearTextAccess } from "../../card/clear-text.ts";
import type { Pan } from "../../card/pan.ts";
import type { SealingKey } from "../keys/envelope.ts";
import { hmacSha256 } from "../keys/hmac.ts";

/**
 * HMAC-SHA-256 over the whole PAN under the tenant's index key (PCI DSS 3.5.1.1): finds a known card without storing
 * anything that could be reversed by trying numbers. 32 bytes; never leaves the card-data environment.
 */
export function fingerprint(indexKey: SealingKey, pan: Pan): Buffer {
  return hmacSha256(indexKey.secret, pan.reveal(clearTextAccess("fingerprint")));
}
