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
import { open, readFile, stat } from "node:fs/promises";
import { isIP } from "node:net";
import { containsPan } from "@cofferdam/kit/pan-guard.ts";
import { uuid } from "@cofferdam/kit/uuid.ts";

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
   * Writes a line through to the disk, behind the last of the file or of its copy, whichever is further. The file is read
   * only if its size is not what it was after the line before: then `wasAsLeft` is false. Rejects when it cannot be
   * written, or says what no audit entry could hold: then the share must not be used.
   */
  readonly append: (
    event: ShareEvent,
    copied: ChainEnd | null,
  ) => Promise<{ readonly line: JournalLine; readonly wasAsLeft: boolean }>;
}

/** A line has about 400 bytes, and an unsealing a handful of lines. */
const MAX_FILE_BYTES = 16 * 1_024 * 1_024;
/** The database has the same limit. */
const MAX_LINE_BYTES = 2_048;
const LINE_FEED = 10;

/** The file as it was seen last, or left after a line. */
interface LeftFile {
  readonly sizeBytes: number;
  readonly end: ChainEnd | null;
  /** Its last line has no end. */
  readonly isCut: boolean;
}

/** Opens a journal; the file is made with its first line. */
export function openCustodyJournal(path: string): CustodyJournal {
  let left: LeftFile | null = null;
  const look = async (): Promise<{ readonly state: JournalState; readonly found: LeftFile }> => {
    const bytes = await contentOf(path);
    const state = readJournal(bytes.toString("utf8"));
    const isCut = bytes.length > 0 && bytes.at(-1) !== LINE_FEED;
    const found = { sizeBytes: bytes.length, end: state.lines.at(-1) ?? null, isCut };
    left = found;
    return { state, found };
  };
  return {
    read: async () => (await look()).state,
    append: async (event, copied) => {
      const kept = left?.sizeBytes === (await sizeOf(path)) ? left : null;
      const { sizeBytes, end, isCut } = kept ?? (await look()).found;
      const last = later(end, copied);
      const chain = { sequence: (last?.sequence ?? -1) + 1, previous: last?.hash.toString("hex") ?? null };
      const line = lineFrom(JSON.stringify({ ...chain, ...event }));
      if (line === null) throw new Error("a line of the journal of shares holds what no audit entry can hold");
      // A line that a crash cut short is left as it is, and noticed.
      const text = `${isCut ? "\n" : ""}${line.text}\n`;
      await appendThrough(path, text);
      left = { sizeBytes: sizeBytes + Buffer.byteLength(text), end: line, isCut: false };
      return { line, wasAsLeft: kept !== null };
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

/** Null for what is no line, not in the one form that `append` writes, or nothing for the audit log. */
function lineFrom(text: string): JournalLine | null {
  if (Buffer.byteLength(text) > MAX_LINE_BYTES) return null;
  const { sequence, previous, at, workload, key, origin, request_id, sharing_id, index } = parsed(text);
  const event = { at, workload, key, origin, request_id, sharing_id, index } as ShareEvent;
  const isPlaced = isCount(sequence) && (previous === null || (typeof previous === "string" && digest.test(previous)));
  if (!isPlaced || !isRecordable(event) || JSON.stringify({ sequence, previous, ...event }) !== text) return null;
  return { sequence, text, hash: digestOf(text), previous, event };
}

/** What a line says becomes an audit event, and one that cannot be written would keep all others from it. */
function isRecordable({
  at,
  workload,
  key,
  origin,
  request_id: id,
  sharing_id: sharingId,
  index,
}: ShareEvent): boolean {
  const texts = [at, workload, key, origin, id, sharingId];
  return (
    texts.every((each) => typeof each === "string" && printable.test(each)) &&
    id.length <= 64 &&
    uuid.test(sharingId) &&
    (isIP(origin) !== 0 || origin === "local") &&
    isCount(index) &&
    index <= 255 &&
    ![workload, key, id, sharingId].some(containsPan)
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

const printable = /^[\x21-\x7e]{1,128}$/;
const digest = /^[0-9a-f]{64}$/;

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

async function contentOf(path: string): Promise<Buffer> {
  const bytes = await readFile(path).catch(absentAs(Buffer.alloc(0)));
  if (bytes.length > MAX_FILE_BYTES) throw new Error("the journal of shares is larger than any journal of shares");
  return bytes;
}

async function sizeOf(path: string): Promise<number> {
  const { size } = await stat(path).catch(absentAs({ size: 0 }));
  return size;
}

/** A journal that is not there yet is an empty one. */
function absentAs<Value>(nothing: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return nothing;
    throw error;
  };
}

function digestOf(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
