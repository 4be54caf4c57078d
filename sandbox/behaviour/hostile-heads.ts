// Request heads that proxies and servers read differently, or that hold what no head may hold. Each with its only answer.
// `{payment}` and `{capture}` stand for a good access token of that caller, whose certificate the connection shows.
import type { ProblemType } from "@cofferdam/kit/problem.ts";

export type HostileHead = readonly [name: string, request: string, problem: ProblemType];

const pan = "4242424242424242"; // Published by Stripe for testing.
const card = JSON.stringify({ card: { pan } });
const token = "tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g";

/** A GET by payment. */
export function get(path: string, headers = "", version = "1.1"): string {
  return `GET ${path} HTTP/${version}\r\nhost: vault\r\nauthorization: Bearer {payment}\r\n${headers}\r\n`;
}

/** A POST /v1/tokens by capture with these headers that say how long the body is. */
export function post(headers: string, body = "", type = "application/json"): string {
  return `POST /v1/tokens HTTP/1.1\r\nhost: vault\r\nauthorization: Bearer {capture}\r\ncontent-type: ${type}\r\n${headers}\r\n${body}`;
}

/** The same with a body of its length. */
export function postSized(body: string | Buffer, headers = "", type?: string): string {
  const text = body.toString("latin1");
  return post(`content-length: ${text.length}\r\n${headers}`, text, type);
}

function chunked(...sizesAndTexts: readonly (readonly [size: string, text: string])[]): string {
  return post("transfer-encoding: chunked\r\n", sizesAndTexts.map(([size, text]) => `${size}\r\n${text}\r\n`).join(""));
}

const cardSize = card.length.toString(16);
const reading = `/v1/tokens/${token}`;

/** After each of these the connection is closed: whoever sends one may have hidden another request behind it. */
export const ambiguousHeads: readonly HostileHead[] = [
  ["HTTP/1.0", get(reading, "", "1.0"), "http-version-refused"],
  ["HTTP/1.0 that wants to stay connected", get(reading, "connection: keep-alive\r\n", "1.0"), "http-version-refused"],
  ["HTTP/0.9", "GET /v1/tokens\r\n\r\n", "http-version-refused"],
  ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "malformed-request"],
  ["HTTP/1.2", get(reading, "", "1.2"), "malformed-request"],
  [
    "a length beside chunks",
    post("content-length: 5\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\n"),
    "malformed-request",
  ],
  [
    "chunks beside a length",
    post("transfer-encoding: chunked\r\ncontent-length: 5\r\n", "0\r\n\r\n"),
    "malformed-request",
  ],
  ["two lengths", post(`content-length: ${card.length}\r\ncontent-length: 3\r\n`, card), "malformed-request"],
  ["the same length twice", post(`content-length: ${card.length}\r\n`.repeat(2), card), "malformed-request"],
  ["a list of lengths", post("content-length: 3, 3\r\n", "{ }"), "malformed-request"],
  ["a signed length", post("content-length: +3\r\n", "{ }"), "malformed-request"],
  ["a negative length", post("content-length: -1\r\n"), "malformed-request"],
  ["a length in hexadecimal", post("content-length: 0x3\r\n", "{ }"), "malformed-request"],
  ["a length beyond 64 bits", post("content-length: 99999999999999999999999\r\n", "{ }"), "malformed-request"],
  ["an unknown transfer coding", post("transfer-encoding: xchunked\r\n", "0\r\n\r\n"), "malformed-request"],
  ["chunked before another coding", post("transfer-encoding: chunked, identity\r\n", "0\r\n\r\n"), "malformed-request"],
  [
    "chunked twice",
    post("transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\n"),
    "malformed-request",
  ],
  ["a space before the colon of a coding", post("transfer-encoding : chunked\r\n", "0\r\n\r\n"), "malformed-request"],
  ["a folded coding", post("transfer-encoding:\r\n chunked\r\n", "0\r\n\r\n"), "malformed-request"],
  ["two hosts", get(reading, "host: other\r\n"), "malformed-request"],
  ["no host", `GET ${reading} HTTP/1.1\r\nauthorization: Bearer {payment}\r\n\r\n`, "malformed-request"],
  ["two authorizations", get(reading, "Authorization: Bearer {payment}\r\n"), "malformed-request"],
  ["two idempotency keys", postSized(card, "idempotency-key: a\r\nidempotency-key: b\r\n"), "malformed-request"],
  ["a bare line feed", get(reading).replaceAll("\r\n", "\n"), "malformed-request"],
  ["a bare carriage return", get(reading, "x: y\rz: w\r\n"), "malformed-request"],
  ["NUL in a header", get(reading, "x: \0\r\n"), "malformed-request"],
  ["NUL in the path", get("/v1/tokens/\0"), "malformed-request"],
  ["an escaped NUL in the path", get("/v1/tokens/%00"), "malformed-request"],
  ["GET with a body", get(reading, "content-length: 3\r\n") + "{ }", "malformed-request"],
  [
    "an upgrade to HTTP/2",
    get(reading, "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAA\r\n"),
    "malformed-request",
  ],
  ["an upgrade to WebSocket", get(reading, "connection: upgrade\r\nupgrade: websocket\r\n"), "malformed-request"],
  ["an unknown expectation", postSized(card, "expect: 200-ok\r\n"), "malformed-request"],
  ["the absolute form", get(`https://vault${reading}`), "malformed-request"],
  ["the authority form", get("vault:443"), "malformed-request"],
  ["the asterisk form", get("*").replace("GET", "OPTIONS"), "malformed-request"],
  ["a dot segment", get(`/v1/./tokens/${token}`), "malformed-request"],
  ["a way back", get(`/problems/../v1/tokens/${token}`), "malformed-request"],
  ["an escaped way back", get(`/problems/%2e%2E/v1/tokens/${token}`), "malformed-request"],
  ["an escaped slash", get(`/v1%2ftokens/${token}`), "malformed-request"],
  ["a backslash", get(`/v1\\tokens/${token}`), "malformed-request"],
  ["two slashes", get(`//v1/tokens/${token}`), "malformed-request"],
  ["bytes beyond ASCII in the path", get("/v1/tokens/\u00e9"), "malformed-request"],
  ["an escape that is no UTF-8", get("/v1/tokens/%ff%fe"), "malformed-request"],
  ["a repeated parameter", get("/v1/audit/events?from=0&from=1"), "malformed-request"],
  ["a compressed body", postSized("\x1f\x8b\x08", "content-encoding: gzip\r\n"), "content-encoding-refused"],
  ["a body in two codings", postSized(card, "content-encoding: identity, gzip\r\n"), "content-encoding-refused"],
  ["headers of 20 kB", get(reading, `x: ${"y".repeat(20_000)}\r\n`), "headers-too-large"],
  ["a target of 20 kB", get(`/v1/tokens/${"y".repeat(20_000)}`), "headers-too-large"],
  ["a hundred headers", get(reading, "x: y\r\n".repeat(100)), "headers-too-large"],
  ["a card number in the path", get(`/v1/tokens/${pan}`), "card-number-in-wrong-place"],
  ["a card number in groups in the path", get("/v1/tokens/4242-4242-4242-4242"), "card-number-in-wrong-place"],
  ["an escaped card number", get("/v1/tokens/%34242%34242%34242%34242"), "card-number-in-wrong-place"],
  [
    "a card number in full-width digits",
    get(`/v1/tokens/${"%EF%BC%94%EF%BC%92".repeat(8)}`),
    "card-number-in-wrong-place",
  ],
  ["a card number in the query", get(`/v1/audit/events?from=${pan}`), "card-number-in-wrong-place"],
  ["a card number in the name of a parameter", get(`/v1/audit/events?${pan}=1`), "card-number-in-wrong-place"],
  ["a card number in a header", get(reading, `x-note: 4242 4242 4242 4242\r\n`), "card-number-in-wrong-place"],
  ["a card number as the name of a header", get(reading, `x-${pan}: y\r\n`), "card-number-in-wrong-place"],
  ["a card number in a cookie", get(reading, `cookie: card=${pan}\r\n`), "card-number-in-wrong-place"],
  [
    "a card number as an idempotency key",
    postSized(card, `idempotency-key: "${pan}"\r\n`),
    "card-number-in-wrong-place",
  ],
  ["a card number as an access token", get(reading).replace("{payment}", pan), "card-number-in-wrong-place"],
  ["a card number for a method", get(reading).replace("GET", pan), "malformed-request"],
  ["a card number for a version", get(reading, "", pan), "malformed-request"],
];

