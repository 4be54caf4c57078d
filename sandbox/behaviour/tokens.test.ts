// Card in, token out, card back: what is accepted, what a token looks like, and what happens to everything that is no card.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import { invalidCards, publishedCards } from "@cofferdam/cde/card/testdata/published-cards.ts";
import { luhnValid } from "@cofferdam/kit/luhn.ts";
import type { CreateToken, RevealedCard, TokenView } from "@cofferdam/openapi/generated/vault-types.ts";
import {
  validateDetokenizeResponse,
  validateProblem,
  validateTokenView,
} from "@cofferdam/openapi/validate-response.ts";
import { sandboxTenants } from "../callers.ts";
import { openTestBed } from "../test-bed.ts";
import type { VaultClient } from "../vault-client.ts";
import { entriesLeftBy, outline } from "./audit-trail.ts";
import { eventually } from "./eventually.ts";
import type { Answer } from "./connection.ts";
import { rawCaller } from "./raw-caller.ts";

const bed = await openTestBed();
const { admin } = bed;
after(() => bed[Symbol.asyncDispose]());

const { harbourCoffee, lanternBooks } = sandboxTenants;
const [capture, egress] = [await bed.client("capture"), await bed.client("egress")];
const sendCapture = await rawCaller(bed.standing, "capture");

async function create(body: CreateToken, client: VaultClient = capture): Promise<TokenView> {
  const { data, response } = await client.POST("/v1/tokens", { body });
  assert.equal(response.status, 201);
  const valid = validateTokenView(data);
  assert.ok(valid.ok);
  return valid.value;
}

async function cardOf(token: string): Promise<RevealedCard> {
  const { data, response } = await egress.POST("/v1/tokens/{token}/detokenize", {
    params: { path: { token } },
    body: { purpose: "authorization" },
  });
  assert.equal(response.status, 200);
  const valid = validateDetokenizeResponse(data);
  assert.ok(valid.ok);
  return valid.value.card;
}

async function countTokens(): Promise<number> {
  const { rows } = await admin.query<{ count: number }>("select count(*)::int as count from vault.token");
  return rows[0]?.count ?? NaN;
}

const cardOfLength = (length: number): string => {
  const card = publishedCards.find((published) => published.length === length);
  assert.ok(card);
  return card.number;
};

/** Length class and digits of the BIN that PCI DSS 3.4.1 lets a view show, by the length of the card. */
const displayOfLength: Readonly<Record<number, readonly [lengthClass: string, binDigits: number]>> = {
  13: ["12-13", 0],
  14: ["14", 6],
  15: ["15", 6],
  16: ["16", 6],
  17: ["17-19", 6],
  18: ["17-19", 6],
  19: ["17-19", 6],
};

test("every published test card comes back as it went in, and its token shows brand, BIN, last four and no more", async () => {
  for (const { number, brand, length } of publishedCards) {
    const view = await create({ card: { pan: number } });
    const [lengthClass, binDigits] = displayOfLength[length] ?? [];
    assert.deepEqual(
      { brand: view.brand, lengthClass: view.length_class, bin: view.bin, last4: view.last4 },
      { brand, lengthClass, bin: binDigits === 0 ? null : number.slice(0, binDigits), last4: number.slice(-4) },
    );
    assert.match(view.token, /^tok_[0-9a-hjkmnp-tv-z]{36}$/);
    assert.deepEqual(await cardOf(view.token), { pan: number, expiry: null, cardholder_name: null });
  }
});

test("what is no card is refused, audited once, and neither stored, answered, nor logged", async () => {
  const tokensBefore = await countTokens();
  const refusedCases = invalidCards.filter(({ expect }) => expect !== "accept");
  const answers: Answer[] = [];
  const entries = await entriesLeftBy(bed.adminUrl, harbourCoffee.tenantId, async () => {
    for (const { id, kind, json_value } of refusedCases) {
      const value = kind === "huge" ? "4".repeat(1_048_576) : json_value;
      const answer = await sendCapture("POST", "/v1/tokens", { body: JSON.stringify({ card: { pan: value } }) });
      assert.ok(answer.status >= 400 && answer.status < 500, `case ${id}, ${kind}: ${answer.status}`);
      assert.ok(validateProblem(JSON.parse(answer.body)).ok, `case ${id}, ${kind}`);
      answers.push(answer);
    }
  });
  const requestIds = answers.map(({ headers }) => headers.get("request-id") ?? "none");
  assert.deepEqual(
    outline(entries, "action", "outcome", "requestId"),
    requestIds.map((id) => ["token.create", "refused", id]),
  );
  assert.equal(await countTokens(), tokensBefore);
  const readLog = (): Promise<string> => readFile(bed.standing.vault.logFile, "utf8");
  const log = await eventually(readLog, (text) => requestIds.every((id) => text.includes(id)), 5_000);
  const said = [log, ...answers.map(({ body }) => body), ...entries.map((entry) => JSON.stringify(entry))].join("\n");
  for (const { id, json_value } of refusedCases) {
    const value = typeof json_value === "string" ? json_value : JSON.stringify(json_value);
    const telling = [value, ...(value.match(/\d+/g) ?? [])].filter(({ length }) => length >= 12);
    for (const part of telling) assert.ok(!said.includes(part), `case ${id} is repeated`);
  }
});

