import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AuditEntryError, auditActions, auditOutcomes, decodeEntry, encodeEntry, maxEntryCharacters } from "./event.ts";
import type { AuditEntry, AuditEntryErrorCode } from "./event.ts";
import { sampleDigest, sampleEntry } from "./testdata/sample-entries.ts";

test("writes one line of canonical JSON with sorted keys", () => {
  const text = encodeEntry(sampleEntry({ sequence: 7, reason: 'a "quoted" \\ reason', object: null, state: null }));
  assert.equal(
    text,
    '{"action":"token.create","actor":{"client_id":"capture-page","workload":"cde/capture"},"build":"0.1.0+cd3df2a",' +
      '"object":null,"origin":"192.0.2.17","outcome":"allowed","reason":"a \\"quoted\\" \\\\ reason",' +
      '"recorded_at":"2026-01-31T09:00:00.000Z","request_id":"0f8fad5b-d9cb-469f-a165-70867728950e","sequence":7,' +
      '"state":null,"tenant_id":"11111111-1111-4111-8111-111111111111","version":1}',
  );
  assert.equal(text, canonicalJson(JSON.parse(text)));
});

test("reads back what it wrote, for any entry", (context) => {
  const seed = Number(process.env["FAST_CHECK_SEED"] ?? Date.now() % 2 ** 31);
  context.diagnostic(`FAST_CHECK_SEED=${seed}`);
  fc.assert(
    fc.property(anyEntry, (entry) => {
      const text = encodeEntry(entry);
      assert.deepEqual(decodeEntry(text), entry);
      assert.equal(text, canonicalJson(JSON.parse(text)));
      assert.ok(text.length <= maxEntryCharacters);
    }),
    { seed, numRuns: 500 },
  );
});

test("the longest values still fit an entry", () => {
  const widest = '"'.repeat(128);
  const entry = sampleEntry({
    sequence: Number.MAX_SAFE_INTEGER,
    actor: { workload: widest, clientId: widest },
    object: widest,
    reason: widest,
    requestId: '"'.repeat(64),
    build: widest,
  });
  assert.deepEqual(decodeEntry(encodeEntry(entry)), entry);
});

test("refuses a card number in every field that takes text, and does not repeat it", () => {
  const published = "4242424242424242";
  const actor = { workload: "cde/capture", clientId: "capture-page" };
  const spoiled: readonly Partial<AuditEntry>[] = [
    { object: published },
    { reason: `purchase with ${published}` },
    { reason: "4242 4242 4242 4242" },
    { requestId: "4242-4242-4242-4242" },
    { build: published },
    { actor: { ...actor, clientId: `client ${published}` } },
    { actor: { ...actor, workload: published } },
  ];
  for (const change of spoiled) {
    assert.throws(
      () => encodeEntry(sampleEntry(change)),
      (error) => isEntryError(error, "card_number") && !/\d/.test(error.message),
    );
  }
});

test("refuses control characters, other scripts, over-long values and values out of their shape", () => {
  const actor = { workload: "cde/capture", clientId: "capture-page" };
  const wrong: readonly Partial<Record<keyof AuditEntry, unknown>>[] = [
    { reason: "line\nbreak" },
    { reason: "null\0byte" },
    { reason: "right\u202eleft" },
    { reason: "zero\u200bwidth" },
    { reason: "" },
    { reason: "x".repeat(129) },
    { object: "x".repeat(129) },
    { requestId: "x".repeat(65) },
    { requestId: undefined },
    { build: "" },
    { actor: { ...actor, workload: "" } },
    { actor: { ...actor, clientId: 7 } },
    { action: "token.reveal" },
    { outcome: "maybe" },
    { origin: "acquirer.example" },
    { tenantId: "11111111-1111-4111-8111-11111111111A" },
    { sequence: -1 },
    { sequence: 1.5 },
    { sequence: 2 ** 53 },
    { recordedAt: "2026-01-31T09:00:00Z" },
    { recordedAt: "2026-13-31T09:00:00.000Z" },
    { object: null, state: { rowVersion: 1, rowDigest: null } },
    { state: { rowVersion: 0, rowDigest: sampleDigest("row") } },
    { state: { rowVersion: 1, rowDigest: Buffer.alloc(31) } },
  ];
  for (const change of wrong) {
    const entry = { ...sampleEntry(), ...change } as AuditEntry;
    assert.throws(
      () => encodeEntry(entry),
      (error) => isEntryError(error, "field_invalid"),
      JSON.stringify(change),
    );
  }
});

test("reads only the canonical text: nothing added, left out, repeated, reordered or spelled otherwise", () => {
  const text = encodeEntry(sampleEntry());
  const otherwise = [
    "",
    "null",
    "[]",
    text.slice(0, -1),
    `${text} `,
    `${text}\n`,
    text.replace('"sequence":0', '"sequence":0.0'),
    text.replace('"sequence":0', '"sequence":-0'),
    text.replace('"sequence":0', '"sequence":"0"'),
    text.replace('"sequence":0', '"sequence":0,"sequence":0'),
    text.replace('"version":1', '"version":2'),
    text.replace(',"version":1', ""),
    text.replace(',"version":1', ',"version":1,"note":"x"'),
    text.replace('{"action":"token.create",', "{").replace(',"version":1', ',"version":1,"action":"token.create"'),
    text.replace("capture-page", "capture\\u002dpage"),
    text.replace(/"actor":\{[^}]*\}/, '"actor":null'),
    text.replace(/"row_digest":"[^"]*"/, '"row_digest":"AAAA"'),
    text.replace('=","row_version', '","row_version'),
    "x".repeat(maxEntryCharacters + 1),
  ];
  for (const changed of otherwise) {
    assert.notEqual(changed, text);
    assert.throws(() => decodeEntry(changed), AuditEntryError, changed);
  }
});

// Letters and signs only: digits in a row may be a card number by chance.
const anyCharacter = fc
  .integer({ min: 0x20, max: 0x7e })
  .map((code) => String.fromCharCode(code))
  .filter((c) => !/\d/.test(c));
const anyText = (maxLength: number): fc.Arbitrary<string> => fc.string({ unit: anyCharacter, minLength: 1, maxLength });

const anyState = fc.record(
  {
    rowVersion: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    rowDigest: fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes))),
  },
  { noNullPrototype: true },
);

const anyEntry: fc.Arbitrary<AuditEntry> = fc
  .record(
    {
      tenantId: fc.uuid(),
      sequence: fc.maxSafeNat(),
      recordedAt: fc
        .date({ min: new Date(0), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true })
        .map((date) => date.toISOString()),
      actor: fc.record({ workload: anyText(128), clientId: anyText(128) }, { noNullPrototype: true }),
      action: fc.constantFrom(...auditActions),
      object: fc.option(fc.uuid()),
      outcome: fc.constantFrom(...auditOutcomes),
      reason: fc.option(anyText(128)),
      origin: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant("local")),
      requestId: fc.uuid(),
      build: anyText(128),
      state: fc.option(anyState),
    },
    { noNullPrototype: true },
  )
  .map((entry) => (entry.object === null ? { ...entry, state: null } : entry));

function isEntryError(error: unknown, code: AuditEntryErrorCode): error is AuditEntryError {
  return error instanceof AuditEntryError && error.code === code;
}

/** RFC 8785 for values without floating-point numbers: keys sorted by UTF-16 code units, no spaces. */
function canonicalJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(",")}}`;
}
