// What a process has written to its output file since a given moment.
import { open, stat } from "node:fs/promises";
import { hasCode } from "./private-file.ts";

/** Size of the file in bytes; 0 when there is none. */
export async function fileSize(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return 0;
    throw error;
  }
}

/** The text of the file from byte `start` on, at most the first `limitBytes` of it (default 64 KiB). */
export async function textFrom(file: string, start: number, limitBytes = 65_536): Promise<string> {
  await using handle = await open(file);
  const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(limitBytes), position: start });
  return buffer.toString("utf8", 0, bytesRead);
}
