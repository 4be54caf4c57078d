import assert from "node:assert/strict";
import test from "node:test";

import fc from "fast-check";

import { brandOf, brandRanges, libraryRanges } from "./brand.ts";
import { numbersOfBrandTable } from "./testdata/generated-cards.ts";
import { bytesOf, publishedCards, rowsOf } from "./testdata/published-cards.ts";

test("knows the brand of every published test number", () => {
  for (const { number, brand } of publishedCards) assert.equal(brandOf(bytesOf(number)), brand, number);
});

test("gives any number of a range that range's brand, or that of a narrower range inside it", () => {
  fc.assert(
    fc.property(numbersOfBrandTable, ({ range, digits }) => {
      const bin = Number(Buffer.from(digits.subarray(0, 8)).toString("latin1"));
      const narrower = brandRanges.slice(0, brandRanges.indexOf(range) + 1);
      const possible = narrower.filter(({ firstBin, lastBin }) => firstBin <= bin && bin <= lastBin);
      assert.ok(possible.some(({ brand }) => brand === brandOf(digits)));
    }),
  );
});

test("prefers the more specific of two ranges that overlap", () => {
  assert.equal(brandOf(bytesOf("6509230000000000")), "troy"); // inside Elo's 650901 to 650978
  assert.equal(brandOf(bytesOf("6277800000000000")), "elo"); // between two ranges of UnionPay
  assert.equal(brandOf(bytesOf("5061990000000000")), "maestro"); // between two ranges of Verve
});

test("claims no brand for a length the brand does not issue", () => {
  assert.equal(brandOf(bytesOf("3782822463100050")), "unknown");
});

/** A release of credit-card-type that moves a range shows here, so that somebody looks before brands change. */
test("reads the package's table as it was reviewed", () => {
  const reviewed = rowsOf("bin_ranges.csv").map(([brand = "", first = "", last = "", , lengths = ""]) => ({
    brand: { "american-express": "amex", "diners-club": "diners" }[brand] ?? brand,
    firstBin: Number(first.padEnd(8, "0")),
    lastBin: Number(last.padEnd(8, "9")),
    lengths: lengths.split("|").map(Number),
  }));
  const sorted = (rows: readonly object[]): readonly string[] => rows.map((row) => JSON.stringify(row)).sort();
  assert.deepEqual(sorted(libraryRanges), sorted(reviewed));
});
