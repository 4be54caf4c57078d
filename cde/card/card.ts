/** What the vault keeps of a card, in the clear, for as long as one request. */

import type { CardholderName } from "./cardholder-name.ts";
import type { Expiry } from "./expiry.ts";
import type { Pan } from "./pan.ts";

/** A card number and what came with it. There is no field for a verification code: it is never kept (PCI DSS 3.3.1). */
export interface Card {
  readonly pan: Pan;
  readonly expiry: Expiry | null;
  readonly cardholderName: CardholderName | null;
}

/** Zeroes the number and the name. For the `finally` of whoever made the card; idempotent. */
export function wipeCard(card: Card): void {
  card.pan.wipe();
  card.cardholderName?.wipe();
}