/** Chunks that do not add up. The head was good, so the answer comes from the reader of the body. */
export const oddChunks: readonly HostileHead[] = [
  ["a chunk size with a prefix", chunked([`0x${cardSize}`, card], ["0", ""]), "malformed-request"],
  ["a signed chunk size", chunked([`+${cardSize}`, card], ["0", ""]), "malformed-request"],
  ["a chunk size beyond 64 bits", chunked(["FFFFFFFFFFFFFFFFF", card], ["0", ""]), "malformed-request"],
  ["a chunk shorter than its size", chunked([(card.length - 1).toString(16), card], ["0", ""]), "malformed-request"],
  [
    "a bare line feed after a chunk size",
    chunked([cardSize, card], ["0", ""]).replace(`\r\n${cardSize}\r\n`, `\r\n${cardSize}\n`),
    "malformed-request",
  ],
  ["chunk extensions of 20 kB", chunked([`${cardSize};x=${"y".repeat(20_000)}`, card], ["0", ""]), "malformed-request"],
];

/** Whole and clear, and still refused. The connection goes on. */
export const plainRefusals: readonly HostileHead[] = [
  ["a path in capitals", get("/V1/TOKENS"), "not-found"],
  ["a closing slash", get(`${reading}/`), "not-found"],
  ["a path with a parameter", get(`/v1/tokens;x=1/${token}`), "not-found"],
  ["an escape within an escape", get("/v1/tokens/%252e%252e"), "not-found"],
  ["the page of a problem that has none", get("/problems/__proto__"), "not-found"],
  ["TRACE", get(reading).replace("GET", "TRACE"), "method-not-allowed"],
  ["OPTIONS", get(reading).replace("GET", "OPTIONS"), "method-not-allowed"],
  ["PUT", get(reading).replace("GET", "PUT"), "method-not-allowed"],
  ["a method of WebDAV", get("/v1/tokens").replace("GET", "PROPFIND"), "method-not-allowed"],
  [
    "an access token in a trailer",
    post(
      "transfer-encoding: chunked\r\n",
      `${cardSize}\r\n${card}\r\n0\r\nauthorization: Bearer {capture}\r\n\r\n`,
    ).replace("authorization: Bearer {capture}\r\n", ""),
    "access-token-missing",
  ],
];
