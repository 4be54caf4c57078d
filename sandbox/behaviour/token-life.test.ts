// The life of a token after its birth: read, suspended, resumed, changed, and forgotten for good.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { CreateToken, TokenView, UpdateToken } from "@cofferdam/openapi/generated/vault-types.ts";
import { validateProblem, validateTokenView } from "@cofferdam/openapi/validate-response.ts";
import { sandboxTenants } from "../callers.ts";
import { openTestBed } from "../test-bed.ts";
import { entriesLeftBy, outline } from "./audit-trail.ts";
import { rawCaller } from "./raw-caller.ts";

const bed = await openTestBed();
const { admin } = bed;
after(() => bed[Symbol.asyncDispose]());

const { harbourCoffee, lanternBooks } = sandboxTenants;
const [capture, payment, egress] = [
  await bed.client("capture"),
  await bed.client("payment"),
  await bed.client("egress"),
];
const sendPayment = await rawCaller(bed.standing, "payment");

const card = { pan: "4242424242424242", expiry: { month: 12, year: 2031 }, cardholder_name: "Mei Lin Wong" };
const at = (token: string): { params: { path: { token: string } } } => ({ params: { path: { token } } });

async function create(body: Partial<CreateToken> = {}): Promise<TokenView> {
  const { data } = await capture.POST("/v1/tokens", { body: { card, reuse: "single", ...body } });
  assert.ok(data);
  return data;
}

async function update(token: string, body: UpdateToken): Promise<TokenView> {
  const { data, response } = await payment.PATCH("/v1/tokens/{token}", { ...at(token), body });
  assert.equal(response.status, 200);
  const valid = validateTokenView(data);
  assert.ok(valid.ok);
  return valid.value;
}

async function detokenize(token: string, client = egress): Promise<{ status: number; type?: string; pan?: string }> {
  const body = { purpose: "authorization" } as const;
  const { data, error, response } = await client.POST("/v1/tokens/{token}/detokenize", { ...at(token), body });
  return { status: response.status, ...(data && { pan: data.card.pan }), ...(error && { type: error.type }) };
}

async function rowOf(token: string): Promise<Record<string, unknown>> {
  const { rows } = await admin.query<Record<string, unknown>>("select * from vault.token where token = $1", [token]);
  assert.equal(rows.length, 1);
  return rows[0] ?? {};
}

test("who may not have the card sees its masked view, the same that its birth answered", async () => {
  const born = await create({ metadata: { customer: "c-20917" }, retention_class: "dispute" });
  const { data } = await payment.GET("/v1/tokens/{token}", at(born.token));
  assert.deepEqual(data, born);
  assert.deepEqual(await detokenize(born.token, payment), { status: 403, type: "/problems/access-denied" });
});

test("a suspended token keeps its card to itself until it is resumed, and each step is audited", async () => {
  const { token } = await create();
  const entries = await entriesLeftBy(bed.adminUrl, harbourCoffee.tenantId, async () => {
    assert.equal((await update(token, { status: "suspended" })).status, "suspended");
    assert.deepEqual(await detokenize(token), { status: 409, type: "/problems/token-suspended" });
    assert.equal((await payment.GET("/v1/tokens/{token}", at(token))).data?.status, "suspended");
    assert.equal((await update(token, { status: "active" })).status, "active");
    assert.deepEqual(await detokenize(token), { status: 200, pan: card.pan });
  });
  assert.ok(entries.every(({ object }) => object === token));
  const changes = entries.filter(({ action }) => action !== "token.read");
  assert.deepEqual(
    changes.map(({ action, outcome, reason }) => [action, outcome, reason]),
    [
      ["token.suspend", "allowed", null],
      ["token.detokenize", "refused", "suspended"],
      ["token.resume", "allowed", null],
      ["token.detokenize", "allowed", "authorization"],
    ],
  );
});

test("setting what is set already is no error, and a suspended token stays suspended when its card is seen again", async () => {
  const { token } = await create({ reuse: "multi" });
  for (const status of ["active", "suspended", "suspended"] as const) {
    assert.equal((await update(token, { status })).status, status);
  }
  const again = await create({ reuse: "multi", card: { ...card, expiry: { month: 1, year: 2035 } } });
  assert.deepEqual([again.token, again.status], [token, "suspended"]);
});

