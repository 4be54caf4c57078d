// The journal of shares: a file that is written before a share reaches the key agent, because the database may be what the
// shares are needed for. One line of JSON each, chained, no share in it:
//
//   {"sequence":0,"previous":null,"at":"2026-11-24T15:05:00.000Z","workload":"management/custodian-mei",
//    "key":"<SHA-256 of the certificate's public key, base64url>","origin":"192.0.2.7","request_id":"…",
//    "sharing_id":"…","index":1}
//
// `previous` is SHA-256 over the line before, hex, without its line break. The file is one process's own.
import { hash } from "node:crypto";
import { constants } from "node:fs";
import { open, readFile } from "node:fs/promises";

/** That a custodian brought a share. */
export interface ShareEvent {
  readonly at: string;
  readonly workload: string;
  readonly key: string;
  readonly origin: string;
  readonly request_id: string;
  readonly sharing_id: string;
  readonly index: number;
}

/** A line as it stands in the file. */
export interface JournalLine {
  readonly sequence: number;
  /** Without its line break. */
  readonly text: string;
  /** SHA-256 of the text, 32 bytes. */
  readonly hash: Buffer;
  readonly previous: string | null;
  readonly event: ShareEvent;
}

/** What the file says now. */
export interface JournalState {
  /** Every line that is one, in the order of the file. */
  readonly lines: readonly JournalLine[];
  /** The first sequence at which the chain is broken; null for a file that is whole. */
  readonly brokenAt: number | null;
}

/** Where a chain has got to. */
export type ChainEnd = Pick<JournalLine, "sequence" | "hash">;

export interface CustodyJournal {
  readonly read: () => Promise<JournalState>;
  /**
   * Writes a line through to the disk, behind the last of the file or of its copy, whichever is further. Rejects when it
   * cannot: then the share must not be used.
   */
  readonly append: (event: ShareEvent, copied: ChainEnd | null) => Promise<void>;
}

/** A line has about 400 bytes, and an unsealing a handful of lines. */
const MAX_FILE_BYTES = 16 * 1_024 * 1_024;

/** Opens a journal; the file is made with its first line. */
export function openCustodyJournal(path: string): CustodyJournal {
  return {
    read: async () => readJournal(await contentOf(path)),
    append: async (event, copied) => {
      const content = await contentOf(path);
      const last = later(readJournal(content).lines.at(-1) ?? null, copied);
      const chain = { sequence: (last?.sequence ?? -1) + 1, previous: last?.hash.toString("hex") ?? null };
      // A line that a crash cut short is left as it is, and noticed.
      const gap = content === "" || content.endsWith("\n") ? "" : "\n";
      await appendThrough(path, `${gap}${JSON.stringify({ ...chain, ...event })}\n`);
    },
  };
}

/** Reads a journal. Pure. */
export function readJournal(content: string): JournalState {
  const lines: JournalLine[] = [];
  let brokenAt: number | null = content === "" || content.endsWith("\n") ? null : content.split("\n").length - 1;
  for (const text of content.split("\n").slice(0, -1)) {
    const line = lineFrom(text);
    const last = lines.at(-1) ?? null;
    const isNext =
      line?.sequence === (last?.sequence ?? -1) + 1 && line.previous === (last?.hash.toString("hex") ?? null);
    if (!isNext) brokenAt = Math.min(brokenAt ?? Infinity, (last?.sequence ?? -1) + 1);
    if (line !== null) lines.push(line);
  }
  return { lines, brokenAt };
}

function later(line: ChainEnd | null, copied: ChainEnd | null): ChainEnd | null {
  if (line === null || copied === null) return line ?? copied;
  return copied.sequence > line.sequence ? copied : line;
}

/** Null for what is no line, or not in the one form that `append` writes. */
function lineFrom(text: string): JournalLine | null {
  const value = parsed(text);
  const { sequence, previous, at, workload, key, origin, request_id, sharing_id, index } = value;
  const event = { at, workload, key, origin, request_id, sharing_id, index } as ShareEvent;
  const isWhole = Number.isSafeInteger(sequence) && Number(sequence) >= 0 && Number.isSafeInteger(index);
  const texts = [at, workload, key, origin, request_id, sharing_id];
  if (!isWhole || !texts.every((each) => typeof each === "string" && each.length <= 128)) return null;
  if (JSON.stringify({ sequence, previous, ...event }) !== text) return null;
  return { sequence: Number(sequence), text, hash: digestOf(text), previous: previous as string | null, event };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(text) ?? {}) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

async function appendThrough(path: string, text: string): Promise<void> {
  const { O_CREAT, O_APPEND, O_WRONLY, O_DSYNC } = constants;
  const handle = await open(path, O_CREAT | O_APPEND | O_WRONLY | O_DSYNC, 0o600);
  try {
    await handle.writeFile(text);
  } finally {
    await handle.close();
  }
}

async function contentOf(path: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > MAX_FILE_BYTES) throw new Error("the journal of shares is larger than any journal of shares");
    return bytes.toString("utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}

function digestOf(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
