/**
 * What may be shown of a card number (PCI DSS 3.4.1) and kept beside its token (3.5.1, truncation).
 *
 * One truncation for both, because two different truncations of one card could be put together. These are the only
 * strings that are ever made of card number digits.
 */

export type LengthClass = "12-13" | "14" | "15" | "16" | "17-19";

/** The showable parts of a card number: `bin` is its first six digits or null, `last4` its last four. */
export interface PanDisplay {
  readonly bin: string | null;
  readonly last4: string;
  readonly lengthClass: LengthClass;
}

interface DisplayRow {
  readonly lengthClass: LengthClass;
  readonly longestDigits: number;
  readonly binDigits: 0 | 6;
}

/**
 * One row a length class, shortest first.
 *
 * Never a BIN of eight digits: it may be shown only where the issuer's own BIN has eight, and the table in `brand.ts`
 * does not know issuers. A card of 12 or 13 digits shows no BIN, which would leave two or three digits to guess.
 */
const displayRows: readonly DisplayRow[] = [
  { lengthClass: "12-13", longestDigits: 13, binDigits: 0 }, // hides 8 or 9
  { lengthClass: "14", longestDigits: 14, binDigits: 6 }, // hides 4
  { lengthClass: "15", longestDigits: 15, binDigits: 6 }, // hides 5
  { lengthClass: "16", longestDigits: 16, binDigits: 6 }, // hides 6
  { lengthClass: "17-19", longestDigits: 19, binDigits: 6 }, // hides 7 to 9
];

/**
 * Truncates a card number of 12 to 19 ASCII digits. At least 4 digits stay hidden of 14, 5 of 15, 6 of 16, 7 of longer
 * ones, 8 of 12 and 13. Lengths that few cards have are told as a class. Throws RangeError for other lengths.
 */
export function displayOf(digits: Uint8Array): PanDisplay {
  const row = displayRows.find(({ longestDigits }) => digits.length <= longestDigits);
  if (row === undefined || digits.length < 12) throw new RangeError("a card number has 12 to 19 digits");
  return {
    bin: row.binDigits === 0 ? null : textOf(digits.subarray(0, row.binDigits)),
    last4: textOf(digits.subarray(-4)),
    lengthClass: row.lengthClass,
  };
}

/** The same shape for every card, so that not even the length shows: `•••• 4242`. */
export function maskOf(display: PanDisplay): string {
  return `•••• ${display.last4}`;
}

function textOf(digits: Uint8Array): string {
  return String.fromCharCode(...digits);
}
