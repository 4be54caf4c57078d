import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeFields, encodeFields, type Field } from "./fields.ts";

const field = fc.oneof(
  fc.constant(null),
  fc.maxSafeNat(),
  fc.string({ unit: "grapheme" }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
);

test("fields come back as they were, in order and in kind", () => {
  fc.assert(
    fc.property(fc.array(field), (fields: readonly Field[]) => {
      assert.deepEqual(decodeFields(encodeFields(fields)), fields);
    }),
  );
});

test("fields that are cut, lengthened or of no known form are refused", () => {
  const encoded = encodeFields(["wrap", 7, Buffer.from("key")]);
  for (const length of [1, 4, 5, encoded.length - 1]) {
    assert.throws(() => decodeFields(encoded.subarray(0, length)), RangeError, `${length} bytes`);
  }
  const malformed = {
    "trailing byte": Buffer.concat([encoded, Buffer.of(0)]),
    "unknown tag": Buffer.of(4, 0, 0, 0, 0),
    "null with a value": Buffer.of(0, 0, 0, 0, 1, 0),
    "integer of 4 bytes": Buffer.of(1, 0, 0, 0, 4, 0, 0, 0, 1),
    "integer above 2^53-1": Buffer.of(1, 0, 0, 0, 8, 0, 32, 0, 0, 0, 0, 0, 0),
    "text that is not UTF-8": Buffer.of(2, 0, 0, 0, 1, 0xff),
    "length beyond the end": Buffer.of(3, 255, 255, 255, 255, 1),
  };
  for (const [name, bytes] of Object.entries(malformed)) assert.throws(() => decodeFields(bytes), RangeError, name);
});
