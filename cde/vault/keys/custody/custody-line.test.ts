import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { readLine } from "./custody-line.ts";

test("a line has at most 256 KiB with its end", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "cofferdam-line-"));
  const server = createServer().listen(path.join(directory, "socket"));
  const sent = async (line: string): Promise<string> => {
    const sender = connect(path.join(directory, "socket")).on("error", () => undefined);
    sender.write(line);
    const [socket] = (await once(server, "connection")) as [Socket];
    return readLine(socket, 2_000).finally(() => {
      socket.destroy();
      sender.destroy();
    });
  };
  try {
    assert.equal((await sent(`${"a".repeat(262_143)}\n`)).length, 262_143);
    await assert.rejects(sent(`${"a".repeat(262_144)}\n`), /too long/);
  } finally {
    server.close();
    await rm(directory, { recursive: true, force: true });
  }
});
