/**
 * Requests we refuse whatever they ask for: those that two readers could understand differently, and those that carry
 * a card number where proxies and logs would keep it. Each check is one line of the table below.
 */
import type { IncomingMessage } from "node:http";

import { containsPan } from "./pan-guard.ts";
import { Problem } from "./problem.ts";
import type { ProblemType } from "./problem.ts";

const longestTarget = 2_048;
const mostHeaders = 64;

/** Headers with one meaning at most: a second one is a request for two readers to disagree. */
const singleHeaders: ReadonlySet<string> = new Set([
  "authorization",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "host",
  "idempotency-key",
  "transfer-encoding",
]);

type Check = readonly [refuses: (request: IncomingMessage) => boolean, type: ProblemType, detail: string];

const malformed = "malformed-request";
const misplaced = "card-number-in-wrong-place";

const checks: readonly Check[] = [
  [({ httpVersion }) => httpVersion !== "1.1", "http-version-refused", "use HTTP/1.1"],
  [({ url = "" }) => url.length > longestTarget, malformed, "the target is longer than 2,048 characters"],
  [({ url = "" }) => !targetForm.test(url), malformed, "the target must be a path and perhaps a query"],
  [({ url = "" }) => ambiguousPath.test(pathOf(url)), malformed, "the path must be in its plain form"],
  [({ url = "" }) => decoded(url) === null, malformed, "the target must be UTF-8"],
  [({ url = "" }) => repeatsParameter(url), malformed, "each query parameter may appear once"],
  [({ url = "" }) => containsPan(decoded(url) ?? ""), misplaced, "the target holds a card number"],
  [({ rawHeaders }) => rawHeaders.length > 2 * mostHeaders, "headers-too-large", "at most 64 headers are accepted"],
  [({ headers }) => headers.host === undefined, malformed, "the host header is missing"],
  [({ rawHeaders }) => repeatsHeader(rawHeaders), malformed, "a header that may appear once appears twice"],
  [({ rawHeaders }) => rawHeaders.some(containsPan), misplaced, "a header holds a card number"],
  [({ headers }) => headers.upgrade !== undefined, malformed, "no other protocol is spoken here"],
  [({ headers }) => (headers.expect ?? "100-continue") !== "100-continue", malformed, "the expectation is unknown"],
  [({ headers }) => hasTwoLengths(headers), malformed, "the body must have one length"],
  [({ headers }) => isEncoded(headers), "content-encoding-refused", "send the body as it is"],
  [(request) => readsWithBody(request), malformed, "GET and HEAD carry no body"],
];

/** Throws the Problem of the first check that refuses. Reads the request's head only. */
export function checkRequest(request: IncomingMessage): void {
  for (const [refuses, type, detail] of checks) {
    if (refuses(request)) throw new Problem(type, { detail });
  }
}

/** RFC 9112 §3.2.1 origin form in the characters of RFC 3986 §3.3 and §3.4; no scheme, no fragment. */
const targetForm = /^\/(?!\/)(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*$/;

/** An empty or dot segment, or an encoded dot, slash, backslash or NUL: forms that routers resolve differently. */
const ambiguousPath = /\/\/|\/\.{1,2}(?:\/|$)|%2e|%2f|%5c|%00/i;

function pathOf(target: string): string {
  return target.split("?", 1)[0] ?? "";
}

function decoded(target: string): string | null {
  try {
    return decodeURIComponent(target.replaceAll("+", " "));
  } catch {
    return null;
  }
}

function repeatsParameter(target: string): boolean {
  const query = target.slice(pathOf(target).length + 1);
  const names = [...new URLSearchParams(query).keys()];
  return new Set(names).size < names.length;
}

function repeatsHeader(rawHeaders: readonly string[]): boolean {
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  const single = names.filter((name) => singleHeaders.has(name));
  return new Set(single).size < single.length;
}

function hasTwoLengths(headers: IncomingMessage["headers"]): boolean {
  const coding = headers["transfer-encoding"];
  return coding !== undefined && (coding !== "chunked" || headers["content-length"] !== undefined);
}

function isEncoded(headers: IncomingMessage["headers"]): boolean {
  return (headers["content-encoding"] ?? "identity") !== "identity";
}

function readsWithBody({ method, headers }: IncomingMessage): boolean {
  const hasBody = headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
  return hasBody && (method === "GET" || method === "HEAD");
}
