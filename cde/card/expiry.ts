/** The month a card expires in. */

import { CardRefusal } from "./refusal.ts";

/**
 * `month` 1 to 12, `year` 2000 to 2099. A month that is over is no reason to refuse: issuers accept recurring payments and
 * refunds on renewed cards, and the acquirer decides.
 */
export interface Expiry {
  readonly month: number;
  readonly year: number;
}

/** Takes an expiry that a client sends. Throws `CardRefusal` (`expiry-invalid`). */
export function parseExpiry({ month, year }: { readonly month: number; readonly year: number }): Expiry {
  if (!isWholeWithin(month, 1, 12) || !isWholeWithin(year, 2000, 2099)) throw new CardRefusal("expiry-invalid");
  return { month, year };
}

function isWholeWithin(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && low <= value && value <= high;
}
