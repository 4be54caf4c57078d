// Root key files on the disk: made once, and replaced whole by one process at a time.
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { open, readFile, rename, rm, type FileHandle } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { MAX_FILE_BYTES } from "./root-key-file-format.ts";
import { RootKeyError } from "./root-key.ts";

// A change takes milliseconds. A lock that stands this long, the same all the time, was left behind by a crash.
const STALE_LOCK_MS = 2_000;
const LONGEST_WAIT_MS = 5_000;
const POLL_MS = 20;

/** Writes a new file, readable by its owner alone, through to the disk. Rejects with `EEXIST` when there is one. */
export async function createKeyFile(path: string, text: string): Promise<void> {
  const handle = await openNew(path);
  try {
    await handle.writeFile(text);
  } finally {
    await handle.close();
  }
}

/** Reads a file's text. Throws RootKeyError `malformed_file` above 1 MiB; rejects as node:fs does. */
export async function readKeyFile(path: string): Promise<string> {
  const bytes = await readFile(path);
  if (bytes.length > MAX_FILE_BYTES) throw new RootKeyError("malformed_file", "a root key file has at most 1 MiB");
  return bytes.toString("utf8");
}

/**
 * Replaces a file's text in one step, under a lock: a change that another process made meanwhile is in what `change`
 * gets. After a power cut the file is the old one or the new one. Beside it come and go `<path>.lock` and `<path>.draft`.
 *
 * @param change the new text; what it throws leaves the file as it was, and so does returning the text it got
 * @throws RootKeyError `unavailable` when others hold the lock for 5 seconds, or took it from us for being slow
 */
export async function replaceKeyFile(path: string, change: (text: string) => string | Promise<string>): Promise<void> {
  const lock = await takeLock(`${path}.lock`);
  try {
    const before = await readKeyFile(path);
    const after = await change(before);
    if (after === before) return;
    const draft = `${path}.draft`;
    await rm(draft, { force: true });
    await createKeyFile(draft, after);
    await lock.assertHeld();
    await rename(draft, path);
    await lock.commit();
  } finally {
    await lock.release();
  }
}

interface Lock {
  /** Throws RootKeyError `unavailable` when another process took the lock for a stale one. */
  readonly assertHeld: () => Promise<void>;
  readonly commit: () => Promise<void>;
  readonly release: () => Promise<void>;
}

async function takeLock(path: string): Promise<Lock> {
  const startedAtMs = performance.now();
  let seen = { holder: "", sinceMs: startedAtMs };
  while (performance.now() - startedAtMs < LONGEST_WAIT_MS) {
    const handle = await openUnlessThere(path);
    if (handle !== null) return await holdLock(path, handle);
    const holder = await holderOf(path);
    if (holder !== seen.holder) seen = { holder, sinceMs: performance.now() };
    if (performance.now() - seen.sinceMs > STALE_LOCK_MS) await rm(path, { force: true });
    await sleep(POLL_MS);
  }
  throw new RootKeyError("unavailable", `others have been changing this root key file for ${LONGEST_WAIT_MS} ms`);
}

/** Two that find the same lock stale may take it from each other; then the one that lost it finds out before it renames. */
async function holdLock(path: string, handle: FileHandle): Promise<Lock> {
  const own = randomUUID();
  await handle.writeFile(own);
  return {
    assertHeld: async () => {
      if ((await holderOf(path)) === own) return;
      throw new RootKeyError("unavailable", "the lock of this root key file was taken over: nothing was changed");
    },
    // Node's permission model forbids fsync on a folder. On ext4 and xfs the rename waits in the journal, and this write,
    // through to the disk, commits the journal with it.
    commit: async () => {
      await handle.appendFile("\n");
    },
    release: async () => {
      await handle.close();
      if ((await holderOf(path)).trim() === own) await rm(path, { force: true });
    },
  };
}

async function holderOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return "";
    throw error;
  }
}

async function openUnlessThere(path: string): Promise<FileHandle | null> {
  try {
    return await openNew(path);
  } catch (error) {
    if (hasCode(error, "EEXIST")) return null;
    throw error;
  }
}

function openNew(path: string): Promise<FileHandle> {
  return open(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_DSYNC, 0o600);
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
