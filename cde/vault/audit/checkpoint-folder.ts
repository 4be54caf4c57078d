// Where the checkpoints of one tenant lie, outside the database they vouch for: `checkpoint`, the newest note, replaced
// whole; and `history`, every note in order, one line each (`formatHistoryLine`).
//
// `checkpoint` is written first. So after a crash it may be one ahead of `history`; the other way round it was put back.

import { constants } from "node:fs";
import { copyFile, mkdir, open, readFile, rename } from "node:fs/promises";
import path from "node:path";
import { formatHistoryLine, noteOfHistoryLine } from "./checkpoint.ts";

const { O_APPEND, O_CREAT, O_DSYNC, O_TRUNC, O_WRONLY } = constants;

/** The notes that a reader must reconcile: of the file `checkpoint`, and the last line of `history`. */
export interface PublishedNotes {
  readonly newest: string | null;
  readonly lastInHistory: string | null;
}

/** The names of the files in a tenant's folder. */
export const checkpointFile = "checkpoint";
export const historyFile = "history";

/** Reads both ends of what was published; null for a file that is not there. Throws CheckpointError for a damaged line. */
export async function readPublishedNotes(folder: string): Promise<PublishedNotes> {
  const [newest, tail] = await Promise.all([
    readIfPresent(path.join(folder, checkpointFile)),
    readTail(path.join(folder, historyFile)),
  ]);
  const lastLine = tail?.toString().split("\n").at(-2);
  return { newest, lastInHistory: lastLine === undefined ? null : noteOfHistoryLine(lastLine) };
}

/**
 * Replaces `checkpoint` in one step. A power cut leaves the old note or the new one; `history` tells which came last. One
 * writer at a time: the caller holds the lock.
 *
 * The rename itself is not made durable here. On ext4 and xfs it waits in the journal, and the O_DSYNC append to `history`
 * that follows commits the journal with it: no directory needs a sync.
 */
export async function replaceCheckpoint(folder: string, note: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o750 });
  const draft = path.join(folder, `${checkpointFile}.draft`);
  await writeThrough(draft, "replace", note);
  await rename(draft, path.join(folder, checkpointFile));
}

/** Adds a note at the end of `history`, after cutting off a line that a crash left unfinished. */
export async function appendHistory(folder: string, note: string, publishedAt: Date): Promise<void> {
  const file = path.join(folder, historyFile);
  await dropUnfinishedLine(file);
  await writeThrough(file, "append", formatHistoryLine(note, publishedAt));
}

/**
 * Copies what was published, if anything was, into a folder that is there. The history first: what is published meanwhile
 * leaves the copy's `checkpoint` ahead of its history, never behind.
 */
export async function copyPublished(folder: string, toFolder: string): Promise<void> {
  const history = path.join(toFolder, historyFile);
  await copyIfPresent(path.join(folder, historyFile), history);
  await dropUnfinishedLine(history);
  await copyIfPresent(path.join(folder, checkpointFile), path.join(toFolder, checkpointFile));
}

/** Each write returns when the disk has it. Node's permission model forbids fsync, so the file is opened that way. */
async function writeThrough(file: string, mode: "replace" | "append", text: string): Promise<void> {
  const flags = O_WRONLY | O_CREAT | O_DSYNC | (mode === "append" ? O_APPEND : O_TRUNC);
  const handle = await open(file, flags, 0o640);
  try {
    await handle.writeFile(text);
  } finally {
    await handle.close();
  }
}

async function dropUnfinishedLine(file: string): Promise<void> {
  const handle = await openIfPresent(file, "r+");
  if (handle === null) return;
  try {
    const { size } = await handle.stat();
    const tail = await readEnd(handle, size);
    const unfinished = tail.length - (tail.lastIndexOf("\n") + 1);
    if (unfinished > 0) await handle.truncate(size - unfinished);
  } finally {
    await handle.close();
  }
}

async function readTail(file: string): Promise<Buffer | null> {
  const handle = await openIfPresent(file, "r");
  if (handle === null) return null;
  try {
    return await readEnd(handle, (await handle.stat()).size);
  } finally {
    await handle.close();
  }
}

type Handle = Awaited<ReturnType<typeof open>>;

async function readEnd(handle: Handle, size: number): Promise<Buffer> {
  const length = Math.min(size, tailBytes);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
  return buffer.subarray(0, bytesRead);
}

async function openIfPresent(file: string, flags: "r" | "r+"): Promise<Handle | null> {
  try {
    return await open(file, flags);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

async function readIfPresent(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

async function copyIfPresent(file: string, to: string): Promise<void> {
  try {
    await copyFile(file, to);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** More than any line: a note of ours has about 300 characters. */
const tailBytes = 4_096;
