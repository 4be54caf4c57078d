import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { IncomingMessage } from "node:http";
import { after, before, test } from "node:test";

import { createApp } from "./http-app.ts";
import { readBody } from "./http-body.ts";
import type { Body } from "./http-body.ts";
import { startServer } from "./http-server.ts";
import type { RunningServer } from "./http-server.ts";
import { createLogger } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import { sendRaw } from "./testdata/test-raw-http.ts";

const limits = { limitBytes: 100, deadlineMs: 150 };
const log = createLogger({ service: "test", level: "silent" });

/** What the handler saw last: the body, and every chunk as the socket left it afterwards. */
let seen: { readonly chunks: Buffer[]; body?: Body; text?: string };
let server: RunningServer;

before(async () => {
  const app = createApp({ log, metrics: createMetrics({ service: "test", build: "b1" }) }, (router) => {
    router.post("/", async (request, response) => {
      seen = { chunks: watchChunks(request) };
      const body = await readBody(request, limits);
      seen.body = body;
      seen.text = body.bytes.toString("latin1");
      response.json({ length: body.bytes.length });
    });
  });
  server = await startServer({ app, host: "127.0.0.1", port: 0 });
});

after(() => server.drain(0));

function watchChunks(request: IncomingMessage): Buffer[] {
  const chunks: Buffer[] = [];
  const push = request.push.bind(request);
  request.push = (chunk: Buffer | null) => {
    if (chunk !== null) chunks.push(chunk);
    return push(chunk);
  };
  return chunks;
}

const json = "content-type: application/json\r\n";
const post = (headers: string, body = ""): string => `POST / HTTP/1.1\r\nhost: a\r\n${headers}\r\n${body}`;
const sized = (text: string): string => post(`${json}content-length: ${text.length}\r\n`, text);
const chunked = (...texts: readonly string[]): string =>
  post(
    `${json}transfer-encoding: chunked\r\n`,
    [...texts, ""].map((text) => `${text.length.toString(16)}\r\n${text}\r\n`).join(""),
  );

const zeroed = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

test("reads exactly the bytes that were sent, whether sized or in chunks", async () => {
  for (const [request, text] of [
    [sized('{"a":1}'), '{"a":1}'],
    [chunked('{"a"', ":1", "}"), '{"a":1}'],
    [sized("x".repeat(100)), "x".repeat(100)],
    [chunked("x".repeat(60), "y".repeat(40)), "x".repeat(60) + "y".repeat(40)],
    [sized(""), ""],
    [post(json), ""],
  ] as const) {
    const { status } = await sendRaw(server.port, request);
    assert.equal(status, 200);
    assert.equal(seen.text, text);
  }
});

test("leaves no byte of the body in the chunks it came in", async () => {
  await sendRaw(server.port, chunked("secret", "secret"));
  assert.equal(seen.chunks.length, 2);
  assert.ok(seen.chunks.every(zeroed));
});

test("keeps the body outside V8's heap until it is wiped", async () => {
  await sendRaw(server.port, sized("secret"));
  const { body } = seen;
  assert.ok(body !== undefined && body.bytes.buffer.byteLength > 64);
  body.wipe();
  assert.ok(zeroed(new Uint8Array(body.bytes.buffer)));
});

test("accepts JSON only, under its own name", async () => {
  for (const type of [
    "text/plain",
    "application/jsonp",
    "application/json; charset=latin1",
    "application/json, text/plain",
    "multipart/form-data; boundary=x",
  ]) {
    const { status } = await sendRaw(server.port, post(`content-type: ${type}\r\ncontent-length: 2\r\n`, "{}"));
    assert.equal(status, 415, type);
  }
  assert.equal((await sendRaw(server.port, post("content-length: 2\r\n", "{}"))).status, 415);
  for (const type of ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=utf-8"]) {
    const { status } = await sendRaw(server.port, post(`content-type: ${type}\r\ncontent-length: 2\r\n`, "{}"));
    assert.equal(status, 200, type);
  }
});

test("refuses a body over the limit by its length, before it is sent", async () => {
  const { status, headers } = await sendRaw(server.port, post(`${json}content-length: 101\r\n`));
  assert.equal(status, 413);
  assert.equal(headers.get("connection"), "close");
  assert.equal(seen.chunks.length, 0);
});

test("refuses a body over the limit as it comes, and zeroes what came", async () => {
  const { status } = await sendRaw(server.port, chunked("x".repeat(60), "y".repeat(60), "z".repeat(60)));
  assert.equal(status, 413);
  assert.ok(seen.chunks.length >= 2 && seen.chunks.every(zeroed));
});

test("refuses a body that takes too long, and zeroes what came", async () => {
  const { status, headers } = await sendRaw(server.port, post(`${json}content-length: 50\r\n`, "secret"), 1_000);
  assert.equal(status, 408);
  assert.equal(headers.get("connection"), "close");
  assert.ok(seen.chunks.length === 1 && seen.chunks.every(zeroed));
});

test("zeroes what came of a body whose sender went away", async () => {
  const socket = connect(server.port, "127.0.0.1");
  socket.write(post(`${json}content-length: 50\r\n`, "secret"));
  await once(socket, "connect");
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(seen.body, undefined);
  assert.ok(seen.chunks.length === 1 && seen.chunks.every(zeroed));
});
