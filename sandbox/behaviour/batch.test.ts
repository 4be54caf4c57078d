// A thousand cards or tokens in a call: each is judged, stored, answered and audited alone.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Problem, TokenBatch } from "@cofferdam/openapi/generated/vault-types.ts";
import { validateDetokenizeBatchResponse, validateTokenBatch } from "@cofferdam/openapi/validate-response.ts";
import { sandboxTenants } from "../callers.ts";
import { generateCards } from "../generated-cards.ts";
import { openTestBed } from "../test-bed.ts";
import { entriesLeftBy, outline } from "./audit-trail.ts";
import { problemOf } from "./connection.ts";
import { rawCaller } from "./raw-caller.ts";

const bed = await openTestBed();
const { admin } = bed;
after(() => bed[Symbol.asyncDispose]());

const { tenantId } = sandboxTenants.harbourCoffee;
const [payment, egress] = [await bed.client("payment"), await bed.client("egress")];
const sendCapture = await rawCaller(bed.standing, "capture");
const sendEgress = await rawCaller(bed.standing, "egress");
const cards = generateCards(1_000, 20_917);
const itemOf = (pan: string): string => JSON.stringify({ card: { pan } });

async function createBatch(items: readonly string[]): Promise<TokenBatch> {
  const answer = await sendCapture("POST", "/v1/tokens/batch", { body: `{"items":[${items.join(",")}]}` });
  assert.equal(answer.status, 200, answer.body.slice(0, 500));
  const valid = validateTokenBatch(JSON.parse(answer.body));
  assert.ok(valid.ok);
  return valid.value;
}

function tokensOf({ items }: TokenBatch): readonly string[] {
  return items.map((item) => ("token" in item ? item.token.token : assert.fail(`item ${item.index} was refused`)));
}

async function countTokens(): Promise<number> {
  const { rows } = await admin.query<{ count: number }>("select count(*)::int as count from vault.token");
  return rows[0]?.count ?? NaN;
}

const pan = (index: number): string => cards[index] ?? "";
const withNote = (card: string, note: string): string => JSON.stringify({ card: { pan: card }, metadata: { note } });

/** Its JSON, and status, type and field of its problem. */
type BadItem = readonly [item: string, status: number, type: string, field: string | undefined];

/** What can be wrong with one item, by its place in the batch. */
const badItems: ReadonlyMap<number, BadItem> = new Map([
  [0, [itemOf("4242424242424243"), 400, "pan-invalid", "/card/pan"]],
  [1, ['{"card":{"pan":4242424242424242}}', 400, "invalid-field", "/card/pan"]],
  [99, [`{"card":{"pan":"${pan(99)}"},"colour":"red"}`, 400, "unknown-field", ""]],
  [250, [`{"card":{"pan":"${pan(250)}","cvv":"123"}}`, 400, "sensitive-authentication-data", "/card"]],
  [251, [`{"card":{"pan":"${pan(251)}","pan":"${pan(252)}"}}`, 400, "duplicate-key", "/card"]],
  [500, ['{"reuse":"single"}', 400, "invalid-field", "/card"]],
  [501, ["[[[]]]", 400, "invalid-field", ""]],
  [750, [`{"card":{"pan":"${pan(750)}"},"retention_class":"for-ever"}`, 400, "invalid-field", "/retention_class"]],
  [998, ['{"card":{"pan":"4012888818888"},"format":"preserve_bin_last4"}', 422, "token-format-unavailable", undefined]],
  [999, [withNote(pan(999), "card 4242 4242 4242 4242"), 400, "card-number-in-wrong-place", "/metadata"]],
]);

function assertProblem(problem: Problem, type: string | undefined, pointer: string | undefined): void {
  assert.equal(problem.type, `/problems/${type}`);
  assert.equal(problem.errors?.[0]?.pointer, pointer);
}

test("of a thousand cards with faults among them each has its answer and its audit entry, and good ones are kept", async () => {
  let batch: TokenBatch | undefined;
  const entries = await entriesLeftBy(bed.adminUrl, tenantId, async () => {
    batch = await createBatch(cards.map((card, index) => badItems.get(index)?.[0] ?? itemOf(card)));
  });
  assert.ok(batch);
  assert.deepEqual(batch.summary, { total: 1_000, succeeded: 1_000 - badItems.size, failed: badItems.size });
  assert.deepEqual(
    batch.items.map(({ index }) => index),
    cards.map((_, index) => index),
  );
  for (const item of batch.items) {
    const [, status, type, field] = badItems.get(item.index) ?? [];
    assert.equal(item.status, status ?? 201, `item ${item.index}`);
    if ("token" in item) assert.equal(item.token.last4, cards[item.index]?.slice(-4));
    else assertProblem(item.problem, type, field === undefined ? undefined : `/items/${item.index}${field}`);
  }
  assert.equal(await countTokens(), 1_000 - badItems.size);
  assert.equal(entries.length, 1_000);
  assert.ok(entries.every(({ action, requestId }) => action === "token.create" && requestId === entries[0]?.requestId));
  assert.equal(entries.filter(({ outcome }) => outcome === "refused").length, badItems.size);
  assert.equal(new Set(entries.flatMap(({ object }) => object ?? [])).size, 1_000 - badItems.size);
});