test("expiry, end and metadata change together or alone, and the card number stays", async () => {
  const born = await create({ metadata: { customer: "c-20917", channel: "web" } });
  const end = new Date(Date.now() + 86_400_000).toISOString();
  const changes: readonly UpdateToken[] = [
    { expiry: { month: 2, year: 2034 } },
    { metadata: { customer: "c-1" } },
    { expires_at: end },
    { metadata: {}, status: "suspended", expiry: { month: 3, year: 2035 } },
    { status: "active" },
  ];
  let expected = born;
  for (const change of changes) {
    const view = await update(born.token, change);
    expected = { ...expected, ...change, updated_at: view.updated_at };
    assert.deepEqual(view, expected);
    assert.ok(view.updated_at > born.updated_at);
  }
  assert.deepEqual(await detokenize(born.token), { status: 200, pan: card.pan });
});

test("changes of one token that arrive together are all made, one after the other", async () => {
  const { token } = await create();
  const before = Number((await rowOf(token))["row_version"]);
  const views = await Promise.all(
    Array.from({ length: 12 }, (_, index) => update(token, { metadata: { change: `${index}` } })),
  );
  assert.deepEqual(
    views.map(({ metadata }) => metadata["change"]),
    views.map((_, index) => `${index}`),
  );
  assert.equal((await rowOf(token))["row_version"], before + 12);
  assert.equal((await detokenize(token)).status, 200);
});

const metadataOf = (names: number, value: string): string =>
  JSON.stringify({ metadata: Object.fromEntries(Array.from({ length: names }, (_, index) => [`n${index}`, value])) });
const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

/** What an update may not say, and the problem it meets. Times stay within the class `one-time` of 30 days. */
const refusedUpdates: Readonly<Record<string, readonly [body: string, type: string]>> = {
  "nothing to change": ["{}", "invalid-field"],
  "an unknown field": ['{"colour":"red"}', "unknown-field"],
  "another card": ['{"card":{"pan":"5555555555554444"}}', "unknown-field"],
  "a status that only deletion gives": ['{"status":"deleted"}', "invalid-field"],
  "an end in the past": [`{"expires_at":"${inDays(-1)}"}`, "invalid-field"],
  "an end beyond the class": [`{"expires_at":"${inDays(31)}"}`, "invalid-field"],
  "an end that is no time": ['{"expires_at":"tomorrow"}', "invalid-field"],
  "a month 13": ['{"expiry":{"month":13,"year":2031}}', "invalid-field"],
  "a year 1999": ['{"expiry":{"month":12,"year":1999}}', "invalid-field"],
  "a month without a year": ['{"expiry":{"month":12}}', "invalid-field"],
  "a card number in a value of metadata": ['{"metadata":{"note":"4242-4242 4242.4242"}}', "card-number-in-wrong-place"],
  "a card number in a name of metadata": ['{"metadata":{"card4242424242424242":"x"}}', "card-number-in-wrong-place"],
  "metadata that is no text": ['{"metadata":{"attempts":3}}', "invalid-field"],
  "17 names of metadata": [metadataOf(17, ""), "invalid-field"],
  "metadata longer than is kept": [metadataOf(16, "€".repeat(256)), "invalid-field"],
  "a prototype": ['{"__proto__":{"status":"suspended"}}', "invalid-json"],
  "a prototype in metadata": ['{"metadata":{"__proto__":"x"}}', "invalid-json"],
  "a field twice": ['{"status":"active","status":"suspended"}', "duplicate-key"],
  "no JSON": ["{status:active}", "invalid-json"],
  "a list": ['["suspended"]', "invalid-json"],
};

test("an update that says what it may not is refused with its own problem, audited once, and changes nothing", async () => {
  const { token } = await create({ retention_class: "one-time" });
  const before = await rowOf(token);
  for (const [what, [body, type]] of Object.entries(refusedUpdates)) {
    const entries = await entriesLeftBy(bed.adminUrl, harbourCoffee.tenantId, async () => {
      const answer = await sendPayment("PATCH", `/v1/tokens/${token}`, { body });
      const problem = validateProblem(JSON.parse(answer.body));
      assert.deepEqual([answer.status, problem.ok && problem.value.type], [400, `/problems/${type}`], what);
    });
    assert.deepEqual(outline(entries, "action", "object", "outcome"), [["token.update", token, "refused"]], what);
  }
  assert.deepEqual(await rowOf(token), before);
});

