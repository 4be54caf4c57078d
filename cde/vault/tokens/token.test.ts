import assert from "node:assert/strict";
import { test } from "node:test";
import { luhnValid } from "@cofferdam/kit/luhn.ts";
import { containsPan } from "@cofferdam/kit/pan-guard.ts";
import { Pan } from "../../card/pan.ts";
import { isToken, mintDigitToken, mintOpaqueToken } from "./token.ts";

const published = ["4242424242424242", "378282246310005", "36227206271667", "6759560045005727054"];

test("an opaque token is random, in the order of time, and no card number", () => {
  const tokens = Array.from({ length: 2_000 }, (_, index) => mintOpaqueToken(1_800_000_000_000 + index));
  assert.equal(new Set(tokens).size, tokens.length);
  assert.deepEqual(tokens.toSorted(), tokens);
  assert.ok(tokens.every((token) => isToken(token) && token.length === 40 && !containsPan(token)));
});

test("a digit token keeps what its format says, has the card's length, and always fails the Luhn check", () => {
  for (const digits of published) {
    const pan = Pan.parse(Buffer.from(digits));
    for (let round = 0; round < 500; round += 1) {
      const [last4, binLast4] = [mintDigitToken(pan, "preserve_last4"), mintDigitToken(pan, "preserve_bin_last4")];
      for (const token of [last4, binLast4]) {
        assert.match(token, /^[0-9]{12,19}$/);
        assert.equal(token.length, digits.length);
        assert.equal(token.slice(-4), digits.slice(-4));
        assert.ok(!luhnValid(Buffer.from(token)) && isToken(token));
      }
      assert.equal(binLast4.slice(0, 6), digits.slice(0, 6));
    }
  }
});

test("a card number is no token", () => {
  assert.ok(published.every((digits) => !isToken(digits)));
});
