import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { Router } from "express";

import { DatabaseError } from "./database-error.ts";
import type { DatabaseErrorCode } from "./database-error.ts";
import { createApp } from "./http-app.ts";
import { startServer } from "./http-server.ts";
import type { RunningServer } from "./http-server.ts";
import { createLogger } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import { Problem } from "./problem.ts";
import type { ProblemType } from "./problem.ts";
import { nameCaller, requestId } from "./request-facts.ts";
import { sendRaw } from "./testdata/test-raw-http.ts";

const pan = "4242424242424242";
const lines: string[] = [];
const log = createLogger({
  service: "test",
  level: "info",
  destination: { write: (line: string) => void lines.push(line) },
});
const metrics = createMetrics({ service: "test", build: "b1" });
const caller = { tenantId: "t1", clientId: "c1", workload: "w1", scopes: new Set<string>(), tokenId: "j1" };

function mount(router: Router): void {
  router.get("/items/:id", (_request, response) => {
    nameCaller(response, caller);
    response.json({ id: requestId(response) });
  });
  router.post("/items", (_request, response) => {
    response.json({});
  });
  router.get("/items", (_request, response) => {
    response.json({});
  });
  router.get("/problem/:type", (request) => {
    throw new Problem(request.params.type as ProblemType, { detail: "try later", retryAfterSeconds: 7 });
  });
  router.get("/database/:code", (request) => {
    throw new DatabaseError(request.params.code as DatabaseErrorCode, "inside");
  });
  router.get("/broken", () => {
    throw new Error(`inside ${pan}`);
  });
  router.get("/rejected", () => Promise.reject(new Error("inside")));
  router.get("/begun", (_request, response) => {
    response.write("x");
    throw new Error("too late");
  });
}

let server: RunningServer;

before(async () => {
  server = await startServer({ app: createApp({ log, metrics }, mount), host: "127.0.0.1", port: 0, log });
});

after(() => server.drain(0));

const get = (path: string, headers = ""): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n${headers}\r\n`;

interface Document {
  readonly type: string;
  readonly status: number;
  readonly detail?: string;
  readonly request_id: string;
}

/** Sends a request that must be refused and returns its problem document, once its form has been checked. */
async function refused(request: string): Promise<Document & { readonly headers: ReadonlyMap<string, string> }> {
  const { status, headers, body } = await sendRaw(server.port, request);
  assert.equal(headers.get("content-type"), "application/problem+json");
  const document = JSON.parse(body) as Document;
  assert.equal(document.status, status);
  assert.equal(document.request_id, headers.get("request-id"));
  return { ...document, headers };
}

test("answers carry an id of ours and the headers that keep them private", async () => {
  const { status, headers, body } = await sendRaw(
    server.port,
    get("/items/1", "request-id: theirs\r\nx-request-id: theirs\r\n"),
  );
  assert.equal(status, 200);
  const id = headers.get("request-id") ?? "";
  assert.match(id, /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.deepEqual(JSON.parse(body), { id });
  assert.equal(headers.get("cache-control"), "no-store");
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  assert.match(headers.get("content-security-policy") ?? "", /default-src 'none'/);
  assert.ok(headers.has("strict-transport-security"));
  assert.ok(!headers.has("x-powered-by") && !headers.has("etag"));
});

const absolute = (path: string): string => `GET http://a${path} HTTP/1.1\r\nhost: a\r\n\r\n`;
const post = (headers: string, body = ""): string => `POST /items HTTP/1.1\r\nhost: a\r\n${headers}\r\n${body}`;

