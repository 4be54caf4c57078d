import assert from "node:assert/strict";
import test from "node:test";
import { inspect } from "node:util";

import fc from "fast-check";

import {
  cardRecordBytes,
  CardRecordError,
  type CardRecordErrorCode,
  decodeCardRecord,
  encodeCardRecord,
} from "./card-record.ts";
import { type Card, wipeCard } from "./card.ts";
import { CardholderName } from "./cardholder-name.ts";
import { clearTextAccess } from "./clear-text.ts";
import { Pan } from "./pan.ts";
import { cards } from "./testdata/generated-cards.ts";
import { bytesOf, publishedCards } from "./testdata/published-cards.ts";

const access = clearTextAccess("compare");

const exampleCard = (): Card => ({
  pan: Pan.parse(bytesOf("4242424242424242")),
  expiry: { month: 12, year: 2034 },
  cardholderName: CardholderName.parse(bytesOf("ADA LOVELACE")),
});

/** 4242424242424242, December 2034, ADA LOVELACE. */
const exampleRecordHex =
  "01" + // version
  "10" +
  "34323432343234323432343234323432" +
  "000000" + // 16 digits
  "0c" +
  "07f2" + // 12, 2034
  "0c" +
  "414441204c4f56454c414345" +
  "00".repeat(116) + // 12 bytes of name
  "00".repeat(7);

test("writes the record of the test vector", () => {
  assert.equal(encodeCardRecord(exampleCard()).toString("hex"), exampleRecordHex);
});

test("gives any card back as it was", () => {
  fc.assert(
    fc.property(cards, (card) => {
      const record = encodeCardRecord(card);
      const decoded = decodeCardRecord(record);
      assert.equal(record.length, cardRecordBytes);
      assert.ok(decoded.pan.equals(card.pan));
      assert.deepEqual(decoded.expiry, card.expiry);
      assert.deepEqual(decoded.cardholderName?.reveal(access), card.cardholderName?.reveal(access));
      assert.deepEqual(encodeCardRecord(decoded), record);
    }),
  );
});

test("gives every published test number back byte for byte", () => {
  for (const { number } of publishedCards) {
    const record = encodeCardRecord({ pan: Pan.parse(bytesOf(number)), expiry: null, cardholderName: null });
    assert.deepEqual(decodeCardRecord(record).pan.reveal(access), bytesOf(number));
  }
});

test("gives a kept card back although its brand is no longer known", () => {
  const pan = Pan.restore(bytesOf("9000000000000001"));
  const record = encodeCardRecord({ pan, expiry: null, cardholderName: null });
  assert.ok(decodeCardRecord(record).pan.equals(pan));
});

test("has one size and one place in memory for every card", () => {
  const record = encodeCardRecord({ pan: Pan.parse(bytesOf("4012888818888")), expiry: null, cardholderName: null });
  assert.equal(record.length, 160);
  assert.equal(record.buffer.byteLength, 160);
});

type Malformation = readonly [title: string, code: CardRecordErrorCode, change: (record: Buffer) => Buffer];

const malformations: readonly Malformation[] = [
  ["that is empty", "size", () => Buffer.alloc(0)],
  ["that lacks a byte", "size", (record) => record.subarray(1)],
  ["that has a byte too many", "size", (record) => Buffer.concat([record, Buffer.alloc(1)])],
  ["of zeros", "version", (record) => record.fill(0)],
  ["of a later version", "version", (record) => withByte(record, 0, 2)],
  ["without a card number", "pan", (record) => withByte(record, 1, 0).fill(0, 2, 21)],
  ["with a card number of 20 digits", "pan", (record) => withByte(record, 1, 20)],
  ["with a card number longer than the record", "pan", (record) => withByte(record, 1, 255)],
  ["with a card number cut short", "padding", (record) => withByte(record, 1, 15)],
  ["with a card number that fails its check digit", "pan", (record) => withByte(record, 17, 0x33)],
  ["with a letter in its card number", "pan", (record) => withByte(record, 17, 0x41)],
  ["with a thirteenth month", "expiry", (record) => withByte(record, 21, 13)],
  ["with a year and no month", "expiry", (record) => withByte(record, 21, 0)],
  ["with a month and no year", "expiry", (record) => record.fill(0, 22, 24)],
  ["with a name longer than its field", "name", (record) => withByte(record, 24, 129)],
  ["with a name longer than the record", "name", (record) => withByte(record, 24, 255)],
  ["with a name that is not UTF-8", "name", (record) => withByte(record, 25, 0xff)],
  ["with a name and no length of it", "padding", (record) => withByte(record, 24, 0)],
  ["with something behind the name", "padding", (record) => withByte(record, 152, 1)],
  ["with something behind the fields", "padding", (record) => withByte(record, 159, 1)],
];

for (const [title, code, change] of malformations) {
  test(`refuses a record ${title}`, () => {
    const record = change(encodeCardRecord(exampleCard()));
    assert.throws(
      () => decodeCardRecord(record),
      (error) => error instanceof CardRecordError && error.code === code && !/4242|ADA/.test(inspect(error)),
    );
  });
}

test("refuses every other value of a byte, or reads it as another card with a record of its own", () => {
  const change = fc.record({ offset: fc.nat({ max: cardRecordBytes - 1 }), value: fc.nat({ max: 255 }) });
  fc.assert(
    fc.property(change, ({ offset, value }) => {
      const record = withByte(encodeCardRecord(exampleCard()), offset, value);
      try {
        assert.deepEqual(encodeCardRecord(decodeCardRecord(record)), record);
      } catch (error) {
        if (!(error instanceof CardRecordError)) throw error;
      }
    }),
  );
});

test("wipes the number and the name of a card together", () => {
  const card = exampleCard();
  wipeCard(card);
  assert.throws(() => card.pan.reveal(access), { code: "wiped" });
  assert.throws(() => encodeCardRecord(card), { code: "wiped" });
  assert.throws(() => card.cardholderName?.reveal(access), { code: "wiped" });
});

function withByte(record: Buffer, offset: number, value: number): Buffer {
  record[offset] = value;
  return record;
}
