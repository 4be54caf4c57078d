import assert from "node:assert/strict";
import test from "node:test";
import { inspect } from "node:util";

import fc from "fast-check";

import { CardholderName } from "./cardholder-name.ts";
import { clearTextAccess, ClearTextError } from "./clear-text.ts";
import { nameBytes } from "./testdata/generated-cards.ts";
import { bytesOf } from "./testdata/published-cards.ts";

const access = clearTextAccess("compare");

test("keeps names of every script byte for byte and prints none of them", () => {
  fc.assert(
    fc.property(nameBytes, (utf8) => {
      using name = CardholderName.parse(utf8);
      assert.deepEqual(name.reveal(access), utf8);
      assert.deepEqual([String(name), JSON.stringify(name), inspect(name)], ["••••", '"••••"', "••••"]);
    }),
  );
});

test("refuses text that is no name", () => {
  const controls = ["ADA\u0000", "ADA\nLOVELACE", "ADA\u007f", "ADA\u0085", "ADA\u2028", "\u202eADA"];
  for (const text of ["", "   ", "A".repeat(65), "李".repeat(43), ...controls]) {
    assert.throws(() => CardholderName.parse(bytesOf(text)), { code: "name-invalid" });
  }
});

test("takes names up to the limits", () => {
  for (const text of ["A".repeat(64), "é".repeat(64), "李".repeat(42), "Shop 12345 678901"]) {
    CardholderName.parse(bytesOf(text)).wipe();
  }
});

test("refuses bytes that are not valid UTF-8", () => {
  for (const bytes of [[0xc3], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0x41, 0xff], [0xf4, 0x90, 0x80, 0x80]]) {
    assert.throws(() => CardholderName.parse(Uint8Array.from(bytes)), { code: "name-invalid" });
  }
});

test("refuses a card number in the name, whatever separates or disguises the digits", () => {
  const disguises = [
    "4242424242424242",
    "4242 4242 4242 4242",
    "A4-2-4-2-4-2-4-2-4-2-4-2",
    "４２４２４２４２４２４２",
    "④②④②④②④②④②④②",
    "𝟒𝟐𝟒𝟐𝟒𝟐𝟒𝟐𝟒𝟐𝟒𝟐",
  ];
  for (const text of disguises) {
    assert.throws(() => CardholderName.parse(bytesOf(text)), { code: "name-contains-pan" });
  }
});

test("is zero and unreadable after it was wiped", () => {
  const name = CardholderName.parse(bytesOf("ADA LOVELACE"));
  const memory = new Uint8Array(name.reveal(access).buffer);
  name.wipe();
  assert.ok(memory.every((byte) => byte === 0));
  assert.throws(() => name.reveal(access), new ClearTextError("wiped"));
});
