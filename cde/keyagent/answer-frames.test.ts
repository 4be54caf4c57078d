// The answering end of a connection, before callers that want more than an answer.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openChannel } from "../vault/keys/root/agent-channel.ts";
import { MAX_FRAME_BYTES, encodeFrame } from "../vault/keys/root/agent-protocol.ts";
import { answerFrames } from "./answer-frames.ts";

const IDLE_MS = 1_000;
const status = encodeFrame({ kind: "status", call: 1, fields: [] });
const server = createServer((socket) => {
  socket.on("error", () => undefined);
  answerFrames(socket, {
    calls: ["status", "generate"],
    answer: (call) => Promise.resolve([call === "status" ? "here" : "a".repeat(MAX_FRAME_BYTES)]),
    idleMs: IDLE_MS,
  });
});
let directory = "";
const opened = new Set<Socket>();
const caller = (): Socket => {
  const socket = connect(path.join(directory, "socket")).on("error", () => undefined);
  opened.add(socket);
  return socket;
};

before(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "cofferdam-frames-"));
  server.listen(path.join(directory, "socket"));
  await once(server, "listening");
});
afterEach(() => {
  for (const socket of opened) socket.destroy();
  opened.clear();
});
after(async () => {
  server.close();
  await rm(directory, { recursive: true, force: true });
});

test("an answer that is too long for a frame is a refusal, and the other calls of its connection are answered", async () => {
  const { exchange } = openChannel(caller(), { deadlineMs: 1_000 });
  const tooLong = assert.rejects(
    exchange("generate", [], () => undefined),
    { code: "unsupported" },
  );
  assert.equal(await exchange("status", [], ([text]) => text), "here");
  await tooLong;
  assert.equal(await exchange("status", [], ([text]) => text), "here");
});

test("a frame that comes byte by byte has one deadline", { timeout: 5_000 }, async () => {
  const socket = caller().resume();
  socket.write(Buffer.of(0, 0, 1, 0));
  const drip = setInterval(() => socket.write(Buffer.of(1)), 300);
  await once(socket, "close").finally(() => {
    clearInterval(drip);
  });
});

test("a connection that says nothing ends, one that calls stays", async () => {
  const [idle, busy] = [caller().resume(), caller().resume()];
  let answered = 0;
  busy.on("data", () => (answered += 1));
  for (let calls = 0; calls < 5; calls += 1) {
    busy.write(status);
    await sleep(IDLE_MS * 0.4);
  }
  assert.deepEqual([answered, busy.destroyed, idle.destroyed], [5, false, true]);
});

test("a calling end leaves a connection that it does not use", async () => {
  const { exchange, isOpen } = openChannel(caller(), { deadlineMs: 100, idleMs: 200 });
  await exchange("status", [], () => undefined);
  assert.equal(isOpen(), true);
  await sleep(400);
  assert.equal(isOpen(), false);
});

test("a caller that does not wait for its answers is cut off", { timeout: 5_000 }, async () => {
  const socket = caller().resume();
  socket.write(Buffer.concat(Array.from({ length: 200 }, () => status)));
  await once(socket, "close");
});