const hostile: readonly (readonly [string, string, ProblemType])[] = [
  ["HTTP/1.0", "GET /items HTTP/1.0\r\nhost: a\r\n\r\n", "http-version-refused"],
  [
    "HTTP/1.0 with keep-alive and chunks",
    "POST /items HTTP/1.0\r\nhost: a\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "http-version-refused",
  ],
  ["the absolute form", absolute("/items"), "malformed-request"],
  ["the asterisk form", "OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n", "malformed-request"],
  ["two slashes at the beginning", get("//items"), "malformed-request"],
  ["two slashes within", get("/items//1"), "malformed-request"],
  ["a dot segment", get("/items/./1"), "malformed-request"],
  ["a dot-dot segment", get("/x/../items"), "malformed-request"],
  ["a dot-dot segment at the end", get("/items/.."), "malformed-request"],
  ["an encoded dot segment", get("/x/%2e%2E/items"), "malformed-request"],
  ["an encoded slash", get("/items%2F1"), "malformed-request"],
  ["an encoded backslash", get("/items%5c1"), "malformed-request"],
  ["a backslash", get("/items\\1"), "malformed-request"],
  ["an encoded NUL", get("/items/%00"), "malformed-request"],
  ["a fragment", get("/items#x"), "malformed-request"],
  ["bytes beyond ASCII in the path", get("/items/\u00e9"), "malformed-request"],
  ["an unfinished escape", get("/items/%4"), "malformed-request"],
  ["an escape that is not UTF-8", get("/items/%ff"), "malformed-request"],
  ["a long target", get(`/items?x=${"a".repeat(2_048)}`), "malformed-request"],
  ["a repeated parameter", get("/items?a=1&a=2"), "malformed-request"],
  ["a parameter repeated in an escape", get("/items?a=1&%61=2"), "malformed-request"],
  ["a card number in the path", get(`/items/${pan}`), "card-number-in-wrong-place"],
  ["a card number in the query", get(`/items?q=4242+4242%204242-4242`), "card-number-in-wrong-place"],
  ["an escaped card number", get(`/items/%34242%34242%34242%34242`), "card-number-in-wrong-place"],
  ["a card number in a header", get("/items", "x-note: 4242 4242 4242 4242\r\n"), "card-number-in-wrong-place"],
  ["a card number as a header name", get("/items", `${pan}: x\r\n`), "card-number-in-wrong-place"],
  [
    "a card number as idempotency key",
    post(`content-length: 0\r\nidempotency-key: "${pan}"\r\n`),
    "card-number-in-wrong-place",
  ],
  [
    "two authorization headers",
    get("/items", "authorization: Bearer a\r\nAuthorization: Bearer b\r\n"),
    "malformed-request",
  ],
  ["two host headers", get("/items", "host: b\r\n"), "malformed-request"],
  ["no host header", "GET /items HTTP/1.1\r\n\r\n", "malformed-request"],
  ["two content types", post("content-length: 0\r\ncontent-type: a/b\r\ncontent-type: a/b\r\n"), "malformed-request"],
  [
    "two idempotency keys",
    post("content-length: 0\r\nidempotency-key: a\r\nidempotency-key: b\r\n"),
    "malformed-request",
  ],
  ["a compressed body", post("content-length: 2\r\ncontent-encoding: gzip\r\n", "xx"), "content-encoding-refused"],
  ["an unknown expectation", post("content-length: 0\r\nexpect: 200-ok\r\n"), "malformed-request"],
  ["an upgrade", get("/items", "connection: upgrade\r\nupgrade: h2c\r\n"), "malformed-request"],
  ["GET with a body", get("/items", "content-length: 2\r\n"), "malformed-request"],
  ["too many headers", get("/items", "x: y\r\n".repeat(65)), "headers-too-large"],
  ["another coding before chunked", post("transfer-encoding: gzip, chunked\r\n", "0\r\n\r\n"), "malformed-request"],
  // These never become a request: the parser stops them.
  ["two content lengths", post("content-length: 2\r\ncontent-length: 3\r\n", "xx"), "malformed-request"],
  [
    "a length beside chunks",
    post("content-length: 2\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\n"),
    "malformed-request",
  ],
  ["chunked written oddly", post("transfer-encoding: xchunked\r\n", "0\r\n\r\n"), "malformed-request"],
  ["a negative length", post("content-length: -1\r\n"), "malformed-request"],
  ["a length with a sign", post("content-length: +2\r\n", "xx"), "malformed-request"],
  ["a space before a header's colon", get("/items", "x : y\r\n"), "malformed-request"],
  ["a header folded over two lines", get("/items", "x: y\r\n z: w\r\n"), "malformed-request"],
  ["NUL in a header", get("/items", "x: \0\r\n"), "malformed-request"],
  ["a bare line feed", "GET /items HTTP/1.1\nhost: a\n\n", "malformed-request"],
  ["a space in the target", get("/items x"), "malformed-request"],
  ["a tab in the target", get("/items\tx"), "malformed-request"],
  ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "malformed-request"],
  ["no HTTP at all", "\u0016\u0003\u0001\u0002\0", "malformed-request"],
  ["headers over the limit", get("/items", `x: ${"y".repeat(17_000)}\r\n`), "headers-too-large"],
];

