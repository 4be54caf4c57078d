// A log as the vault would write it, with its checkpoints and token rows, exported in memory: for tampering with.

import { generateKeyPairSync } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { formatHistoryLine, originOf, signCheckpoint } from "../checkpoint.ts";
import { encodeEntry } from "../event.ts";
import type { AuditEntry, AuditEvent, RowState } from "../event.ts";
import { formatEntryLine, formatTokenLine, parseEntryLine } from "../export-format.ts";
import { appendLeaf, emptyFrontier, leafHash, rootOf } from "../merkle.ts";
import { verifierKey } from "../signed-note.ts";
import type { VerifierKey } from "../signed-note.ts";
import { harbourCoffee, sampleDigest, sampleEntry, sampleToken } from "./sample-entries.ts";

export const { privateKey: logKey, publicKey: logPublicKey } = generateKeyPairSync("ed25519");
export const origin = originOf("cofferdam.test", harbourCoffee);
export const logKeys: readonly VerifierKey[] = [verifierKey(origin, logPublicKey)];

/** Everything an export holds, for tampering with; and the honest entries, to forge from. */
export interface SampleLog {
  readonly entries: readonly AuditEntry[];
  lines: string[];
  tokens: string[];
  checkpoint: string;
  history: string[];
}

/** A number from 0 up to, not including, the limit; the same sequence for the same seed (mulberry32). */
export type Random = (limit: number) => number;

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** Tokens come, change and go; some entries are reads and refusals. Checkpoints were signed at the given sizes. */
export function sampleLog(random: Random, size: number, checkpointSizes: readonly number[]): SampleLog {
  const rows = new Map<string, RowState>();
  const entries = Array.from({ length: size }, (_, sequence) => ({
    ...sampleEntry(nextEvent(random, rows)),
    sequence,
    recordedAt: new Date(Date.UTC(2026, 0, 31) + sequence * 1_000).toISOString(),
  }));
  const lines = entries.map(lineOf);
  const notes = checkpointSizes.map((at) => noteAt(lines, at, logKey));
  return {
    entries,
    lines,
    tokens: [...rows].sort().map(([token, state]) => tokenLineOf(token, state)),
    checkpoint: notes.at(-1) ?? "",
    history: notes.map(historyLineOf),
  };
}

/** Numbered and hashed as an attacker would who knows how: right in itself. */
export function forgedLines(entries: readonly AuditEntry[]): string[] {
  return entries.map((entry, sequence) => lineOf({ ...entry, sequence }));
}

export function lineOf(entry: AuditEntry): string {
  const text = encodeEntry(entry);
  return formatEntryLine({ entry: text, leafHash: leafHash(text).toString("base64") });
}

export function noteAt(lines: readonly string[], size: number, key: KeyObject): string {
  const leaves = lines.slice(0, size).map((line) => leafHash(parseEntryLine(line)?.entry ?? ""));
  const tree = leaves.reduce((frontier, leaf) => appendLeaf(frontier, leaf).frontier, emptyFrontier);
  return signCheckpoint({ origin, size, root: rootOf(tree) }, key);
}

export function historyLineOf(note: string): string {
  return formatHistoryLine(note, new Date(Date.UTC(2026, 0, 31))).trimEnd();
}

export function tokenLineOf(token: string, { rowVersion, rowDigest }: RowState): string {
  const status = rowDigest === null ? "deleted" : "active";
  return formatTokenLine({ token, rowVersion, rowDigest: rowDigest?.toString("base64") ?? null, status });
}

function nextEvent(random: Random, rows: Map<string, RowState>): Partial<AuditEvent> {
  const live = [...rows].filter(([, state]) => state.rowDigest !== null);
  const [token, state] = live[random(Math.max(live.length, 1))] ?? [];
  const choice = random(10);
  if (token === undefined || state === undefined || choice < 4) return created(random, rows);
  if (choice < 6) return { action: "token.detokenize", object: token, reason: "authorization", state: null };
  if (choice < 7)
    return { action: "auth.refuse", object: null, outcome: "refused", reason: "access_token_invalid", state: null };
  const rowVersion = state.rowVersion + 1;
  const next = { rowVersion, rowDigest: choice < 9 ? sampleDigest(`${token} ${rowVersion}`) : null };
  rows.set(token, next);
  return { action: choice < 9 ? "token.update" : "token.delete", object: token, state: next };
}

function created(random: Random, rows: Map<string, RowState>): Partial<AuditEvent> {
  const token = sampleToken(rows.size * 1_000 + random(1_000));
  const state = { rowVersion: 1, rowDigest: sampleDigest(`${token} 1`) };
  rows.set(token, state);
  return { action: "token.create", object: token, state };
}
