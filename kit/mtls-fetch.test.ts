import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import { test } from "node:test";

import { startServer } from "./http-server.ts";
import type { RunningServer } from "./http-server.ts";
import { createMtlsFetch } from "./mtls-fetch.ts";
import { createTestAuthority } from "./testdata/test-certificate.ts";

const authority = createTestAuthority();
const identity = authority.issue({ uris: ["spiffe://cofferdam.test/non-cde/payment"] });
const options = { ...identity, ca: authority.cert, timeoutMs: 300, serverName: "localhost" };

interface TestServer extends RunningServer, AsyncDisposable {
  readonly url: string;
}

async function serve(app: RequestListener, from = authority): Promise<TestServer> {
  const tls = { ...from.issue({ uris: [] }), ca: authority.cert };
  const server = await startServer({ app, host: "127.0.0.1", port: 0, tls });
  return { ...server, url: `https://127.0.0.1:${server.port}`, [Symbol.asyncDispose]: () => server.drain(0) };
}

const echo: RequestListener = (request, response) => void request.pipe(response);

test("shows our certificate and carries a Request as the typed clients make it", async () => {
  await using server = await serve(echo);
  const response = await createMtlsFetch(options)(new Request(server.url, { method: "POST", body: "hello" }));
  assert.equal(await response.text(), "hello");
});

test("uses connections again", async () => {
  const ports = new Set<number | undefined>();
  await using server = await serve((request, response) => {
    ports.add(request.socket.remotePort);
    response.end();
  });
  const call = createMtlsFetch(options);
  for (let number = 0; number < 10; number++) await (await call(server.url)).text();
  assert.ok(ports.size <= 2, `${ports.size} connections`);
});

test("refuses a server of another authority", async () => {
  await using server = await serve(echo, createTestAuthority());
  await assert.rejects(createMtlsFetch(options)(server.url), TypeError);
});

test("refuses a server of another name", async () => {
  await using server = await serve(echo);
  await assert.rejects(createMtlsFetch({ ...options, serverName: "other.test" })(server.url), TypeError);
});

test("follows no redirect", async () => {
  await using server = await serve((_request, response) => {
    response.writeHead(302, { location: "https://evil.test/" }).end();
  });
  await assert.rejects(createMtlsFetch(options)(server.url), TypeError);
});

test("gives up at the deadline, before the answer or within it", async () => {
  await using silent = await serve(() => undefined);
  await assert.rejects(createMtlsFetch(options)(silent.url), { name: "TimeoutError" });
  await using slow = await serve((_request, response) => {
    response.write("x");
  });
  const response = await createMtlsFetch(options)(slow.url);
  await assert.rejects(response.text(), { name: "TimeoutError" });
});

test("gives up when the caller does", async () => {
  await using silent = await serve(() => undefined);
  const request = new Request(silent.url, { signal: AbortSignal.timeout(50) });
  const started = performance.now();
  await assert.rejects(createMtlsFetch(options)(request), { name: "TimeoutError" });
  assert.ok(performance.now() - started < 250);
});

test("reads no answer without end", async () => {
  await using server = await serve((_request, response) => {
    const pour = (): void => {
      while (response.write(Buffer.alloc(65_536)) && response.writable);
    };
    response.on("drain", pour);
    pour();
  });
  const response = await createMtlsFetch({ ...options, timeoutMs: 5_000 })(server.url);
  await assert.rejects(response.arrayBuffer(), TypeError);
});
