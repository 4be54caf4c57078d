import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpsRequest } from "node:https";
import type { RequestOptions } from "node:https";
import type { IncomingMessage, RequestListener } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import type { ConnectionOptions, TLSSocket } from "node:tls";

import { startServer } from "./http-server.ts";
import type { RunningServer, StartOptions } from "./http-server.ts";
import { createTestAuthority } from "./testdata/test-certificate.ts";
import { sendRaw } from "./testdata/test-raw-http.ts";

const host = "127.0.0.1";
const get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const ok: RequestListener = (_request, response) => {
  response.end("ok");
};

interface DisposableServer extends RunningServer, AsyncDisposable {}

async function start(options: Partial<StartOptions> = {}): Promise<DisposableServer> {
  const server = await startServer({ app: ok, host, port: 0, ...options });
  return { ...server, [Symbol.asyncDispose]: () => server.drain(0) };
}

const authority = createTestAuthority();
const serverIdentity = authority.issue({ uris: [] });
const client = authority.issue({ uris: ["spiffe://cofferdam.test/cde/egress"] });
const tls = { ...serverIdentity, ca: authority.cert };
const trusting = { host, servername: "localhost", ca: authority.cert };

async function statusOf(port: number, options: RequestOptions): Promise<number | undefined> {
  const request = httpsRequest({ port, ...trusting, agent: false, ...options });
  request.end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

/** Resolves with the socket once the server has accepted it, which in TLS 1.3 shows only when it answers. */
async function handshake(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connectTls({ port, ...trusting, ...options });
  socket.write(get);
  await once(socket, "data");
  return socket;
}

test("serves a client with a certificate of the authority", async () => {
  await using server = await start({ tls });
  assert.equal(await statusOf(server.port, client), 200);
});

const strangers: readonly (readonly [string, RequestOptions])[] = [
  ["without a certificate", {}],
  ["with a certificate of another authority", createTestAuthority().issue({ uris: [] })],
  ["with an expired certificate", authority.issue({ uris: [], endsAt: new Date(Date.now() - 1_000) })],
  ["that speaks TLS 1.2 only", { ...client, maxVersion: "TLSv1.2" }],
];

for (const [name, options] of strangers) {
  test(`refuses a client ${name} before it can ask anything`, async () => {
    let requests = 0;
    await using server = await start({
      tls,
      app: () => {
        requests++;
      },
    });
    await assert.rejects(statusOf(server.port, options));
    assert.equal(requests, 0);
  });
}

test("refuses a revoked certificate", async () => {
  await using server = await start({ tls: { ...tls, crl: authority.revoke(client.cert) } });
  await assert.rejects(statusOf(server.port, client));
  assert.equal(await statusOf(server.port, authority.issue({ uris: [] })), 200);
});

test("serves anybody only when told so", async () => {
  await using server = await start({ tls: { ...serverIdentity, ca: null } });
  assert.equal(await statusOf(server.port, {}), 200);
});

test("resumes no session, so that every connection shows its certificate", async () => {
  await using server = await start({ tls: { ...tls, minVersion: "TLSv1.2" } });
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    const first = await handshake(server.port, { ...client, maxVersion });
    const session = first.getSession();
    first.destroy();
    const second = await handshake(server.port, { ...client, maxVersion, ...(session && { session }) });
    assert.equal(second.isSessionReused(), false, maxVersion);
    second.destroy();
  }
});

test("ends a request whose head takes too long with 408", async () => {
  await using server = await start({ limits: { headersTimeoutMs: 100, requestTimeoutMs: 100 } });
  const { status, headers, body } = await sendRaw(server.port, "GET / HTTP/1.1\r\nhost: a\r\nx: y", 3_000);
  assert.equal(status, 408);
  assert.equal(headers.get("connection"), "close");
  assert.match(body, /"type":"\/problems\/request-timeout"/);
});

test("closes a connection that asks nothing more", async () => {
  await using server = await start({ limits: { keepAliveTimeoutMs: 100 } });
  const started = performance.now();
  await sendRaw(server.port, get, 5_000);
  assert.ok(performance.now() - started < 4_000);
});

test("serves a connection a limited number of requests", async () => {
  await using server = await start({ limits: { requestsPerConnection: 2 } });
  const { text } = await sendRaw(server.port, get.repeat(4));
  assert.equal(text.split("HTTP/1.1 200").length - 1, 2);
});

test("holds a limited number of connections", async () => {
  await using server = await start({ limits: { connections: 1 } });
  const first = connect(server.port, host);
  await once(first, "connect");
  assert.equal((await sendRaw(server.port, get)).text, "");
  first.destroy();
});

test("says nothing about bytes that follow a request still being answered", async () => {
  await using server = await start({
    app: (_request, response) => {
      response.write("begun");
    },
  });
  const { text } = await sendRaw(server.port, `${get}garbage\r\n\r\n`);
  assert.doesNotMatch(text, /400/);
});

test("carries out nothing that follows a request after whose answer it closes the connection", async () => {
  const targets: string[] = [];
  await using server = await start({
    app: ({ url = "" }, response) => {
      targets.push(url);
      response.setHeader("connection", "close");
      response.end();
    },
  });
  await sendRaw(server.port, `${get}${get.replace("/", "/hidden")}`);
  assert.deepEqual(targets, ["/"]);
});

test("drains: takes no more, answers what is in flight, then closes", async () => {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const server = await startServer({
    host,
    port: 0,
    app: (_request, response) => {
      void promise.then(() => response.end("done"));
    },
  });
  const idle = connect(server.port, host);
  await once(idle, "connect");
  const answer = sendRaw(server.port, get, 2_000);
  await sleep(50);
  const drained = server.drain(5_000);
  await once(idle, "close");
  await assert.rejects(once(connect(server.port, host), "connect"), { code: "ECONNREFUSED" });
  resolve(undefined);
  const { status, headers } = await answer;
  assert.deepEqual([status, headers.get("connection")], [200, "close"]);
  await drained;
  assert.equal(server.drain(0), server.drain(0));
});

test("drains an answer that had begun before without waiting for its connection to fall idle", async () => {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const server = await startServer({
    host,
    port: 0,
    app: (_request, response) => {
      response.flushHeaders();
      void promise.then(() => response.end("done"));
    },
  });
  const answer = sendRaw(server.port, get, 2_000);
  await sleep(50);
  const started = performance.now();
  const drained = server.drain(5_000);
  resolve(undefined);
  assert.match((await answer).text, /done/);
  await drained;
  assert.ok(performance.now() - started < 1_000);
});

test("destroys at the deadline what would not end", async () => {
  const server = await startServer({ host, port: 0, app: () => undefined });
  const answer = sendRaw(server.port, get, 5_000);
  await sleep(50);
  await server.drain(50);
  assert.equal((await answer).text, "");
});

test("says when its port is taken", async () => {
  await using server = await start();
  await assert.rejects(startServer({ app: ok, host, port: server.port }), { code: "EADDRINUSE" });
});
