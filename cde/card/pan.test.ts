import assert from "node:assert/strict";
import test from "node:test";
import { inspect } from "node:util";

import fc from "fast-check";

import { containsPan } from "@cofferdam/kit/pan-guard.ts";

import { clearTextAccess, type ClearTextAccess, ClearTextError, offHeapMemory } from "./clear-text.ts";
import { Pan } from "./pan.ts";
import { CardRefusal, type CardRefusalCode, refusalHint } from "./refusal.ts";
import { cardNumbers } from "./testdata/generated-cards.ts";
import { bytesOf, invalidCards, publishedCards } from "./testdata/published-cards.ts";

const access = clearTextAccess("compare");

test("takes every published test number and gives its digits back", () => {
  for (const { number, length } of publishedCards) {
    using pan = Pan.parse(bytesOf(number));
    assert.equal(pan.length, length);
    assert.deepEqual(pan.reveal(access), bytesOf(number));
  }
});

/** Each way to send something else than a card number, with the one rule that refuses it. */
const codeOfKind: Readonly<Record<string, CardRefusalCode>> = {
  luhn_last_digit_plus_1: "pan-check-digit",
  adjacent_transposition: "pan-check-digit",
  too_short: "pan-length",
  short_but_luhn_valid: "pan-length",
  too_long_luhn_valid: "pan-length",
  huge: "pan-length",
  all_zero_luhn_valid: "pan-repeated-digit",
  repeated_digit: "pan-repeated-digit",
  mii_out_of_range: "pan-brand",
  track2_no_sentinel: "pan-looks-like-sad",
  pin_block: "pan-looks-like-sad",
};

/** The JSON type of the value is the business of the body parser. */
const kindsThatAreNotText = new Set(["json_number", "wrong_type"]);
const textCases = invalidCards.filter(({ kind }) => !kindsThatAreNotText.has(kind));

test("refuses every published invalid number by its code, and does not repeat it", () => {
  for (const { id, kind, json_value, expect } of textCases) {
    if (expect === "accept") continue;
    const value = kind === "huge" ? "4".repeat(1024 * 1024) : String(json_value);
    const error = refusalOf(bytesOf(value));
    assert.equal(error.code, codeOfKind[kind] ?? "pan-not-digits", `case ${id}, ${kind}`);
    assertSaysNothingOf(value, error);
  }
});

test("takes the one published mistake that no check digit can find", () => {
  const accepted = textCases.filter(({ expect }) => expect === "accept");
  assert.deepEqual(
    accepted.map(({ kind }) => kind),
    ["adjacent_transposition"],
  );
  for (const { json_value } of accepted) Pan.parse(bytesOf(String(json_value))).wipe();
});

test("leaves only the values that are not text to the body parser", () => {
  assert.equal(invalidCards.length, 61);
  assert.equal(invalidCards.length - textCases.length, 6);
});

test("refuses card numbers of other industries, and of national bodies unless the brand is known", () => {
  assert.equal(refusalOf(bytesOf("7000000000000005")).code, "pan-brand");
  assert.equal(refusalOf(bytesOf("8171999927660000")).code, "pan-brand");
  assert.equal(refusalOf(bytesOf("9000000000000001")).code, "pan-brand");
  assert.equal(Pan.parse(bytesOf("9792030394440796")).brand, "troy");
});

test("restores a kept card number of a brand that is no longer known", () => {
  using pan = Pan.restore(bytesOf("9000000000000001"));
  assert.equal(pan.brand, "unknown");
  assert.throws(() => Pan.restore(bytesOf("9000000000000002")), { code: "pan-check-digit" });
});

test("prints no more than the last four digits, however it is printed", () => {
  fc.assert(
    fc.property(cardNumbers, (digits) => {
      const pan = Pan.parse(digits);
      const last4 = Buffer.from(digits).toString("latin1").slice(-4);
      const shown = [String(pan), pan.toString(), JSON.stringify({ pan }), inspect(pan), inspect([pan], { depth: 9 })];
      for (const text of shown) assert.equal(text.replaceAll(/\D/g, ""), last4);
      assert.doesNotMatch(inspect(pan, { customInspect: false, showHidden: true }), /\d/);
      assert.deepEqual(Reflect.ownKeys(pan), []);
    }),
  );
});

test("is never a card number that pan-guard would let through elsewhere", () => {
  fc.assert(fc.property(cardNumbers, (digits) => containsPan(Buffer.from(digits).toString("latin1"))));
});

test("copies the digits, which stay the caller's", () => {
  const digits = bytesOf("4242424242424242");
  using pan = Pan.parse(digits);
  digits.fill(0);
  assert.deepEqual(pan.reveal(access), bytesOf("4242424242424242"));
});

test("is zero and unreadable after it was wiped", () => {
  fc.assert(
    fc.property(cardNumbers, (digits) => {
      const pan = Pan.parse(digits);
      const view = pan.reveal(access);
      const memory = new Uint8Array(view.buffer);
      pan.wipe();
      pan.wipe();
      assert.ok(memory.every((byte) => byte === 0));
      assert.throws(() => pan.reveal(access), new ClearTextError("wiped"));
      assert.throws(() => pan.equals(pan), new ClearTextError("wiped"));
    }),
  );
});

test("keeps the digits in a buffer of its own, too large for V8's moving heap", () => {
  using pan = Pan.parse(bytesOf("4242424242424242"));
  assert.equal(pan.reveal(access).buffer.byteLength, 80);
  assert.throws(() => offHeapMemory(64), RangeError);
});

test("gives the digits as bytes that do not turn into text by accident", () => {
  using pan = Pan.parse(bytesOf("4242424242424242"));
  assert.ok(!Buffer.isBuffer(pan.reveal(access)));
  assert.doesNotMatch(String(pan.reveal(access)), /4242/);
});

test("reveals nothing to a capability that was not issued", () => {
  using pan = Pan.parse(bytesOf("4242424242424242"));
  const forged = { reason: "release" } as ClearTextAccess;
  assert.throws(() => pan.reveal(forged), new ClearTextError("access-not-issued"));
});

test("is equal to the same card number only", () => {
  using pan = Pan.parse(bytesOf("4242424242424242"));
  using same = Pan.parse(bytesOf("4242424242424242"));
  using other = Pan.parse(bytesOf("4111111111111111"));
  assert.ok(pan.equals(same));
  assert.ok(!pan.equals(other));
});

function refusalOf(digits: Uint8Array): CardRefusal {
  try {
    Pan.parse(digits);
  } catch (error) {
    if (error instanceof CardRefusal) return error;
    throw error;
  }
  assert.fail("the value was taken");
}

/** A value of a few digits can be part of a line number, so the stack is searched for longer values only. */
function assertSaysNothingOf(value: string, error: CardRefusal): void {
  const shown = [error.message, JSON.stringify(error), refusalHint[error.code]];
  if (value.length > 4) shown.push(error.stack ?? "", inspect(error, { showHidden: true }));
  for (const text of shown) assert.ok(!text.includes(value), "the error repeats the value");
}
