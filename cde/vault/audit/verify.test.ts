import assert from "node:assert/strict";
import { test } from "node:test";
import { harbourCoffee, sampleDigest, sampleEntry, sampleToken } from "./testdata/sample-entries.ts";
import {
  forgedLines,
  historyLineOf,
  logKey,
  logKeys,
  noteAt,
  randomFrom,
  sampleLog,
  tokenLineOf,
} from "./testdata/sample-log.ts";
import type { SampleLog } from "./testdata/sample-log.ts";
import { checkpointSizes, tamperings } from "./testdata/tamperings.ts";
import { maxListedBreaks, verifyLog } from "./verify.ts";
import type { Break, Evidence, Report } from "./verify.ts";

const size = 300;
const mutationsOfEachKind = 100;
const seed = Number(process.env["AUDIT_SEED"] ?? Date.now() % 2 ** 31);
const honest = sampleLog(randomFrom(seed), size, checkpointSizes);

test("an honest log is intact, and its counts say what was proven", () => {
  const report = verifyLog(evidenceOf(honest));
  assert.equal(report.verdict, "intact");
  const { liveTokens, deletedTokens, ...counts } = report.counts;
  assert.deepEqual(counts, { entries: size, proven: size, checkpoints: checkpointSizes.length + 1 });
  assert.equal(liveTokens + deletedTokens, honest.tokens.length);
  assert.ok(liveTokens > 20 && deletedTokens > 5);
});

test("entries behind the newest checkpoint are intact but not yet proven", () => {
  const unfinished = sampleLog(randomFrom(seed), size, [37, 80]);
  const report = verifyLog(evidenceOf(unfinished));
  assert.equal(report.verdict, "intact");
  assert.equal(report.counts.proven, 80);
});

test("an empty log without a checkpoint is intact, and one with entries is not", () => {
  const nothing = { ...evidenceOf(honest), entries: [], checkpoint: null, history: [], tokens: [] };
  assert.equal(verifyLog(nothing).verdict, "intact");
  const unvouched = { ...evidenceOf(honest), checkpoint: null, history: [] };
  assert.deepEqual(firstBreak(verifyLog(unvouched)), { kind: "checkpoint_missing", first: 0 });
});

test("a checkpoint that was kept elsewhere agrees with an honest log", () => {
  const witnessed = [80, 37, size].map((at) => noteAt(honest.lines, at, logKey));
  assert.equal(verifyLog({ ...evidenceOf(honest), witnessed }).verdict, "intact");
});

test("a log that commits a row to a past or to two states is contradicted by itself", () => {
  const token = sampleToken(1);
  const [one, other] = [sampleDigest("one"), sampleDigest("other")];
  const state = (rowVersion: number, rowDigest: Buffer | null): object => ({
    object: token,
    state: { rowVersion, rowDigest },
  });
  const contradictions = [
    [state(2, one), state(1, one)],
    [state(1, one), state(1, other)],
    [state(1, one), state(2, null), state(3, other)],
    [{ object: null, state: null }, state(1, null)],
  ];
  for (const changes of contradictions) {
    const lines = forgedLines(changes.map((change) => sampleEntry(change)));
    const at = lines.length - 1;
    const found = firstBreak(verifyLog({ ...evidenceOf(honest), entries: lines, tokens: [] }));
    assert.deepEqual(found, { kind: "state_contradicted", first: at, end: at + 1 });
  }
});

test("repeating a state, as a deletion that was asked for twice does, contradicts nothing", () => {
  const states = [1, 1, 2, 2].map((rowVersion) => ({
    rowVersion,
    rowDigest: rowVersion === 2 ? null : sampleDigest("row"),
  }));
  const lines = forgedLines(states.map((state) => sampleEntry({ object: sampleToken(1), state })));
  const note = noteAt(lines, 4, logKey);
  const tokens = [tokenLineOf(sampleToken(1), { rowVersion: 2, rowDigest: null })];
  const evidence = { ...evidenceOf(honest), entries: lines, checkpoint: note, history: [historyLineOf(note)], tokens };
  assert.equal(verifyLog(evidence).verdict, "intact");
});

test("not more broken rows are listed than anybody can read", () => {
  const tokens = Array.from({ length: 500 }, () => "not a row");
  const report = verifyLog({ ...evidenceOf(honest), tokens });
  assert.ok(report.verdict === "broken" && report.breaks.length === maxListedBreaks);
});

for (const [kind, tamper] of Object.entries(tamperings)) {
  test(`every one is found, and where: ${kind}`, (context) => {
    context.diagnostic(`AUDIT_SEED=${seed}`);
    const random = randomFrom(seed + kind.length);
    for (let round = 0; round < mutationsOfEachKind; round++) {
      const log = { ...honest, lines: [...honest.lines], tokens: [...honest.tokens], history: [...honest.history] };
      const expected = tamper(log, random);
      const found = firstBreak(verifyLog({ ...evidenceOf(log), witnessed: expected.witnessed ?? [] }));
      assert.ok(expected.kind.split("|").includes(found.kind), `${found.kind} in round ${round}`);
      if ("exactly" in expected && "end" in found)
        assert.deepEqual([found.first, found.end], [expected.exactly, expected.exactly + 1]);
      if ("around" in expected && "end" in found) assertAround(found, expected.around);
    }
  });
}

/** A forged entry that contradicts an earlier one is named where the contradiction is: never before the forgery. */
function assertAround(found: Extract<Break, { readonly end: number }>, place: number): void {
  if (found.kind === "state_contradicted") assert.ok(found.first >= place, `${found.first} >= ${place}`);
  else assert.ok(found.first <= place && place < found.end, `${found.first} <= ${place} < ${found.end}`);
}

function evidenceOf(log: SampleLog): Evidence {
  const { lines: entries, checkpoint, history, tokens } = log;
  return { tenantId: harbourCoffee, keys: logKeys, entries, checkpoint, history, witnessed: [], tokens };
}

function firstBreak(report: Report): Break {
  assert.equal(report.verdict, "broken");
  return report.breaks[0];
}
