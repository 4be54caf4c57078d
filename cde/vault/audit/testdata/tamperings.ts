// Fourteen kinds of tampering with a log, and what can be done to token rows; each with the breaks that are right.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { parseEntryLine, parseTokenLine } from "../export-format.ts";
import type { AuditEntry } from "../event.ts";
import { lanternBooks, sampleDigest, sampleEntry, sampleToken } from "./sample-entries.ts";
import { forgedLines, historyLineOf, lineOf, logKey, noteAt, tokenLineOf } from "./sample-log.ts";
import type { Random, SampleLog } from "./sample-log.ts";

/** The sizes at which checkpoints of the log were signed; the last is the size of the log. */
export const checkpointSizes: readonly number[] = [37, 80, 150, 222, 290, 300];
const size = 300;

/** Tampers with a log of 300 entries at a random place; says which breaks are right. */
export type Tampering = (log: SampleLog, random: Random) => Expected;

/** `exactly`: the one broken entry. `around`: an entry that the range of the break holds. `kind`: one of `a|b`. */
export type Expected = { readonly witnessed?: readonly string[] } & (
  | { readonly exactly: number; readonly kind: string }
  | { readonly around: number; readonly kind: string }
  | { readonly kind: string }
);

export const tamperings: Readonly<Record<string, Tampering>> = {
  "1 a bit flipped in a line": (log, random) => {
    const at = random(size);
    const line = Buffer.from(log.lines[at] ?? "");
    const byte = random(line.length);
    line.writeUInt8(line.readUInt8(byte) ^ (1 << random(7)), byte);
    log.lines[at] = line.toString("latin1");
    return { exactly: at, kind: "leaf_mismatch|line_malformed" };
  },
  "2 an entry edited": (log, random) => {
    const at = edited(log, random, (text) => text.replace('"outcome":"allowed"', '"outcome":"denied"'));
    return { exactly: at, kind: "leaf_mismatch" };
  },
  "2 an entry edited, its hash made right": (log, random) => forgedAt(log, random, { reason: "another_reason" }),
  "3 an entry deleted": (log, random) => {
    const at = random(size - 1);
    log.lines.splice(at, 1);
    return { exactly: at, kind: "sequence_broken" };
  },
  "3 an entry deleted, all after it renumbered": (log, random) => {
    const at = random(size);
    log.lines = forgedLines(log.entries.toSpliced(at, 1));
    return { around: at, kind: "root_mismatch|entries_missing|state_contradicted" };
  },
  "4 the tail deleted": (log, random) => {
    const at = random(size);
    log.lines.length = at;
    return { around: at, kind: "entries_missing" };
  },
  "4 the tail deleted and an older checkpoint put back": (log, random) => {
    const at = 37 + random(size - 37);
    log.lines.length = at;
    log.checkpoint = noteAt(linesOf(log), 37, logKey);
    return { around: at, kind: "entries_missing" };
  },
  "5 the head deleted": (log, random) => {
    log.lines.splice(0, 1 + random(size - 1));
    return { exactly: 0, kind: "sequence_broken" };
  },
  "5 the head deleted, the rest renumbered": (log, random) => {
    log.lines = forgedLines(log.entries.slice(1 + random(size - 1)));
    return { around: 0, kind: "root_mismatch|entries_missing|state_contradicted" };
  },
  "6 two entries swapped": (log, random) => {
    const [one, other] = twoPlaces(random);
    [log.lines[one], log.lines[other]] = [linesOf(log)[other] ?? "", linesOf(log)[one] ?? ""];
    return { exactly: one, kind: "sequence_broken" };
  },
  "6 two entries swapped and renumbered": (log, random) => {
    const [one, other] = twoPlaces(random);
    const [first, second] = [log.entries[one], log.entries[other]];
    assert.ok(first && second);
    log.lines = forgedLines(log.entries.with(one, second).with(other, first));
    return { around: one, kind: "root_mismatch|state_contradicted" };
  },
  "7 an entry inserted": (log, random) => {
    const at = random(size);
    log.lines.splice(at, 0, lineOf(sampleEntry({ sequence: size + 7, state: null })));
    return { exactly: at, kind: "sequence_broken" };
  },
  "7 an entry inserted, all after it renumbered": (log, random) => {
    const at = random(size);
    log.lines = forgedLines(log.entries.toSpliced(at, 0, sampleEntry({ state: null })));
    return { around: at, kind: "root_mismatch" };
  },
  "8 an entry duplicated": (log, random) => {
    const at = random(size - 1);
    log.lines.splice(at, 0, log.lines[at] ?? "");
    return { exactly: at + 1, kind: "sequence_broken" };
  },
  "9 an entry renumbered": (log, random) => {
    const at = random(size);
    const entry = log.entries[at];
    assert.ok(entry);
    log.lines[at] = lineOf({ ...entry, sequence: (at + 1 + random(size - 1)) % size });
    return { exactly: at, kind: "sequence_broken" };
  },
  "10 a time changed": (log, random) => {
    const at = edited(log, random, (text) => text.replace('"recorded_at":"2026', '"recorded_at":"2025'));
    return { exactly: at, kind: "leaf_mismatch" };
  },
  "10 a time changed, its hash made right": (log, random) =>
    forgedAt(log, random, { recordedAt: "2020-01-01T00:00:00.000Z" }),
  "11 an actor changed": (log, random) => {
    const at = edited(log, random, (text) => text.replace("capture-page", "capture-pagf"));
    return { exactly: at, kind: "leaf_mismatch" };
  },
  "11 an actor changed, its hash made right": (log, random) =>
    forgedAt(log, random, { actor: { workload: "cde/egress", clientId: "egress" } }),
  "12 the whole log rewritten with right hashes": (log) => {
    log.lines = forgedLines(log.entries.map((entry) => ({ ...entry, build: "forged" })));
    return { around: 0, kind: "root_mismatch" };
  },
  "12 the whole log rewritten and signed with a key of the attacker's": (log) => {
    log.lines = forgedLines(log.entries.map((entry) => ({ ...entry, build: "forged" })));
    log.checkpoint = noteAt(log.lines, size, attackersKey);
    log.history = [historyLineOf(log.checkpoint)];
    return { kind: "checkpoint_unreadable" };
  },
  "12 an entry of another tenant's log put in": (log, random) => {
    const at = random(size);
    log.lines[at] = lineOf(sampleEntry({ sequence: at, tenantId: lanternBooks }));
    return { exactly: at, kind: "other_tenant" };
  },
  "13 an old checkpoint restored": (log, random) => {
    log.checkpoint = noteAt(linesOf(log), checkpointSizes[random(checkpointSizes.length - 1)] ?? 0, logKey);
    return { kind: "checkpoint_replaced" };
  },
  "13 an old state of everything restored, but one checkpoint was kept elsewhere": (log, random) => {
    const back = random(checkpointSizes.length - 1);
    const at = checkpointSizes[back] ?? 0;
    log.lines.length = at;
    log.checkpoint = noteAt(linesOf(log), at, logKey);
    log.history.length = back + 1;
    return {
      around: at,
      kind: "entries_missing",
      witnessed: [noteAt(linesOf(log), at + 1 + random(size - at), logKey)],
    };
  },
  "13 the history put out of order": (log, random) => {
    const [one, other] = [random(3), 3 + random(3)];
    [log.history[one], log.history[other]] = [log.history[other] ?? "", log.history[one] ?? ""];
    return { kind: "checkpoint_replaced" };
  },
  "13 a checkpoint with another size written into it": (log) => {
    log.checkpoint = log.checkpoint.replace(`\n${size}\n`, `\n${size - 1}\n`);
    return { kind: "checkpoint_unreadable" };
  },
  "14 two histories shown: a checkpoint kept elsewhere is of the other": (log, random) => {
    const at = random(size);
    forgedAt(log, () => at, { reason: "another_reason" });
    log.history = checkpointSizes.map((each) => historyLineOf(noteAt(log.lines, each, logKey)));
    log.checkpoint = noteAt(log.lines, size, logKey);
    return { kind: "log_forked", witnessed: [noteAt(linesOf(log), at + 1 + random(size - at), logKey)] };
  },
  "14 two histories signed for one size": (log, random) => {
    const at = checkpointSizes[random(checkpointSizes.length)] ?? 0;
    const forged = forgedLines(log.entries.map((entry) => ({ ...entry, build: "forged" })));
    const place = checkpointSizes.indexOf(at) + random(2);
    log.history.splice(place, 0, historyLineOf(noteAt(forged, at, logKey)));
    return { kind: "log_forked" };
  },
  "rows: one put back to an older version": (log, random) => {
    const row = randomRow(log, random, (each) => each.rowVersion > 1 && each.rowDigest !== null);
    log.tokens[row.at] = tokenLineOf(row.token, {
      rowVersion: row.rowVersion - 1,
      rowDigest: sampleDigest(`${row.token} ${row.rowVersion - 1}`),
    });
    return { kind: "row_rolled_back" };
  },
  "rows: one deleted, live or tombstone": (log, random) => {
    log.tokens.splice(random(log.tokens.length), 1);
    return { kind: "row_missing" };
  },
  "rows: one that no entry knows": (log, random) => {
    const row = tokenLineOf(sampleToken(10_000_000 + random(9)), { rowVersion: 1, rowDigest: sampleDigest("x") });
    log.tokens.splice(random(log.tokens.length), 0, row);
    return { kind: "row_without_event" };
  },
  "rows: a deleted token brought back": (log, random) => {
    const row = randomRow(log, random, (each) => each.rowDigest === null);
    const rowVersion = Math.max(1, row.rowVersion - random(2));
    log.tokens[row.at] = tokenLineOf(row.token, { rowVersion, rowDigest: sampleDigest(`${row.token} 1`) });
    return { kind: "row_revived" };
  },
  "rows: one edited": (log, random) => {
    const row = randomRow(log, random, (each) => each.rowDigest !== null);
    log.tokens[row.at] = tokenLineOf(row.token, { rowVersion: row.rowVersion, rowDigest: sampleDigest("edited") });
    return { kind: "row_edited" };
  },
  "rows: one changed without an entry": (log, random) => {
    const row = randomRow(log, random, (each) => each.rowDigest !== null);
    log.tokens[row.at] = tokenLineOf(row.token, { rowVersion: row.rowVersion + 1, rowDigest: sampleDigest("later") });
    return { kind: "row_ahead" };
  },
};

