import assert from "node:assert/strict";
import { test } from "node:test";
import { luhnValid } from "@cofferdam/kit/luhn.ts";
import { generateCards } from "./generated-cards.ts";

test("makes distinct Luhn-valid numbers of 16 digits in BIN 400000", () => {
  const cards = generateCards(2000, 1);
  assert.equal(new Set(cards).size, 2000);
  for (const card of cards) {
    assert.match(card, /^400000[0-9]{10}$/);
    assert.ok(luhnValid(Buffer.from(card, "latin1")), card);
  }
});

test("lets no two cards share all but their last four digits", () => {
  assert.equal(new Set(generateCards(20_000, 1).map((card) => card.slice(0, -4))).size, 20_000);
});

test("keeps away from published test cards of the same BIN", () => {
  const published = /^400000[0-9]{3}000/;
  assert.match("4000002500003155", published);
  assert.deepEqual(
    generateCards(20_000, 1).filter((card) => published.test(card)),
    [],
  );
});

test("gives the same cards for the same seed and others for another", () => {
  assert.deepEqual(generateCards(50, 7), generateCards(100, 7).slice(0, 50));
  const others = new Set(generateCards(50, 8));
  assert.deepEqual(
    generateCards(50, 7).filter((card) => others.has(card)),
    [],
  );
});

test("refuses a count that it cannot make", () => {
  for (const count of [-1, 1.5, Number.NaN, 100_001]) assert.throws(() => generateCards(count, 1), RangeError);
  assert.deepEqual(generateCards(0, 1), []);
});