test("an end that is past, beyond the class or in no calendar is refused at birth, of cards we know as of others", async () => {
  const known = await create({ reuse: "multi", card: { pan: "6011111111111117" } });
  const bodies = [
    { expires_at: inDays(-1) },
    { expires_at: inDays(31), retention_class: "one-time" },
    { expires_at: "2027-02-30T00:00:00Z" },
    { expires_at: "2027-01-01T24:00:00Z" },
    { retention_class: "for-ever" },
  ];
  for (const body of bodies) {
    for (const pan of ["6011111111111117", "36227206271667"]) {
      const { response } = await capture.POST("/v1/tokens", { body: { card: { pan }, ...body } });
      assert.equal(response.status, 400, JSON.stringify(body));
    }
  }
  assert.equal((await create({ reuse: "multi", card: { pan: "6011111111111117" } })).expires_at, known.expires_at);
});

test("a deleted token is gone for good: a tombstone without card or fingerprint stays, and the card gets a new token", async () => {
  const amex = { pan: "378282246310005", expiry: card.expiry };
  const { token } = await create({ reuse: "multi", card: amex, metadata: { customer: "c-20917" } });
  const born = await rowOf(token);
  const entries = await entriesLeftBy(bed.adminUrl, harbourCoffee.tenantId, async () => {
    for (const attempt of ["first", "second"]) {
      const { response } = await payment.DELETE("/v1/tokens/{token}", at(token));
      assert.equal(response.status, 204, attempt);
    }
    const { response: read } = await payment.GET("/v1/tokens/{token}", at(token));
    const { response: changed } = await payment.PATCH("/v1/tokens/{token}", {
      ...at(token),
      body: { status: "active" },
    });
    assert.deepEqual([read.status, changed.status], [410, 410]);
    assert.deepEqual(await detokenize(token), { status: 410, type: "/problems/token-deleted" });
  });
  assert.deepEqual(outline(entries, "action", "object", "outcome"), [
    ["token.delete", token, "allowed"],
    ["token.delete", token, "allowed"],
    ["token.read", token, "refused"],
    ["token.resume", token, "refused"],
    ["token.detokenize", token, "refused"],
  ]);
  const [first, second] = entries;
  assert.deepEqual(
    [first?.state, second?.state],
    [
      { rowVersion: 2, rowDigest: null },
      { rowVersion: 2, rowDigest: null },
    ],
  );
  const tombstone = await rowOf(token);
  const emptied = [
    "brand",
    "bin",
    "last4",
    "length_class",
    "expiry_month",
    "expiry_year",
    "metadata",
    "key_id",
    "sealed",
  ];
  const nothingLeft = Object.fromEntries(emptied.map((column) => [column, null]));
  const deleted = { status: "deleted", row_version: 2, updated_at: tombstone["updated_at"] };
  assert.deepEqual(tombstone, { ...born, ...nothingLeft, ...deleted });
  const { rowCount } = await admin.query("select from vault.token_fingerprint where token = $1", [token]);
  assert.equal(rowCount, 0);
  assert.notEqual((await create({ reuse: "multi", card: amex })).token, token);
});

test("another tenant finds no token of ours, and can neither stop nor delete it", async () => {
  const { token } = await create();
  const before = await rowOf(token);
  const [stranger, thief] = [await bed.client("payment", lanternBooks), await bed.client("egress", lanternBooks)];
  const answers = [
    await stranger.GET("/v1/tokens/{token}", at(token)),
    await stranger.PATCH("/v1/tokens/{token}", { ...at(token), body: { status: "suspended" } }),
    await stranger.DELETE("/v1/tokens/{token}", at(token)),
  ];
  assert.deepEqual(
    answers.map(({ response }) => response.status),
    [404, 404, 404],
  );
  assert.equal((await detokenize(token, thief)).status, 404);
  assert.deepEqual(await rowOf(token), before);
});
