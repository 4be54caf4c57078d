// Files that only their owner may read: keys, passwords, certificates of the sandbox. Every write is atomic, so a
// reader sees the old text or the new one, never a half.
import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";

/**
 * Makes a folder that only its owner may enter (mode 0700), its parents too, and returns its path without links.
 * A folder that exists already keeps its mode.
 */
export async function makePrivateDirectory(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return realpath(directory);
}

/** Writes `text` to `file` with mode 0600 in place of what was there. */
export async function replacePrivateFile(file: string, text: string | Uint8Array): Promise<void> {
  const draft = await writeDraft(file, text);
  await rename(draft, file);
}

/**
 * Returns the text of `file`; the first caller makes it with `make` and keeps it with mode 0600.
 * Of several processes that arrive together one makes the file and all return its text.
 */
export async function keepPrivateFile(file: string, make: () => string | Promise<string>): Promise<string> {
  const kept = await readIfPresent(file);
  if (kept !== null) return kept;
  const draft = await writeDraft(file, await make());
  try {
    await link(draft, file);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  } finally {
    await rm(draft);
  }
  return readFile(file, "utf8");
}

/** Returns the text of `file`, or null when there is no such file. */
export async function readIfPresent(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
}

/** Tells whether `error` is a system error with this code, e.g. `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

async function writeDraft(file: string, text: string | Uint8Array): Promise<string> {
  const draft = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString("hex")}`);
  await writeFile(draft, text, { flag: "wx", mode: 0o600 });
  return draft;
}
