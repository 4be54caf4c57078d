/**
 * Which card scheme a number belongs to, told from its first eight digits and its length.
 *
 * The table is that of the `credit-card-type` package (MIT) and the few rows below. The package is used for its data
 * alone: its own matcher wants the card number as a string. Neither is an official BIN table, so a brand is a hint for
 * people (an icon, a filter) and never decides where a transaction goes.
 */

import creditCardType from "credit-card-type";

/** Every brand this product names. `unknown` is a card outside the table, not an error. */
export const brands = [
  "visa",
  "mastercard",
  "amex",
  "discover",
  "diners",
  "jcb",
  "unionpay",
  "maestro",
  "elo",
  "mir",
  "hiper",
  "hipercard",
  "troy",
  "verve",
  "naranja",
  "dankort",
  "forbrugsforeningen",
  "aura",
  "bankcard-au",
  "switch",
  "star",
  "unknown",
] as const;

export type Brand = (typeof brands)[number];

/** Numbers of one brand: the first eight digits lie in `firstBin`..`lastBin` and `lengths` holds the digit count. */
export interface BrandRange {
  readonly brand: Brand;
  readonly firstBin: number;
  readonly lastBin: number;
  readonly lengths: readonly number[];
}

/** Brand of a card number given as ASCII digits, at least eight of them. Reads only the first eight. */
export function brandOf(digits: Uint8Array): Brand {
  const bin = binOf(digits);
  const match = brandRanges.find(
    (range) => range.firstBin <= bin && bin <= range.lastBin && range.lengths.includes(digits.length),
  );
  return match?.brand ?? "unknown";
}

/** Ranges count in BINs of eight digits, the longest that ISO/IEC 7812-1 gives out. */
const binDigits = 8;

function binOf(digits: Uint8Array): number {
  return digits.subarray(0, binDigits).reduce((bin, digit) => bin * 10 + (digit - 0x30), 0);
}

type LibraryType = (typeof creditCardType.types)[string];

/** The package's names, renamed here and nowhere else. One that is new to the package does not compile until named. */
const brandOfLibraryType: Readonly<Record<LibraryType, Brand>> = {
  visa: "visa",
  mastercard: "mastercard",
  "american-express": "amex",
  discover: "discover",
  "diners-club": "diners",
  jcb: "jcb",
  unionpay: "unionpay",
  maestro: "maestro",
  elo: "elo",
  mir: "mir",
  hiper: "hiper",
  hipercard: "hipercard",
  troy: "troy",
  verve: "verve",
  naranja: "naranja",
};

/** Ranges of the package, one for each of its patterns. */
export const libraryRanges: readonly BrandRange[] = Object.values(creditCardType.types).flatMap((type) => {
  const { patterns, lengths } = creditCardType.getTypeInfo(type);
  return patterns.map((pattern) => rangeOf(brandOfLibraryType[type], pattern, lengths));
});

/** Ranges that the package lacks, each with the publisher of test numbers that shows the need for it. */
const supplementaryRanges: readonly BrandRange[] = [
  // Visa of 13 digits: no longer issued, still in merchants' files. Authorize.Net testing guide; Worldpay test values.
  rangeOf("visa", 4, [13]),
  // Danish debit card. Nets; billwerk+ test cards.
  rangeOf("dankort", 5019, [16]),
  // Danish buyers' association. ActiveMerchant's pattern; billwerk+ test cards.
  rangeOf("forbrugsforeningen", 600722, [16]),
  // Brazil. Its published prefix, 50, is Maestro's as well, so only the BIN of EBANX's test card is claimed.
  rangeOf("aura", 507860, [19]),
  // Australia, withdrawn in 2006. Public lists of issuer numbers; PayPal Payflow test card list.
  rangeOf("bankcard-au", 5610, [16]),
  rangeOf("bankcard-au", [560221, 560225], [16]),
  // United Kingdom, withdrawn in 2002; the other old Switch ranges are Maestro or Visa now. PayPal Payflow test list.
  rangeOf("switch", 633110, [16, 18, 19]),
  // United States debit network, by the BIN of its test cards. Mastercard Send, "Sandbox Test Cards".
  rangeOf("star", 500853, [16]),
];

/**
 * All ranges, narrowest first: where ranges overlap the more specific one is right. Within the package's table that
 * is the longest matching prefix, and it also settles ranges of equal prefix length (Troy inside Elo).
 */
export const brandRanges: readonly BrandRange[] = [...libraryRanges, ...supplementaryRanges].sort(
  (a, b) => a.lastBin - a.firstBin - (b.lastBin - b.firstBin),
);

/** Widens a prefix, or a pair of first and last prefix, to BINs of eight digits: 34 is 34000000 to 34999999. */
function rangeOf(brand: Brand, pattern: number | readonly number[], lengths: readonly number[]): BrandRange {
  const [first, last = first] = typeof pattern === "number" ? [pattern] : pattern;
  if (first === undefined || last === undefined) throw new TypeError(`a range of ${brand} has no prefix`);
  const bin = (prefix: number, fill: string): number => Number(String(prefix).padEnd(binDigits, fill));
  return { brand, firstBin: bin(first, "0"), lastBin: bin(last, "9"), lengths };
}
