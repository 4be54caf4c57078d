import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Problem, type ProblemType } from "@cofferdam/kit/problem.ts";
import { JsonReader } from "./json-reader.ts";
import { readTokenBatch, readTokenRequest } from "./token-request.ts";

const pan = "4242424242424242";
const bytes = (text: string): Buffer => Buffer.from(text, "utf8");

/** What a body is refused with: problem type, pointer and keyword of the first field. */
function refusalOf(body: string | Buffer): string {
  try {
    readTokenRequest(typeof body === "string" ? bytes(body) : body);
    return "accepted";
  } catch (error) {
    assert.ok(error instanceof Problem, String(error));
    const shown = JSON.stringify([error.message, error.detail, error.errors]);
    assert.ok(!shown.includes(pan), "a refusal repeats the card number");
    const [field] = error.errors ?? [];
    return field === undefined ? error.type : `${error.type} ${field.pointer} ${field.keyword}`;
  }
}

test("refuses a megabyte of small values before they take a second", () => {
  for (const piece of ["null", '""', "1", "[]", '{"a":{}}', '"\\u0034"']) {
    const started = performance.now();
    const values = Array(Math.floor(1_048_000 / (piece.length + 1)))
      .fill(piece)
      .join(",");
    assert.throws(() => readTokenBatch(bytes(`{"items":[{"card":[${values}]}]}`)), { type: "invalid-json" });
    const tookMs = performance.now() - started;
    assert.ok(tookMs < 1_000, `${piece}: ${tookMs.toFixed(0)} ms`);
  }
});

test("reads a card in any JSON spelling", () => {
  for (const body of [
    `{"card":{"pan":"${pan}"}}`,
    ` {\n"card" : {\t"pan" : "${pan}" } }\r\n`,
    `{"card":{"expiry":{"year":2030,"month":1},"cardholder_name":"Zo\\u00eb \\"Q\\" O'Hara","pan":"${pan}"},"metadata":{}}`,
    `{"card":{"pan":"\\u0034242424242424242"}}`,
  ]) {
    const { card } = readTokenRequest(bytes(body));
    assert.equal(card.pan.display.last4, "4242");
  }
});

const refusals: readonly (readonly [string, string | Buffer, `${ProblemType}${string}`])[] = [
  ["an empty body", "", "invalid-json"],
  ["an array", `["${pan}"]`, "invalid-json"],
  ["a byte order mark", Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), bytes("{}")]), "invalid-json"],
  ["invalid UTF-8", Buffer.concat([bytes('{"card":{"pan":"'), Buffer.of(0xc3, 0x28), bytes('"}}')]), "invalid-json"],
  ["a trailing comma", `{"card":{"pan":"${pan}",}}`, "invalid-json"],
  ["single quotes", `{'card':{'pan':'${pan}'}}`, "invalid-json"],
  ["a comment", `{/**/"card":{"pan":"${pan}"}}`, "invalid-json"],
  ["two values", `{"card":{"pan":"${pan}"}}{}`, "invalid-json"],
  ["a cut body", `{"card":{"pan":"${pan}"`, "invalid-json"],
  ["a raw line break in a string", `{"card":{"pan":"42\n42"}}`, "invalid-json"],
  ["a lone surrogate", `{"card":{"pan":"\\ud800"}}`, "invalid-json"],
  ["a repeated key", `{"card":{"pan":"${pan}"},"card":{"pan":"${pan}"}}`, "duplicate-key  duplicate-key"],
  [
    "a repeated key in another spelling",
    `{"card":{"pan":"${pan}","p\\u0061n":"${pan}"}}`,
    "duplicate-key /card duplicate-key",
  ],
  ["an unknown field", `{"card":{"pan":"${pan}"},"colour":1}`, "unknown-field  additionalProperties"],
  ["__proto__", `{"__proto__":{"card":1},"card":{"pan":"${pan}"}}`, "unknown-field  additionalProperties"],
  ["a card number as a field name", `{"card":{"${pan}":1}}`, "unknown-field /card additionalProperties"],
  ["a security code", `{"card":{"pan":"${pan}","cvc":"123"}}`, "sensitive-authentication-data /card not"],
  ["a PIN in another spelling", `{"card":{"pan":"${pan}","Pin-Block":"1"}}`, "sensitive-authentication-data /card not"],
  [
    "track 2 as card number",
    `{"card":{"pan":"${pan}D30121010000000000000F"}}`,
    "sensitive-authentication-data /card/pan pan-looks-like-sad",
  ],
  ["no card", `{}`, "invalid-field /card required"],
  ["no card number", `{"card":{}}`, "invalid-field /card/pan required"],
  ["a card number as a number", `{"card":{"pan":${pan}}}`, "invalid-field /card/pan type"],
  ["a card number as null", `{"card":{"pan":null}}`, "invalid-field /card/pan type"],
  ["a card number as an array", `{"card":{"pan":["${pan}"]}}`, "invalid-field /card/pan type"],
  ["a card number with spaces", `{"card":{"pan":"4242 4242 4242 4242"}}`, "pan-invalid /card/pan pan-not-digits"],
  [
    "a month that is no whole number",
    `{"card":{"pan":"${pan}","expiry":{"month":1.5,"year":2030}}}`,
    "invalid-field /card/expiry/month type",
  ],
  [
    "month 13",
    `{"card":{"pan":"${pan}","expiry":{"month":13,"year":2030}}}`,
    "invalid-field /card/expiry expiry-invalid",
  ],
  ["an unknown format", `{"card":{"pan":"${pan}"},"format":"fpe"}`, "invalid-field /format enum"],
  [
    "a local time",
    `{"card":{"pan":"${pan}"},"expires_at":"2030-01-01T00:00:00+08:00"}`,
    "invalid-field /expires_at format",
  ],
  [
    "a card number in metadata",
    `{"card":{"pan":"${pan}"},"metadata":{"note":"4242-4242-4242-4242"}}`,
    "card-number-in-wrong-place /metadata not",
  ],
  [
    "a card number in a name",
    `{"card":{"pan":"${pan}","cardholder_name":"${pan}"}}`,
    "card-number-in-wrong-place /card/cardholder_name name-contains-pan",
  ],
];

