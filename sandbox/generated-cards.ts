// Card numbers that exist nowhere else, for leak hunts: whoever finds one knows that it came from this run.
import { createHash } from "node:crypto";
import { luhnValid } from "@cofferdam/kit/luhn.ts";

const bin = "400000";

/** One in ten of the middles that exist: more, and drawing distinct ones gets slow. */
const maxCards = 100_000;

/**
 * Makes `count` (at most 100,000) Luhn-valid numbers of 16 digits in BIN 400000. The same seed gives the same numbers,
 * and a smaller count a part of them.
 *
 * No two share their first 12 digits, so that a finding of "all but the last four" names one card.
 * Throws RangeError when `count` is no whole number in range.
 */
export function generateCards(count: number, seed: number): string[] {
  if (!Number.isInteger(count) || count < 0 || count > maxCards) throw new RangeError(`count must be 0 to ${maxCards}`);
  const cards = new Map<string, string>();
  for (let draw = 0; cards.size < count; draw++) {
    const { middle, tail } = drawDigits(seed, draw);
    if (isPublished(middle) || cards.has(middle)) continue;
    cards.set(middle, withCheckDigit(bin + middle + tail));
  }
  return [...cards.values()];
}

/** Six digits of the middle and three of the tail from SHA-256, which is the same in every version of every runtime. */
function drawDigits(seed: number, draw: number): { readonly middle: string; readonly tail: string } {
  const number = createHash("sha256").update(`${seed}/${draw}`).digest().readUInt32BE() % 1_000_000_000;
  const digits = String(number).padStart(9, "0");
  return { middle: digits.slice(0, 6), tail: digits.slice(6) };
}

/** Payment providers publish test cards of the shape 4000 00cc c000 xxxx; ours must not be taken for theirs. */
const isPublished = (middle: string): boolean => middle.endsWith("000");

function withCheckDigit(body: string): string {
  const candidates = Array.from("0123456789", (digit) => body + digit);
  const card = candidates.find((digits) => luhnValid(Buffer.from(digits, "latin1")));
  if (card === undefined) throw new Error("every number has a check digit");
  return card;
}
