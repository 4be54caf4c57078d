/**
 * Requests we refuse whatever they ask for: those that two readers could understand differently, and those that carry
 * a card number where proxies and logs would keep it. Each check is one line of the table below.
 */
import type { IncomingMessage } from "node:http";

import { containsPan } from "./pan-guard.ts";
import { Problem } from "./problem.ts";

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

type Check = (request: IncomingMessage) => Problem | null;

const checks: readonly Check[] = [
  ({ httpVersion }) => refusedIf(httpVersion !== "1.1", "http-version-refused", "use HTTP/1.1"),
  ({ url = "" }) => refusedIf(url.length > longestTarget, "malformed-request", "the target is longer than 2,048 characters"),
  ({ url = "" }) => refusedIf(!targetForm.test(url), "malformed-request", "the target must be a path and perhaps a query"),
  ({ url = "" }) => refusedIf(ambiguousPath.test(pathOf(url)), "malformed-request", "the path must be in its plain form"),
  ({ url = "" }) => refusedIf(decoded(url) === null, "malformed-request", "the target must be UTF-8"),
  ({ url = "" }) => refusedIf(repeatsParameter(url), "malformed-request", "each query parameter may appear once"),
  ({ url = "" }) => refusedIf(containsPan(decoded(url) ?? ""), "card-number-in-wrong-place", "the target holds a card number"),
  ({ rawHeaders }) => refusedIf(rawHeaders.length > 2 * mostHeaders, "headers-too-large", "at most 64 headers are accepted"),
  ({ rawHeaders }) => refusedIf(repeatsHeader(rawHeaders), "malformed-request", "a header that may appear once appears twice"),
  ({ rawHeaders }) => refusedIf(rawHeaders.some(containsPan), "card-number-in-wrong-place", "a header holds a card number"),
  ({ headers }) => refusedIf(headers.upgrade !== undefined, "malformed-request", "no other protocol is spoken here"),
  ({ headers }) => refusedIf((headers.expect ?? "100-continue") !== "100-continue", "malformed-request", "the expectation is unknown"),
  ({ headers }) => refusedIf(hasTwoLengths(headers), "malformed-request", "the body must have one length"),
  ({ headers }) => refusedIf((headers["content-encoding"] ?? "identity") !== "identity", "content-encoding-refused", "send the body as it is"),
  (request) => refusedIf(readsWithBody(request), "malformed-request", "GET and HEAD carry no body"),
];

/** Throws the Problem of the first check that refuses. Reads the request's head only. */
export function checkRequest(request: IncomingMessage): void {
  for (const check of checks) {
    const problem = check(request);
    if (problem !== null) throw problem;
  }
}

function refusedIf(refused: boolean, type: Problem["type"], detail: string): Problem | null {
  return refused ? new Problem(type, { detail }) : null;
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

function readsWithBody({ method, headers }: IncomingMessage): boolean {
  const hasBody = headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
  return hasBody && (method === "GET" || method === "HEAD");
}
