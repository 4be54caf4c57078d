// A request that is sent again with its Idempotency-Key happens once, and answers as it did the first time.
import assert from "node:assert/strict";
import { hash, randomUUID } from "node:crypto";
import { after, test } from "node:test";
import type { TokenView } from "@cofferdam/openapi/generated/vault-types.ts";
import { sandboxTenants } from "../callers.ts";
import { openTestBed } from "../test-bed.ts";
import { entriesLeftBy, outline } from "./audit-trail.ts";
import { problemOf, type Answer } from "./connection.ts";
import { rawCaller, type RawCaller } from "./raw-caller.ts";

const bed = await openTestBed();
const { admin } = bed;
after(() => bed[Symbol.asyncDispose]());

const { harbourCoffee, lanternBooks } = sandboxTenants;
const capture = await rawCaller(bed.standing, "capture");

/** Single use, so that a request that happened twice would show as a second token. */
const single = JSON.stringify({
  card: { pan: "4242424242424242", expiry: { month: 12, year: 2031 } },
  reuse: "single",
});
const otherSingle = JSON.stringify({ card: { pan: "5555555555554444" }, reuse: "single" });

function create(key: string, body = single, caller: RawCaller = capture, path = "/v1/tokens"): Promise<Answer> {
  return caller("POST", path, { body, headers: { "idempotency-key": key } });
}

async function countTokens(): Promise<number> {
  const { rows } = await admin.query<{ count: number }>("select count(*)::int as count from vault.token");
  return rows[0]?.count ?? NaN;
}

const typeOf = (answer: Answer): string => problemOf(answer).type;

function assertReplay(again: Answer, first: Answer): void {
  assert.deepEqual([again.status, again.body], [first.status, first.body]);
  assert.deepEqual(
    [first, again].map(({ headers }) => headers.get("idempotency-replayed")),
    [undefined, "true"],
  );
}

test("a repeat gets the first answer byte for byte, says so, and is audited as a replay", async () => {
  const key = randomUUID();
  const first = await create(key);
  assert.equal(first.status, 201);
  const before = await countTokens();
  const entries = await entriesLeftBy(bed.adminUrl, harbourCoffee.tenantId, async () => {
    assertReplay(await create(key), first);
  });
  assert.equal(await countTokens(), before);
  assert.deepEqual(outline(entries, "action", "outcome", "reason"), [["token.create", "allowed", "replayed"]]);
});

test("a key with another body is refused, and the first body still replays", async () => {
  const key = randomUUID();
  const first = await create(key);
  const before = await countTokens();
  // One more space is another body: bytes are compared, not meanings.
  for (const body of [otherSingle, `${single} `]) {
    const reused = await create(key, body);
    assert.deepEqual([reused.status, typeOf(reused)], [422, "/problems/idempotency-key-reused"]);
  }
  assert.equal(await countTokens(), before);
  assertReplay(await create(key), first);
});

