// The Big List of Naughty Strings in every place that takes a text: kept to the byte or refused, and never a fault, never
// a second line in the log, never a command to the terminal of whoever reads it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import path from "node:path";
import type { components } from "@cofferdam/openapi/generated/vault-types.ts";
import {
  validateDetokenizeBatchResponse,
  validateTokenBatch,
  validateTokenView,
} from "@cofferdam/openapi/validate-response.ts";
import { sandboxTenants } from "../callers.ts";
import { openTestBed } from "../test-bed.ts";
import type { ApiRequest } from "./api-operations.ts";
import { entriesOf } from "./audit-entries.ts";
import { openConnection, problemOf, type Answer } from "./connection.ts";

const strings = JSON.parse(
  await readFile(path.join(import.meta.dirname, "../testdata/blns/blns.json"), "utf8"),
) as readonly string[];

const bed = await openTestBed();
const { standing } = bed;
const { harbourCoffee } = sandboxTenants;
const callers = ["capture", "payment", "egress", "auditor"] as const;
const connections = new Map(
  callers.map((caller) => [caller, openConnection(standing, standing.identities[caller], 16)]),
);
const accessTokens = new Map(
  await Promise.all(
    callers.map(async (caller) => [caller, await standing.accessToken(caller, harbourCoffee)] as const),
  ),
);
after(async () => {
  for (const connection of connections.values()) connection[Symbol.dispose]();
  await bed[Symbol.asyncDispose]();
});

async function send(caller: (typeof callers)[number], request: ApiRequest): Promise<Answer> {
  const connection = connections.get(caller);
  assert.ok(connection);
  const headers = { authorization: `Bearer ${accessTokens.get(caller) ?? ""}`, ...request.headers };
  const answer = await connection.send({ ...request, headers });
  assert.ok(answer.status < 500, answer.body);
  if (answer.status >= 400) problemOf(answer);
  return answer;
}

/** One request for each string, all at once. */
function sendEach(
  caller: (typeof callers)[number],
  requestOf: (text: string) => ApiRequest,
): Promise<readonly Answer[]> {
  return Promise.all(strings.map((text) => send(caller, requestOf(text))));
}

const pan = "4242424242424242"; // Published by Stripe for testing.
const patch = (token: string, change: object): ApiRequest => ({
  method: "PATCH",
  path: `/v1/tokens/${token}`,
  body: JSON.stringify(change),
});

type Item = components["schemas"]["TokenBatch"]["items"][number];

/** What becomes of a card with each string somewhere in its request. */
async function createEach(fieldsOf: (text: string) => object): Promise<readonly Item[]> {
  const items = strings.map((text) => ({ card: { pan }, reuse: "single", ...fieldsOf(text) }));
  const answer = await send("capture", { method: "POST", path: "/v1/tokens/batch", body: JSON.stringify({ items }) });
  assert.equal(answer.status, 200, answer.body);
  const validation = validateTokenBatch(JSON.parse(answer.body));
  assert.ok(validation.ok, "the answer has another form than the API document gives it");
  for (const { status } of validation.value.items) assert.ok(status === 201 || (status >= 400 && status < 500));
  return validation.value.items;
}

const kept = (items: readonly Item[]): readonly { readonly text: string; readonly token: string }[] =>
  items.flatMap((item, index) => ("token" in item ? [{ text: strings[index] ?? "", token: item.token.token }] : []));

test("cardholder names come back byte for byte, or are refused", async () => {
  const names = kept(await createEach((text) => ({ card: { pan, cardholder_name: text } })));
  const body = JSON.stringify({ purpose: "authorization", tokens: names.map(({ token }) => token) });
  const answer = await send("egress", { method: "POST", path: "/v1/detokenize/batch", body });
  const validation = validateDetokenizeBatchResponse(JSON.parse(answer.body));
  assert.ok(validation.ok, "the answer has another form than the API document gives it");
  const opened = validation.value.items.map((item) => ("card" in item ? item.card.cardholder_name : null));
  assert.deepEqual(
    opened,
    names.map(({ text }) => text),
  );
  assert.ok(names.length > 300 && names.length < strings.length, `${names.length} names were kept`);
});

test("metadata values come back as they were, or are refused", async () => {
  const values = kept(await createEach((text) => ({ metadata: { note: text } })));
  const views = await Promise.all(
    values.map(({ token }) => send("payment", { method: "GET", path: `/v1/tokens/${token}` })),
  );
  const notes = views.map(
    ({ body }) => (JSON.parse(body) as { readonly metadata: { readonly note: string } }).metadata.note,
  );
  assert.deepEqual(
    notes,
    values.map(({ text }) => text),
  );
  assert.ok(values.length > 400 && values.length < strings.length, `${values.length} values were kept`);
});