test("the one published mistake that no check digit can find is taken", async () => {
  const [undetectable] = invalidCards.filter(({ expect }) => expect === "accept");
  await create({ card: { pan: String(undetectable?.json_value) } });
});

test("one card of a tenant has one token in each format, and another under another tenant", async () => {
  const card = { pan: cardOfLength(16) };
  const [opaque, digits] = [await create({ card }), await create({ card, format: "preserve_last4" })];
  assert.notEqual(opaque.token, digits.token);
  assert.equal((await create({ card })).token, opaque.token);
  assert.equal((await create({ card, format: "preserve_last4" })).token, digits.token);
  const elsewhere = await create({ card }, await bed.client("capture", lanternBooks));
  assert.notEqual(elsewhere.token, opaque.token);
});

test("a single-use token is always a fresh one, and never stands for its card later", async () => {
  const card = { pan: cardOfLength(15) };
  const multi = await create({ card });
  const singles = [await create({ card, reuse: "single" }), await create({ card, reuse: "single" })];
  assert.equal(new Set([multi, ...singles].map(({ token }) => token)).size, 3);
  assert.equal((await create({ card })).token, multi.token);
});

test("a newer expiry or name refreshes the kept card, and an absent one leaves it", async () => {
  const pan = cardOfLength(14);
  const { token } = await create({ card: { pan, expiry: { month: 1, year: 2028 }, cardholder_name: "Mei Lin Wong" } });
  const steps = [
    { given: {}, kept: { expiry: { month: 1, year: 2028 }, cardholder_name: "Mei Lin Wong" } },
    {
      given: { expiry: { month: 2, year: 2033 } },
      kept: { expiry: { month: 2, year: 2033 }, cardholder_name: "Mei Lin Wong" },
    },
    {
      given: { cardholder_name: "Mei Lin Chan" },
      kept: { expiry: { month: 2, year: 2033 }, cardholder_name: "Mei Lin Chan" },
    },
  ];
  for (const { given, kept } of steps) {
    const view = await create({ card: { pan, ...given } });
    assert.equal(view.token, token);
    assert.deepEqual(view.expiry, kept.expiry);
    assert.deepEqual(await cardOf(token), { pan, ...kept });
  }
});

test("an answer has the same status, headers and fields whether or not the card was known", async () => {
  const body = JSON.stringify({ card: { pan: "6062825624254001" }, reuse: "multi", format: "preserve_bin_last4" });
  const unknown = await sendCapture("POST", "/v1/tokens", { body });
  const known = await sendCapture("POST", "/v1/tokens", { body });
  const fieldsOf = ({ body }: Answer): readonly string[] => Object.keys(JSON.parse(body) as object);
  const shapeOf = (answer: Answer): unknown => [
    answer.status,
    [...answer.headers.keys()],
    answer.body.length,
    fieldsOf(answer),
  ];
  assert.deepEqual(shapeOf(known), shapeOf(unknown));
});

for (const length of [14, 15, 16, 17, 18, 19]) {
  test(`tokens of digits for a card of ${length} keep what their format says, fail Luhn and work like any other`, async () => {
    const pan = cardOfLength(length);
    for (const [format, keepsBin] of [
      ["preserve_last4", false],
      ["preserve_bin_last4", true],
    ] as const) {
      const { token } = await create({ card: { pan }, format, reuse: "single" });
      assert.match(token, /^[0-9]+$/);
      assert.equal(token.length, length);
      assert.ok(token.endsWith(pan.slice(-4)));
      if (keepsBin) assert.ok(token.startsWith(pan.slice(0, 6)));
      assert.ok(!luhnValid(Buffer.from(token)));
      assert.equal((await cardOf(token)).pan, pan);
    }
  });
}

test("a card of 13 digits has no token that keeps its BIN, and one that keeps its last four", async () => {
  const pan = cardOfLength(13);
  const { response, error } = await capture.POST("/v1/tokens", {
    body: { card: { pan }, format: "preserve_bin_last4" },
  });
  assert.deepEqual([response.status, error?.type], [422, "/problems/token-format-unavailable"]);
  assert.equal((await create({ card: { pan }, format: "preserve_last4" })).token.slice(-4), pan.slice(-4));
});