for (const [name, request, type] of hostile) {
  test(`refuses ${name}, once, and closes the connection`, async () => {
    const { status, headers, text, body } = await sendRaw(server.port, `${request}${get("/items")}`);
    const document = JSON.parse(body) as Document;
    assert.equal(document.type, `/problems/${type}`);
    assert.equal(document.status, status);
    assert.equal(headers.get("connection"), "close");
    assert.equal(text.split("HTTP/1.1 ").length, 2, "one answer only");
    assert.doesNotMatch(text, /4242/);
  });
}

test("opens no tunnel", async () => {
  const { text } = await sendRaw(server.port, "CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n");
  assert.equal(text, "");
});

test("tells an unknown path from a known path with another method", async () => {
  assert.equal((await refused(get("/nothing"))).type, "/problems/not-found");
  for (const method of ["DELETE", "TRACE", "OPTIONS", "PROPFIND"]) {
    const { type, headers } = await refused(`${method} /items HTTP/1.1\r\nhost: a\r\n\r\n`);
    assert.equal(type, "/problems/method-not-allowed");
    assert.equal(headers.get("allow"), "POST, GET, HEAD");
  }
});

test("knows paths exactly", async () => {
  for (const path of ["/Items", "/items/", "/items/1/"])
    assert.equal((await refused(get(path))).type, "/problems/not-found");
});

test("a refusal says when to come back and how to authenticate", async () => {
  assert.equal((await refused(get("/problem/rate-limited"))).headers.get("retry-after"), "7");
  assert.equal((await refused(get("/problem/access-token-missing"))).headers.get("www-authenticate"), "Bearer");
  const { headers, detail } = await refused(get("/problem/access-token-invalid"));
  assert.equal(headers.get("www-authenticate"), 'Bearer error="invalid_token", error_description="try later"');
  assert.equal(detail, "try later");
});

const failures: readonly (readonly [string, number, ProblemType])[] = [
  ["/broken", 500, "internal"],
  ["/rejected", 500, "internal"],
  ["/database/unavailable", 503, "unavailable"],
  ["/database/timeout", 503, "unavailable"],
  ["/database/conflict", 503, "unavailable"],
  ["/database/refused", 500, "internal"],
  ["/database/outcome_unknown", 504, "outcome-unknown"],
];

for (const [path, status, type] of failures) {
  test(`${path} is ${status} ${type} to the client and explained in the log only`, async () => {
    lines.length = 0;
    const document = await refused(get(path));
    assert.deepEqual([document.status, document.type], [status, `/problems/${type}`]);
    assert.doesNotMatch(JSON.stringify(document), /inside/);
    const failure = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .find(({ level }) => level === "error");
    assert.equal(failure?.["request_id"], document.request_id);
    assert.match(JSON.stringify(failure["err"]), /inside/);
    assert.doesNotMatch(lines.join(""), new RegExp(pan));
  });
}

test("cuts off an answer that fails after it has begun", async () => {
  const { text } = await sendRaw(server.port, get("/begun"));
  assert.doesNotMatch(text, /\r\n0\r\n\r\n$/);
});

test("each request leaves one line with its template, not its path", async () => {
  lines.length = 0;
  await sendRaw(server.port, get("/items/secret-name?x=secret-query"));
  assert.equal(lines.length, 1);
  assert.doesNotMatch(lines.join(""), /secret/);
  const { time, request_id, duration_ms, ...line } = JSON.parse(lines[0] ?? "") as Record<string, unknown>;
  assert.ok(time !== undefined && typeof request_id === "string" && typeof duration_ms === "number");
  assert.deepEqual(line, {
    level: "info",
    service: "test",
    method: "GET",
    route: "/items/:id",
    status: 200,
    origin: "127.0.0.1",
    tenant_id: "t1",
    client_id: "c1",
    workload: "w1",
    msg: "request",
  });
});

test("measures each request by template", async () => {
  await sendRaw(server.port, get("/items/1"));
  await refused(get(`/nothing/${"x".repeat(9)}`));
  const text = await metrics.registry.getSingleMetricAsString("http_request_duration_seconds");
  const counts = text.split("\n").filter((line) => line.startsWith("http_request_duration_seconds_count"));
  assert.ok(
    counts.some((line) => line.includes('route="/items/:id",status="200"')),
    text,
  );
  assert.ok(
    counts.some((line) => line.includes('route="none",status="404"')),
    text,
  );
  assert.doesNotMatch(text, /xxxx/);
});
