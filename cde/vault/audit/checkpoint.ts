// The signed head of a tenant's audit log: C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint), a signed note of three
// lines. Whoever keeps one can later prove that the log was cut, rewritten or forked. Pure.
//
//   cofferdam.test/audit/11111111-1111-4111-8111-111111111111      origin: the one name of this log, and of its key
//   20852163                                                       entries, decimal, no leading zero
//   CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=                   root hash, base64

import type { KeyObject } from "node:crypto";
import { hashBytes } from "./merkle.ts";
import { openNote, signNote } from "./signed-note.ts";
import type { VerifierKey } from "./signed-note.ts";

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** Root hash of the first `size` entries, 32 bytes. */
  readonly root: Buffer;
}

/** A signed text that is no checkpoint of the log asked for. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
}

/** The name of a tenant's log: `<trust domain>/audit/<tenant id>`. */
export function originOf(trustDomain: string, tenantId: string): string {
  return `${trustDomain}/audit/${tenantId}`;
}

/** Signs a checkpoint as a note whose key carries the name of the log. */
export function signCheckpoint(checkpoint: Checkpoint, privateKey: KeyObject): string {
  return signNote(formatCheckpoint(checkpoint), checkpoint.origin, privateKey);
}

/**
 * Reads a checkpoint of the log that the keys are named after, once its signature was verified. Throws NoteError when it
 * is not signed with one of them, CheckpointError when what was signed is no checkpoint of that log.
 */
export function openCheckpoint(note: string, keys: readonly VerifierKey[]): Checkpoint {
  const checkpoint = parseCheckpoint(openNote(note, keys));
  if (keys.some((key) => key.name !== checkpoint.origin)) throw new CheckpointError("the checkpoint is of another log");
  return checkpoint;
}

/** The three lines that are signed. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString("base64")}\n`;
}

/** Reads what `formatCheckpoint` writes. Extension lines, which nobody could audit, are refused. Throws CheckpointError. */
export function parseCheckpoint(text: string): Checkpoint {
  const [, origin = "", size = "", root = ""] = checkpointText.exec(text) ?? [];
  const checkpoint = { origin, size: Number(size), root: Buffer.from(root, "base64") };
  const isExact = formatCheckpoint(checkpoint) === text && checkpoint.root.length === hashBytes;
  if (!isExact || !Number.isSafeInteger(checkpoint.size)) throw new CheckpointError("the text is no checkpoint");
  return checkpoint;
}

/** A note as one line of a history of checkpoints: `{"note":"…","published_at":"<ISO 8601>"}`, with its line break. */
export function formatHistoryLine(note: string, publishedAt: Date): string {
  return `${JSON.stringify({ note, published_at: publishedAt.toISOString() })}\n`;
}

/** The note in one line of a history. Only the note is signed, so only the note is read. Throws CheckpointError. */
export function noteOfHistoryLine(line: string): string {
  try {
    const { note } = JSON.parse(line) as { readonly note?: unknown };
    if (typeof note === "string") return note;
  } catch {
    // The parser's message would quote the line.
  }
  throw new CheckpointError("the history of checkpoints is damaged");
}

const checkpointText = /^(\S+)\n(\d{1,16})\n([A-Za-z0-9+/]{43}=)\n$/;
