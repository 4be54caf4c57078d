// Files that commands read, with a limit, and files that they make, which are never there before.
import { access, open } from "node:fs/promises";
import { FileError } from "./errors.ts";

/** Reads a file of at most so many bytes. Throws FileError, which names the file. */
export async function readLimited(path: string, maxBytes: number): Promise<Buffer> {
  try {
    await using file = await open(path, "r");
    // One byte more than allowed tells a long file from one that just fits; a device has no end to wait for.
    const buffer = Buffer.alloc(maxBytes + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length <= maxBytes; length += read) {
      ({ bytesRead: read } = await file.read(buffer, length, buffer.length - length));
    }
    if (length > maxBytes) throw new FileError(`${path} is longer than ${maxBytes} bytes`);
    return buffer.subarray(0, length);
  } catch (error) {
    throw error instanceof FileError ? error : new FileError(`${path} cannot be read: ${reasonOf(error)}`);
  }
}

/** Reads a text file as `readLimited` does. */
export async function readText(path: string, maxBytes = maxTextBytes): Promise<string> {
  return (await readLimited(path, maxBytes)).toString("utf8");
}

/** The first line of a secret's file. */
export async function readSecret(path: string): Promise<string> {
  const secret = (await readText(path, maxSecretBytes)).trim();
  if (secret === "") throw new FileError(`${path} is empty`);
  return secret;
}

/**
 * Makes a file that only its owner can read, durably. Throws FileError, and leaves what is there as it is, when there is
 * one already.
 */
export async function writeNew(path: string, content: string): Promise<void> {
  try {
    await using file = await open(path, "wx", 0o600);
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    throw new FileError(`${path} cannot be made: ${reasonOf(error)}`);
  }
}

/** Before something that cannot be done twice: throws FileError when there is such a file already. */
export async function mustBeNew(path: string): Promise<void> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere) throw new FileError(`${path} is there already, and is not overwritten`);
}

const maxTextBytes = 65_536;
const maxSecretBytes = 1_024;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is no folder",
  EEXIST: "it is there already, and is not overwritten",
  ENOSPC: "the disk is full",
};

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return reasons[code] ?? "the system refuses it";
}
