import type { Socket } from "node:net";

// Fifteen custodians with their keys and envelopes take a tenth of it.
const MAX_LINE_BYTES = 262_144;

/**
 * The first line of a socket, without its end. Rejects when the other side ends, fails or is silent before, and when the
 * line takes longer than `deadlineMs` or is longer than 256 KiB. Leaves the socket open.
 */
export async function readLine(socket: Socket, deadlineMs: number): Promise<string> {
  const received: Buffer[] = [];
  let length = 0;
  const deadline = setTimeout(() => socket.destroy(new Error("no line in time")), deadlineMs);
  try {
    return await new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.once("close", () => {
        reject(new Error("the connection ended before a line did"));
      });
      socket.on("data", (chunk: Buffer) => {
        received.push(chunk);
        length += chunk.length;
        if (length > MAX_LINE_BYTES) socket.destroy(new Error("a line is too long"));
        else if (chunk.includes("\n")) resolve(firstLineOf(Buffer.concat(received)));
      });
    });
  } finally {
    clearTimeout(deadline);
  }
}

function firstLineOf(bytes: Buffer): string {
  return bytes.toString("utf8", 0, bytes.indexOf("\n"));
}