test("a thousand tokens give a thousand cards back, in order, with an audit entry each", async () => {
  const tokens = tokensOf(await createBatch(cards.map(itemOf)));
  const entries = await entriesLeftBy(bed.adminUrl, tenantId, async () => {
    const { data } = await egress.POST("/v1/detokenize/batch", {
      body: { tokens: [...tokens], purpose: "card-lifecycle" },
    });
    const valid = validateDetokenizeBatchResponse(data);
    assert.ok(valid.ok);
    assert.deepEqual(
      valid.value.items.map((item) => ("card" in item ? item.card.pan : null)),
      cards,
    );
  });
  const expected = tokens.map((token) => ["token.detokenize", "allowed", "card-lifecycle", token]);
  assert.deepEqual(outline(entries, "action", "outcome", "reason", "object"), expected);
});

test("the same card twice in one batch has one token, and its latest expiry is kept", async () => {
  const [first, second] = ["5555555555554444", "378282246310005"];
  const withExpiry = JSON.stringify({ card: { pan: first, expiry: { month: 9, year: 2032 } } });
  const [one, other, again] = tokensOf(await createBatch([itemOf(first), itemOf(second), withExpiry]));
  assert.equal(again, one);
  assert.notEqual(other, one);
  const { data } = await payment.GET("/v1/tokens/{token}", { params: { path: { token: one ?? "" } } });
  assert.deepEqual(data?.expiry, { month: 9, year: 2032 });
});

test("a batch of none or of 1,001 is refused as a whole, with one audit entry", async () => {
  const before = await countTokens();
  for (const items of [[], [...cards, "6062825624254001"]]) {
    const entries = await entriesLeftBy(bed.adminUrl, tenantId, async () => {
      const answer = await sendCapture("POST", "/v1/tokens/batch", {
        body: `{"items":[${items.map(itemOf).join(",")}]}`,
      });
      assert.deepEqual([answer.status, problemOf(answer).type], [400, "/problems/invalid-field"]);
    });
    assert.deepEqual(outline(entries, "action", "outcome"), [["token.create", "refused"]]);
  }
  assert.equal(await countTokens(), before);
});

test("a batch whose JSON breaks off is refused as a whole, however good its first items were", async () => {
  const before = await countTokens();
  const answer = await sendCapture("POST", "/v1/tokens/batch", {
    body: `{"items":[${itemOf("6062825624254001")},{"card":`,
  });
  assert.deepEqual([answer.status, problemOf(answer).type], [400, "/problems/invalid-json"]);
  assert.equal(await countTokens(), before);
});

test("metadata of one item that is longer than what is kept does not fail its neighbours", async () => {
  const metadata = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`note${index}`, "€".repeat(256)]));
  const tooMuch = JSON.stringify({ card: { pan: "5200828282828210" }, metadata });
  const { items } = await createBatch([itemOf("4111111111111111"), tooMuch]);
  assert.deepEqual(
    items.map(({ status }) => status),
    [201, 400],
  );
});

test("cards come back in a batch where they may, and each token that may not says why", async () => {
  const batch = await createBatch(["4012000077777777", "6011000991300009", "3566002020360505"].map(itemOf));
  const [live = "", suspended = "", deleted = ""] = tokensOf(batch);
  await payment.PATCH("/v1/tokens/{token}", { params: { path: { token: suspended } }, body: { status: "suspended" } });
  await payment.DELETE("/v1/tokens/{token}", { params: { path: { token: deleted } } });
  const unknown = `tok_${"0".repeat(36)}`;
  const tokens = [live, suspended, deleted, unknown, "4242424242424243", live];
  const entries = await entriesLeftBy(bed.adminUrl, tenantId, async () => {
    const { data } = await egress.POST("/v1/detokenize/batch", { body: { tokens, purpose: "dispute" } });
    assert.ok(data && validateDetokenizeBatchResponse(data).ok);
    assert.deepEqual(data.summary, { total: 6, succeeded: 2, failed: 4 });
    const expected = [200, 409, 410, 404, 404, 200].map((status, index) => [index, status, tokens[index]]);
    assert.deepEqual(
      data.items.map(({ index, status, token }) => [index, status, token]),
      expected,
    );
  });
  // A token of digits that does not exist may be a mistyped card number, so the log does not name it.
  const named = [live, suspended, deleted, unknown, null, live];
  const expected = named.map((token) => [token, token === live ? "allowed" : "refused"]);
  assert.deepEqual(outline(entries, "object", "outcome"), expected);
});

const noTokens: Readonly<Record<string, string>> = {
  "a card number": "4242424242424242",
  "a token with a letter too many": `tok_${"0".repeat(37)}`,
  nothing: "",
};

for (const [what, text] of Object.entries(noTokens)) {
  test(`${what} among the tokens refuses the whole call, and the answer does not repeat it`, async () => {
    const [token] = tokensOf(await createBatch([itemOf("4242424242424242")]));
    const entries = await entriesLeftBy(bed.adminUrl, tenantId, async () => {
      const body = JSON.stringify({ tokens: [token, text], purpose: "dispute" });
      const answer = await sendEgress("POST", "/v1/detokenize/batch", { body });
      assert.equal(answer.status, 400);
      assert.equal(problemOf(answer).errors?.[0]?.pointer, "/tokens/1");
      if (text !== "") assert.ok(!answer.body.includes(text));
    });
    assert.deepEqual(outline(entries, "action", "outcome", "object"), [["token.detokenize", "refused", null]]);
  });
}

test("a batch of tokens is refused to whoever may not have one card, with one audit entry", async () => {
  const [token = ""] = tokensOf(await createBatch([itemOf("4242424242424242")]));
  const entries = await entriesLeftBy(bed.adminUrl, tenantId, async () => {
    const { response } = await payment.POST("/v1/detokenize/batch", { body: { tokens: [token], purpose: "dispute" } });
    assert.equal(response.status, 403);
  });
  assert.deepEqual(outline(entries, "action", "outcome"), [["token.detokenize", "denied"]]);
});