const { privateKey: attackersKey } = generateKeyPairSync("ed25519");

/** The lines before the tampering. */
function linesOf(log: SampleLog): string[] {
  return forgedLines(log.entries);
}

/** Edits the text of one entry that the edit changes; gives its place. */
function edited(log: SampleLog, random: Random, edit: (text: string) => string): number {
  for (;;) {
    const at = random(size);
    const line = log.lines[at] ?? "";
    const entry = parseEntryLine(line)?.entry ?? "";
    if (edit(entry) === entry) continue;
    log.lines[at] = line.replace(entry, edit(entry));
    return at;
  }
}

function forgedAt(log: SampleLog, random: Random, change: Partial<AuditEntry>): Expected {
  const at = random(size);
  const entry = log.entries[at];
  assert.ok(entry);
  log.lines[at] = lineOf({ ...entry, ...change });
  return { around: at, kind: "root_mismatch" };
}

function twoPlaces(random: Random): [number, number] {
  const one = random(size - 1);
  return [one, one + 1 + random(size - one - 1)];
}

interface PlacedRow {
  readonly at: number;
  readonly token: string;
  readonly rowVersion: number;
  readonly rowDigest: string | null;
}

function randomRow(log: SampleLog, random: Random, fits: (row: PlacedRow) => boolean): PlacedRow {
  for (;;) {
    const at = random(log.tokens.length);
    const row = parseTokenLine(log.tokens[at] ?? "");
    if (row !== null && fits({ ...row, at })) return { ...row, at };
  }
}