test("metadata that is changed comes back as it was given, or is refused", async () => {
  const [first] = kept(await createEach(() => ({})));
  const token = first?.token ?? "";
  const answers = await sendEach("payment", (text) => patch(token, { metadata: { note: text } }));
  for (const [index, { status, body }] of answers.entries()) {
    const view = validateTokenView(JSON.parse(body));
    if (status === 200) assert.ok(view.ok && view.value.metadata["note"] === strings[index]);
  }
  assert.ok(answers.filter(({ status }) => status === 200).length > 400);
});

test("names of metadata are letters and digits, whatever is tried", async () => {
  const items = await createEach((text) => ({ metadata: { [text]: "x" } }));
  const changed = await sendEach("payment", (text) =>
    patch("tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g", { metadata: { [text]: "x" } }),
  );
  for (const [index, text] of strings.entries()) {
    const isName = /^[A-Za-z][A-Za-z0-9_.-]{0,39}$/.test(text);
    assert.equal(items[index]?.status, isName ? 201 : 400, text);
    assert.equal(changed[index]?.status, isName ? 404 : 400, text);
  }
});

for (const field of ["format", "reuse", "retention_class", "expires_at"]) {
  test(`no naughty string passes for ${field}`, async () => {
    for (const { status } of await createEach((text) => ({ [field]: text }))) assert.equal(status, 400);
  });
}

test("no naughty string passes for a purpose", async () => {
  const answers = await sendEach("egress", (text) => ({
    method: "POST",
    path: "/v1/tokens/tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g/detokenize",
    body: JSON.stringify({ purpose: text }),
  }));
  for (const { status } of answers) assert.equal(status, 400);
});

test("no naughty string passes for a token or the name of a page", async () => {
  for (const prefix of ["/v1/tokens/", "/problems/"]) {
    const answers = await sendEach("payment", (text) => ({ method: "GET", path: prefix + encodeURIComponent(text) }));
    for (const { status } of answers) assert.ok(status === 400 || status === 404);
  }
});

test("no naughty string passes for a number or the name of a parameter", async () => {
  for (const query of [(text: string) => `from=${text}`, (text: string) => `${text}=1`]) {
    const answers = await sendEach("auditor", (text) => ({
      method: "GET",
      path: `/v1/audit/events?${query(encodeURIComponent(text))}`,
    }));
    for (const [index, { status }] of answers.entries()) {
      const isNumber = /^(?:0|[1-9][0-9]*)$/.test(strings[index] ?? "");
      assert.ok(status === 400 || (status === 200 && isNumber), `${strings[index] ?? ""}: ${status}`);
    }
  }
});

/** As bytes of UTF-8, one character each: what a header can carry. */
const inHeader = (text: string): string => Buffer.from(text).toString("latin1");
const isSendable = (text: string): boolean => !/[\0-\x08\x0a-\x1f\x7f]/.test(text);

test("an idempotency key is visible ASCII, whatever is tried", async () => {
  const sendable = [...strings.filter(isSendable), '"quoted"', '"two words"'];
  const answers = await Promise.all(
    sendable.map((text) =>
      send("capture", {
        method: "POST",
        path: "/v1/tokens",
        headers: { "idempotency-key": inHeader(text) },
        body: JSON.stringify({ card: { pan }, reuse: "single", metadata: {} }),
      }),
    ),
  );
  for (const [index, { status, body }] of answers.entries()) {
    const isKey = /^(?:"[!#-[\]-~]{1,255}"|[!#-[\]-~]{1,255})$/.test(
      (sendable[index] ?? "").replace(/^[ \t]+|[ \t]+$/g, ""),
    );
    assert.equal(status === 201, isKey, `${sendable[index] ?? ""}: ${body}`);
  }
});

test("no naughty string passes for an access token", async () => {
  const sendable = strings.filter(isSendable);
  const answers = await Promise.all(
    sendable.map((text) =>
      send("payment", {
        method: "GET",
        path: "/v1/audit/checkpoint",
        headers: { authorization: `Bearer ${inHeader(text)}` },
      }),
    ),
  );
  for (const { status } of answers) assert.equal(status, 401);
});

test("the log has one line of JSON for each request, and nothing in it that moves a cursor or was sent by a client", async () => {
  const log = await readFile(standing.vault.logFile, "utf8");
  const lines = log
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly level: string; readonly msg: string });
  assert.ok(lines.filter(({ msg }) => msg === "request").length > 9 * strings.length);
  assert.deepEqual(
    lines.filter(({ level }) => level !== "info"),
    [],
  );
  assert.doesNotMatch(log, /[^\n\x20-\x7e]/);
  assert.deepEqual(
    strings.filter((text) => text.length >= 10 && log.includes(text)),
    [],
  );
});

test("the audit log reads back entry by entry", async () => {
  const entries = await entriesOf(bed.adminUrl, harbourCoffee.tenantId);
  assert.ok(entries.length > 9 * strings.length);
  assert.ok(entries.every((entry, index) => entry.sequence === index));
});
