import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { parseJson } from "./strict-json.ts";

const read = (text: string): unknown => parseJson(Buffer.from(text));

test("reads an object as JSON.parse does, without a prototype", () => {
  const value = parseJson(Buffer.from(' {"a":[1,-2.5,{"b":null}],"c":"\\u00e9\\n","d":{"a":true}} '));
  assert.equal(JSON.stringify(value), '{"a":[1,-2.5,{"b":null}],"c":"é\\n","d":{"a":true}}');
  assert.equal(Object.getPrototypeOf(value), null);
  assert.equal(Object.getPrototypeOf(value["d"]), null);
});

const refused: readonly (readonly [string, string, string])[] = [
  ["equal keys", '{"a":1,"a":1}', "duplicate-key"],
  ["equal keys, one escaped", '{"a":1,"\\u0061":2}', "duplicate-key"],
  ["equal keys deep down", '{"x":[{"a":1},{"a":1,"b":{},"a":2}]}', "duplicate-key"],
  ["equal keys around a string that looks like structure", '{"a":"}{\\",","a":1}', "duplicate-key"],
  ["__proto__", '{"__proto__":{"admin":true}}', "invalid-json"],
  ["__proto__ deep down and escaped", '{"a":{"__pr\\u006fto__":1}}', "invalid-json"],
  ["five levels", '{"a":{"b":{"c":{"d":{}}}}}', "invalid-json"],
  ["five levels of arrays", '{"a":[[[[]]]]}', "invalid-json"],
  ["an array", "[]", "invalid-json"],
  ["a bare null", "null", "invalid-json"],
  ["nothing", "", "invalid-json"],
  ["two objects", "{}{}", "invalid-json"],
  ["a trailing comma", '{"a":1,}', "invalid-json"],
  ["a comment", '{"a":1/**/}', "invalid-json"],
  ["a byte order mark", "\ufeff{}", "invalid-json"],
  ["an infinite number", '{"a":1e999}', "invalid-json"],
  ["an integer that JSON.parse would change", '{"a":9007199254740993}', "invalid-json"],
  ["NaN", '{"a":NaN}', "invalid-json"],
  ["NUL in a string", '{"a":"\\u0000"}', "invalid-json"],
  ["NUL in a key", '{"\\u0000":1}', "invalid-json"],
  ["half a surrogate pair", '{"a":"\\ud800"}', "invalid-json"],
];

for (const [name, text, type] of refused) {
  test(`refuses ${name}`, () => {
    assert.throws(() => read(text), { name: "Problem", type });
  });
}

test("refuses bytes that are not UTF-8", () => {
  for (const bytes of [
    [0x7b, 0xff, 0x7d],
    [0x7b, 0x22, 0xc0, 0x80, 0x22, 0x3a, 0x31, 0x7d],
    [0x7b, 0x00, 0x7d, 0x00],
  ]) {
    assert.throws(() => parseJson(Uint8Array.from(bytes)), { type: "invalid-json" });
  }
});

test("a refusal never quotes the body", () => {
  assert.throws(
    () => read('{"secret'),
    (error: Error) => !/secret/.test(`${error.message} ${error.stack} ${String(error.cause)}`),
  );
});

test("accepts whatever JSON.stringify writes of a plain object", () => {
  const plain = fc.dictionary(
    fc.string({ unit: "grapheme" }),
    fc.oneof(fc.string({ unit: "grapheme" }), fc.integer(), fc.boolean()),
  );
  fc.assert(
    fc.property(plain, (value) => {
      fc.pre(!Object.keys(value).includes("__proto__") && !JSON.stringify(value).includes("\\u0000"));
      assert.equal(JSON.stringify(read(JSON.stringify(value))), JSON.stringify(value));
    }),
  );
});
