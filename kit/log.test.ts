import assert from "node:assert/strict";
import { test } from "node:test";

import { createLogger } from "./log.ts";
import type { LogFields, Logger } from "./log.ts";

const pan = "4242424242424242";

function recording(): { readonly log: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { log: createLogger({ service: "test", level: "debug", destination }), lines };
}

function onlyLine(lines: readonly string[]): Record<string, unknown> {
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /^\{.*\}\n$/);
  return JSON.parse(lines[0] ?? "") as Record<string, unknown>;
}

test("a line says when, what, where and how it went", () => {
  const { log, lines } = recording();
  log.child({ request_id: "r1" }).info({ route: "/v1/tokens/:token", status: 200 }, "request");
  const { time, ...rest } = onlyLine(lines);
  assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(rest, {
    level: "info",
    service: "test",
    request_id: "r1",
    route: "/v1/tokens/:token",
    status: 200,
    msg: "request",
  });
});

test("drops fields that nobody foresaw and names them", () => {
  const { log, lines } = recording();
  log.info({ body: { number: "secret" }, status: 200 } as LogFields, "request");
  const line = onlyLine(lines);
  assert.deepEqual(line["dropped"], ["body"]);
  assert.doesNotMatch(lines.join(""), /secret/);
});

test("does not follow an object into a known field", () => {
  const { log, lines } = recording();
  log.info({ reason: { deep: { number: "secret" } } } as unknown as LogFields, "request");
  assert.doesNotMatch(lines.join(""), /secret/);
});

test("keeps of an error what helps and not what a library hung on it", () => {
  const { log, lines } = recording();
  const error = Object.assign(new Error("outer", { cause: new RangeError("inner") }), { code: "E_X", body: "secret" });
  log.error({ err: error }, "failed");
  const facts = onlyLine(lines)["err"] as Record<string, unknown>;
  assert.equal(facts["message"], "outer");
  assert.equal(facts["code"], "E_X");
  assert.equal((facts["cause"] as Record<string, unknown>)["type"], "RangeError");
  assert.doesNotMatch(lines.join(""), /secret/);
});

const leaks: readonly (readonly [place: string, fields: LogFields, message: string])[] = [
  ["a message", {}, `charged ${pan}`],
  ["a field", { reason: "4242-4242-4242-4242" }, "x"],
  ["a text at the place where it is cut", { reason: `${"x".repeat(500)} ${pan}` }, "x"],
  ["the name of a dropped field", { [pan]: 1 } as LogFields, "x"],
  ["an error message", { err: new Error(`bad ${pan}`) }, "x"],
  ["the first line of a stack", { err: new Error(`bad\n${pan}`) }, "x"],
  ["a cause", { err: new Error("x", { cause: new Error(pan) }) }, "x"],
  ["an error code", { err: Object.assign(new Error("x"), { code: pan }) }, "x"],
  ["an error in place of fields", new Error(pan) as LogFields, "x"],
];

for (const [place, fields, message] of leaks) {
  test(`masks a card number in ${place}`, () => {
    const { log, lines } = recording();
    log.error(fields, message);
    assertMasked(lines);
  });
}

test("masks a card number in a field bound to a logger", () => {
  const { log, lines } = recording();
  log.child({ client_id: pan }).info("x");
  assertMasked(lines);
});

function assertMasked(lines: readonly string[]): void {
  onlyLine(lines);
  assert.match(lines.join(""), /\[pan:16/);
  assert.doesNotMatch(lines.join("").replaceAll(/[ -]/g, ""), new RegExp(pan));
}

test("withholds a line whose card number is a JSON number", () => {
  const { log, lines } = recording();
  log.info({ count: Number(pan) }, "x");
  assert.equal(onlyLine(lines)["msg"], "withheld a line with a card number outside a string");
});

test("a line break in input cannot start a second line", () => {
  const { log, lines } = recording();
  log.info({ reason: 'a\n{"level":"info"}\u001b[2J\u2028' }, "x");
  assert.equal(lines.join("").split("\n").length, 2);
  assert.doesNotMatch(lines.join(""), /\u001b/);
});
