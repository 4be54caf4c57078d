/** Cards for property tests, drawn from the brand table. They pass every check and belong to nobody we know of. */

import fc from "fast-check";

import { type BrandRange, brandRanges } from "../brand.ts";
import type { Card } from "../card.ts";
import { CardholderName } from "../cardholder-name.ts";
import { type Expiry, parseExpiry } from "../expiry.ts";
import { Pan } from "../pan.ts";

/** A range and the ASCII digits of a card number inside it. */
export interface GeneratedNumber {
  readonly range: BrandRange;
  readonly digits: Uint8Array;
}

export const numbersOfBrandTable: fc.Arbitrary<GeneratedNumber> = fc.constantFrom(...brandRanges).chain((range) =>
  fc
    .record({
      bin: fc.integer({ min: range.firstBin, max: range.lastBin }),
      length: fc.constantFrom(...range.lengths),
      account: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 19, maxLength: 19 }),
    })
    .map(({ bin, length, account }) => ({ range, digits: withCheckDigit([...digitsOf(bin), ...account], length) })),
);

/** Only those that `Pan.parse` takes: UnionPay's 81 range and repeated digits are left out. */
export const cardNumbers: fc.Arbitrary<Uint8Array> = numbersOfBrandTable
  .map(({ digits }) => digits)
  .filter((digits) => digits[0] !== 0x38 && !digits.every((digit) => digit === digits[0]));

const expiries: fc.Arbitrary<Expiry> = fc
  .record({ month: fc.integer({ min: 1, max: 12 }), year: fc.integer({ min: 2000, max: 2099 }) })
  .map(parseExpiry);

/** UTF-8 of names in several scripts, with a letter in front so that none is only spaces. */
export const nameBytes: fc.Arbitrary<Uint8Array> = fc
  .string({ unit: fc.constantFrom("A", "z", " ", "-", "'", "é", "Ł", "陳", "น", "🙂", "7"), maxLength: 10 })
  .map((text) => new TextEncoder().encode(`A${text}`));

export const cards: fc.Arbitrary<Card> = fc
  .record({ digits: cardNumbers, expiry: fc.option(expiries), name: fc.option(nameBytes) })
  .map(({ digits, expiry, name }) => ({
    pan: Pan.parse(digits),
    expiry,
    cardholderName: name === null ? null : CardholderName.parse(name),
  }));

function digitsOf(bin: number): readonly number[] {
  return Array.from(String(bin), Number);
}

/** Computed from the right, digit by digit, without the Luhn function under test. */
function withCheckDigit(digits: readonly number[], length: number): Uint8Array {
  const payload = digits.slice(0, length - 1);
  const sum = payload.toReversed().reduce((total, digit, place) => {
    const weighted = place % 2 === 0 ? digit * 2 : digit;
    return total + (weighted > 9 ? weighted - 9 : weighted);
  }, 0);
  return Uint8Array.from([...payload, (10 - (sum % 10)) % 10], (digit) => digit + 0x30);
}