for (const [what, body, refusal] of refusals) {
  test(`refuses ${what} and says where, not what`, () => {
    assert.equal(refusalOf(body), refusal);
  });
}

test("the name of a field may be any text, and is refused where it stands", () => {
  const long = "n".repeat(1_000);
  assert.equal(refusalOf(`{"card":{"pan":"${pan}","${long}":1}}`), "invalid-field /card maxLength");
  const [first, second] = readTokenBatch(
    bytes(`{"items":[{"card":{"pan":"${pan}"},"metadata":{"${long}":"x"}},{"card":{"pan":"${pan}"}}]}`),
  );
  assert.ok(first && "problem" in first && second && "request" in second);
});

test("one bad item of a batch is that item's problem, bad JSON is everybody's", () => {
  const items = readTokenBatch(
    bytes(`{"items":[{"card":{"pan":"${pan}"}},{"card":{"pan":[{"x":1}]},"y":[]},{"card":{"pan":"${pan}"}}]}`),
  );
  assert.deepEqual(
    items.map((item) => ("problem" in item ? item.problem.errors?.[0]?.pointer : "card")),
    ["card", "/items/1/card/pan", "card"],
  );
  assert.throws(() => readTokenBatch(bytes(`{"items":[{"card":{"pan":"${pan}"}},]}`)), { type: "invalid-json" });
  assert.throws(() => readTokenBatch(bytes(`{"items":[]}`)), { type: "invalid-field" });
});

test("agrees with JSON.parse on what is JSON, half surrogate pairs apart, and never throws anything but a problem", () => {
  const mutated = fc
    .tuple(fc.json({ maxDepth: 3 }), fc.nat(), fc.constantFrom("", "{", "}", "]", ",", '"', "\\", "0", "e", " "))
    .map(([json, position, noise]) => {
      const at = position % (json.length + 1);
      return json.slice(0, at) + noise + json.slice(at);
    });
  fc.assert(
    fc.property(fc.oneof(fc.json(), mutated, fc.string()), (text) => {
      const reader = new JsonReader(bytes(text));
      const ours = isAccepted(() => {
        reader.skip();
        reader.end();
      });
      const theirs = isAccepted(() => JSON.parse(text) as unknown);
      // JSON.parse lets half a surrogate pair pass in an escape; we do not (RFC 8259 §8.2).
      assert.equal(ours, theirs && (ours || !text.includes("\\u")), text);
    }),
    { numRuns: 2_000, verbose: true },
  );
});

function isAccepted(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    assert.ok(error instanceof Problem || error instanceof SyntaxError, String(error));
    return false;
  }
}
