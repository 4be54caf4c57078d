import assert from "node:assert/strict";
import test from "node:test";

import { displayOf, maskOf } from "./display.ts";
import { bytesOf, publishedCards } from "./testdata/published-cards.ts";

test("shows first six and last four, and no first six of the shortest cards", () => {
  assert.deepEqual(displayOf(bytesOf("4012888818888")), { bin: null, last4: "8888", lengthClass: "12-13" });
  assert.deepEqual(displayOf(bytesOf("36227206271667")), { bin: "362272", last4: "1667", lengthClass: "14" });
  assert.deepEqual(displayOf(bytesOf("378282246310005")), { bin: "378282", last4: "0005", lengthClass: "15" });
  assert.deepEqual(displayOf(bytesOf("4242424242424242")), { bin: "424242", last4: "4242", lengthClass: "16" });
  assert.deepEqual(displayOf(bytesOf("6759560045005727054")), { bin: "675956", last4: "7054", lengthClass: "17-19" });
});

test("hides at least 4 digits of 14, 5 of 15, 6 of 16, 7 of longer and 8 of shorter cards", () => {
  const fewestHidden = { "12-13": 8, "14": 4, "15": 5, "16": 6, "17-19": 7 } as const;
  for (const { number, length } of publishedCards) {
    const { bin, last4, lengthClass } = displayOf(bytesOf(number));
    assert.ok(length - (bin?.length ?? 0) - last4.length >= fewestHidden[lengthClass]);
  }
});

test("masks every card in the same shape", () => {
  for (const { number } of publishedCards) assert.match(maskOf(displayOf(bytesOf(number))), /^•{4} \d{4}$/);
});

test("refuses to truncate what is not as long as a card number", () => {
  assert.throws(() => displayOf(bytesOf("42424242424")), RangeError);
  assert.throws(() => displayOf(bytesOf("42424242424242424242")), RangeError);
});
