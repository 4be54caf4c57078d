import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import fc from "fast-check";

import { containsPan, scrubPans } from "./pan-guard.ts";

const pan = "4242424242424242";

const publishedPans = readFileSync(new URL("testdata/pan/test_pans.csv", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .slice(1)
  .map((row) => row.split(",", 1)[0] ?? "");

const disguises: readonly (readonly [string, string])[] = [
  ["in a sentence", `card ${pan}, please`],
  ["in fours with spaces", "4242 4242 4242 4242"],
  ["with hyphens", "4242-4242-4242-4242"],
  ["with dots, slashes, colons, commas and underscores", "4242.4242/4242:4242, 4242_4242_4242_4242"],
  ["with tabs and line breaks", "4242\t4242\n4242\r\n4242"],
  ["with JSON-escaped tabs", String.raw`"4242\t4242\t4242\t4242"`],
  ["after a JSON-escaped line break", String.raw`"stack\n${pan}"`],
  ["after an escape that ends in digits", String.raw`"\u0001${pan}"`],
  ["escaped twice", String.raw`"{\"a\":\"x\\n${pan}\"}"`],
  ["with zero-width spaces", Array.from(pan).join("\u200b")],
  ["with no-break spaces and en dashes", "4242\u00a04242\u20134242\u20134242"],
  ["in full-width digits", "\uff14\uff12".repeat(8)],
  ["in Arabic-Indic digits", "\u0664\u0662".repeat(8)],
  ["in mathematical digits outside the basic plane", "\u{1d7dc}\u{1d7da}".repeat(8)],
  ["in keycap emoji", "4\ufe0f\u20e32\ufe0f\u20e3".repeat(8)],
  ["after another number", `order 12 4242 4242 4242 4242 of 3`],
  ["glued to a word", `pan${pan}`],
  ["in track 1", `%B${pan}^DOE/JANE^2512101`],
  ["in track 2", `;${pan}=2512101?`],
  ["as a number in JSON", `{"pan":${pan}}`],
  ["behind our prefix", `tok_${pan}`],
];

for (const [name, text] of disguises) {
  test(`finds a card number ${name}`, () => {
    assert.ok(containsPan(text));
    assert.ok(!containsPan(scrubPans(text)));
  });
}

test("finds every published test card", () => {
  for (const published of publishedPans) assert.ok(containsPan(`x ${published} y`), published);
});

test("keeps the text around a card number and nothing of the number", () => {
  assert.equal(scrubPans(`a ${pan} b 5555-5555-5555-4444 c`), "a [pan:16 digits] b [pan:16 digits] c");
});

test("masks a card number even when a shorter reading of the same digits begins earlier", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9_999_999 }), (number) => {
      assert.ok(!/(?:4242 ){2}/.test(scrubPans(`${number} 4242 4242 4242 4242 0`)));
    }),
  );
});

const innocents: readonly (readonly [string, string])[] = [
  ["a token", "tok_0123456789abcdefghjkmnpqrstvwxyz0123"],
  ["a tenant id made of digits", "11111111-1111-4111-8111-111111111111"],
  ["a time", "2026-11-21T08:55:00.123456789Z 2026-11-21 08:55:03.000000"],
  ["an address and a port", "203.0.113.195, 70.41.3.18, 150.172.238.178"],
  ["a trace context", "00-12345678901234567890123456789012-4242424242424242-01"],
  ["a number that fails Luhn", "4242424242424241"],
  ["a number of another industry", "8000000000000008"],
  ["one digit repeated", "4444444444444444"],
  ["a number of 20 digits", "42424242424242424242"],
  ["short numbers", "42424242424"],
  ["hexadecimal", "a4242424242424242f1 1f4242424242424242"],
];

for (const [name, text] of innocents) {
  test(`leaves ${name} alone`, () => {
    assert.equal(containsPan(text), false);
    assert.equal(scrubPans(text), text);
  });
}

test("leaves random identifiers and digests alone", () => {
  for (let round = 0; round < 2_000; round++) {
    const id = randomUUID();
    const digest = createHash("sha256").update(id);
    const line = `${id} ${digest.copy().digest("hex")} ${digest.digest("base64url")}`;
    assert.equal(scrubPans(line), line);
  }
});

test("takes time linear in the text", () => {
  const hostile = ["1 ", "1", "\\", "\\u0031", "1.1.1.1", "a1", "4242-", "2026-11-21T", "\u200b1", "- "];
  for (const piece of hostile) {
    const text = piece.repeat(50_000 / piece.length);
    const started = performance.now();
    containsPan(text);
    const elapsedMs = performance.now() - started;
    assert.ok(elapsedMs < 500, `${JSON.stringify(piece)} took ${elapsedMs} ms`);
  }
});
