import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import fc from "fast-check";

import { luhnValid } from "./luhn.ts";

const ascii = (digits: string): Uint8Array => Buffer.from(digits, "latin1");

const publishedPans = readFileSync(new URL("testdata/pan/test_pans.csv", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .slice(1)
  .map((row) => row.split(",", 1)[0] ?? "");

test("accepts every published test card", () => {
  assert.ok(publishedPans.length > 50);
  for (const pan of publishedPans) assert.ok(luhnValid(ascii(pan)), pan);
});

test("refuses a published test card with one digit changed", () => {
  const changedDigit = fc.record({
    pan: fc.constantFrom(...publishedPans),
    position: fc.nat(18),
    shift: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(
    fc.property(changedDigit, ({ pan, position, shift }) => {
      const digits = Uint8Array.from(ascii(pan));
      const index = position % digits.length;
      digits[index] = 0x30 + (((digits[index] ?? 0) - 0x30 + shift) % 10);
      return !luhnValid(digits);
    }),
  );
});

test("refuses emptiness and bytes that are no digits", () => {
  for (const text of ["", "4242 4242 4242 4242", "424242424242424x", "/0", ":0"])
    assert.equal(luhnValid(ascii(text)), false, text);
});