test("twenty requests at once under one key make one token", async () => {
  const key = randomUUID();
  const before = await countTokens();
  const answers = await Promise.all(Array.from({ length: 20 }, () => create(key)));
  const created = answers.filter(({ status }) => status === 201);
  assert.ok(created.length >= 1);
  assert.equal(new Set(created.map(({ body }) => body)).size, 1);
  for (const answer of answers.filter(({ status }) => status !== 201)) {
    assert.deepEqual([answer.status, typeOf(answer)], [409, "/problems/idempotency-in-flight"]);
    assert.match(answer.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
  }
  assert.equal(await countTokens(), before + 1);
});

test("the same key of another client, tenant or operation is another request", async () => {
  const key = randomUUID();
  const otherClient = await rawCaller(bed.standing, "capture", { clientId: "capture-of-the-shop" });
  const otherTenant = await rawCaller(bed.standing, "capture", { tenant: lanternBooks });
  const own = [await create(key), await create(key, single, otherClient), await create(key, single, otherTenant)];
  const batch = await create(key, `{"items":[${otherSingle}]}`, capture, "/v1/tokens/batch");
  assert.deepEqual(
    [...own, batch].map(({ status }) => status),
    [201, 201, 201, 200],
  );
  assert.ok([...own, batch].every(({ headers }) => !headers.has("idempotency-replayed")));
  assert.equal(new Set(own.map(({ body }) => (JSON.parse(body) as TokenView).token)).size, 3);
});

test("a key in quotes and the same key bare are one key", async () => {
  const key = randomUUID();
  const first = await create(`"${key}"`);
  assertReplay(await create(key), first);
  assertReplay(await create(`"${key}"`), first);
});

const malformedKeys: Readonly<Record<string, string>> = {
  nothing: "",
  "an empty string": '""',
  "256 characters": "k".repeat(256),
  "a space": "two words",
  "a space in quotes": '"two words"',
  "an open quote": '"key',
  "a quote inside": 'k"ey',
  "a backslash": "k\\ey",
  "a letter outside ASCII": "clé",
};

for (const [what, key] of Object.entries(malformedKeys)) {
  test(`a key with ${what} is refused, and nothing is stored`, async () => {
    const before = await countTokens();
    const answer = await create(key);
    assert.deepEqual([answer.status, typeOf(answer)], [400, "/problems/idempotency-key-invalid"]);
    assert.equal(await countTokens(), before);
  });
}

test("keys of one and of 255 characters are taken", async () => {
  for (const key of ["~", "k".repeat(255)]) {
    const first = await create(key);
    assertReplay(await create(key), first);
  }
});

test("a batch happens once, with the same outcome of every item", async () => {
  const key = randomUUID();
  const body = `{"items":[${single},{"card":{"pan":"4242424242424243"}},${otherSingle}]}`;
  const first = await create(key, body, capture, "/v1/tokens/batch");
  assert.equal(first.status, 200);
  const before = await countTokens();
  assertReplay(await create(key, body, capture, "/v1/tokens/batch"), first);
  assert.equal(await countTokens(), before);
});

const refusedAtFirst: Readonly<Record<string, { readonly wrong: object; readonly status: number }>> = {
  "a mistyped card": { wrong: { card: { pan: "4242424242424243" } }, status: 400 },
  "an unknown retention class": {
    wrong: { card: { pan: "4242424242424242" }, retention_class: "for-ever" },
    status: 400,
  },
  "an end in the past": {
    wrong: { card: { pan: "4242424242424242" }, expires_at: "2020-01-01T00:00:00Z" },
    status: 400,
  },
  "a format that the card cannot have": {
    wrong: { card: { pan: "4012888818888" }, format: "preserve_bin_last4" },
    status: 422,
  },
};

for (const [what, { wrong, status }] of Object.entries(refusedAtFirst)) {
  test(`a request refused for ${what} is not remembered: the key serves for the corrected one`, async () => {
    const key = randomUUID();
    assert.equal((await create(key, JSON.stringify(wrong))).status, status);
    const corrected = await create(key);
    assert.equal(corrected.status, 201);
    assertReplay(await create(key), corrected);
  });
}

test("the table of kept answers holds no key, no body, no hash of either, and no card", async () => {
  const key = randomUUID();
  await create(key);
  await create(key, `{"items":[${single}]}`, capture, "/v1/tokens/batch");
  const { rows } = await admin.query<{ row: string }>("select r::text as row from vault.idempotent_request r");
  assert.ok(rows.length >= 2);
  const kept = rows.map(({ row }) => row).join("\n");
  const hex = (text: string): string => Buffer.from(text).toString("hex");
  const secrets = [key, `"${key}"`, single, `{"items":[${single}]}`].flatMap((text) => [
    text,
    hex(text),
    hash("sha256", text),
  ]);
  for (const secret of [...secrets, "4242424242424242"]) assert.ok(!kept.includes(secret));
});

test("another vault over the same database, or the same one after a restart, still replays", async () => {
  const key = randomUUID();
  const first = await create(key);
  await bed.standing.vault.stop();
  await bed.standing.restart();
  assertReplay(await create(key), first);
});
