// An attacker who owns the database and not the keys: whatever is changed in it is noticed, and no card comes out.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { sandboxTenants } from "../callers.ts";
import { openTestBed } from "../test-bed.ts";

const bed = await openTestBed();
const { admin } = bed;
after(() => bed[Symbol.asyncDispose]());

const [capture, payment, egress] = [
  await bed.client("capture"),
  await bed.client("payment"),
  await bed.client("egress"),
];
const { harbourCoffee, lanternBooks } = sandboxTenants;

async function newToken(body: { format?: "preserve_last4"; pan?: string } = {}): Promise<string> {
  const { data } = await capture.POST("/v1/tokens", {
    body: {
      card: { pan: body.pan ?? "4242424242424242", expiry: { month: 12, year: 2031 } },
      reuse: "single",
      ...(body.format && { format: body.format }),
    },
  });
  assert.ok(data);
  return data.token;
}

async function statuses(token: string): Promise<{ readonly masked: number; readonly clear: number }> {
  const masked = await payment.GET("/v1/tokens/{token}", { params: { path: { token } } });
  const clear = await egress.POST("/v1/tokens/{token}/detokenize", {
    params: { path: { token } },
    body: { purpose: "authorization" },
  });
  assert.equal(clear.data, undefined, "a card came out of a changed row");
  return { masked: masked.response.status, clear: clear.response.status };
}

/** Puts a row back after trying it, so that one vault serves the whole table. */
async function withChange(
  token: string,
  assignment: string,
  values: readonly unknown[],
  examine: () => Promise<void>,
): Promise<void> {
  const before =
    (await admin.query<Record<string, unknown>>("select * from vault.token where token = $1", [token])).rows[0] ?? {};
  const { rowCount } = await admin.query(`update vault.token set ${assignment} where token = $1`, [token, ...values]);
  assert.equal(rowCount, 1, "the attack changed nothing");
  await examine();
  const columns = Object.keys(before).filter((name) => name !== "token" && name !== "tenant_id");
  const restored = columns.map((name, index) => `${name} = $${index + 2}`).join(", ");
  await admin.query(`update vault.token set ${restored} where token = $1`, [
    token,
    ...columns.map((name) => before[name]),
  ]);
}

const edits: readonly (readonly [column: string, assignment: string])[] = [
  ["brand", "brand = 'mastercard'"],
  ["BIN", "bin = '555555'"],
  ["last four", "last4 = '0000'"],
  ["length class", "length_class = '17-19'"],
  ["card expiry", "expiry_year = 2040"],
  ["metadata", `metadata = '{"limit":"none"}'`],
  ["retention class", "retention_class = 'dispute'"],
  ["end of life", "expires_at = expires_at + interval '1 year'"],
  ["creation time", "created_at = created_at + interval '1 day'"],
  ["row version", "row_version = row_version + 1"],
  ["reuse", "reuse = 'multi'"],
  ["format", "format = 'preserve_last4'"],
];

for (const [column, assignment] of edits) {
  test(`a row with an edited ${column} is not believed and does not open`, async () => {
    const token = await newToken();
    await withChange(token, assignment, [], async () => {
      assert.deepEqual(await statuses(token), { masked: 500, clear: 500 });
    });
  });
}

test("a token that was resumed behind the vault's back does not open", async () => {
  const token = await newToken();
  await payment.PATCH("/v1/tokens/{token}", { params: { path: { token } }, body: { status: "suspended" } });
  await withChange(token, "status = 'active'", [], async () => {
    assert.deepEqual(await statuses(token), { masked: 500, clear: 500 });
  });
});

test("any changed bit of a sealed card keeps it shut", async () => {
  const token = await newToken();
  const { rows } = await admin.query<{ sealed: Buffer }>("select sealed from vault.token where token = $1", [token]);
  const sealed = rows[0]?.sealed ?? Buffer.alloc(0);
  for (const position of [0, 1, 20, 40, 64, 65, 150, 224, sealed.length - 1]) {
    const changed = Buffer.from(sealed);
    changed[position] = (changed[position] ?? 0) ^ 1;
    await withChange(token, "sealed = $2", [changed], async () => {
      assert.equal((await statuses(token)).clear, 500, `byte ${position}`);
    });
  }
});

test("sealed cards that were swapped between two tokens do not open", async () => {
  const [left, right] = [await newToken(), await newToken({ pan: "5555555555554444" })];
  await admin.query(
    `update vault.token t set sealed = o.sealed, brand = o.brand, bin = o.bin, last4 = o.last4
     from vault.token o where t.token in ($1, $2) and o.token in ($1, $2) and o.token <> t.token`,
    [left, right],
  );
  assert.deepEqual(await statuses(left), { masked: 500, clear: 500 });
  assert.deepEqual(await statuses(right), { masked: 500, clear: 500 });
});

test("a row that was moved to another tenant, keys and all, does not open there", async () => {
  const token = await newToken();
  await admin.query("begin");
  await admin.query(
    "update vault.token set tenant_id = $2, key_id = (select key_id from vault.key_version where tenant_id = $2 and purpose = 'data') where token = $1",
    [token, lanternBooks.tenantId],
  );
  await admin.query("commit");
  const thief = await bed.client("egress", lanternBooks);
  const { data, response } = await thief.POST("/v1/tokens/{token}/detokenize", {
    params: { path: { token } },
    body: { purpose: "authorization" },
  });
  assert.equal(data, undefined);
  assert.equal(response.status, 500);
});

test("a wrapped key that was moved from one tenant to another opens nothing", async () => {
  const wraps = await admin.query<{ tenant_id: string; key_id: string; wrapped: Buffer }>(
    "select w.* from vault.key_wrap w join vault.key_version k using (tenant_id, key_id) where k.purpose = 'data' and tenant_id = any($1)",
    [[harbourCoffee.tenantId, lanternBooks.tenantId]],
  );
  const [own, other] = [
    wraps.rows.find((row) => row.tenant_id === harbourCoffee.tenantId),
    wraps.rows.find((row) => row.tenant_id === lanternBooks.tenantId),
  ];
  assert.ok(own && other);
  const token = await newToken();
  await admin.query("update vault.key_wrap set wrapped = $2 where key_id = $1", [own.key_id, other.wrapped]);
  await bed.standing.vault.stop();
  await bed.standing.restart({ VAULT_PORT: new URL(bed.standing.vault.url).port });
  const client = await bed.client("egress");
  const { response } = await client.POST("/v1/tokens/{token}/detokenize", {
    params: { path: { token } },
    body: { purpose: "authorization" },
  });
  assert.ok(response.status >= 500);
  await admin.query("update vault.key_wrap set wrapped = $2 where key_id = $1", [own.key_id, own.wrapped]);
});

test("a fingerprint that was moved to another card's token refuses instead of handing out that token", async () => {
  const first = await capture.POST("/v1/tokens", { body: { card: { pan: "378282246310005" } } });
  const second = await capture.POST("/v1/tokens", { body: { card: { pan: "6011111111111117" } } });
  assert.ok(first.data && second.data);
  await admin.query("delete from vault.token_fingerprint where token = $1", [second.data.token]);
  await admin.query("update vault.token_fingerprint set token = $2 where token = $1", [
    first.data.token,
    second.data.token,
  ]);
  const again = await capture.POST("/v1/tokens", { body: { card: { pan: "378282246310005" } } });
  assert.equal(again.response.status, 500);
  assert.equal(again.data, undefined);
});

test("a kept answer that was edited is not replayed: nobody is handed another card's token", async () => {
  const headers = { "idempotency-key": "order-7261" };
  const request = { body: { card: { pan: "4242424242424242" }, reuse: "single" as const }, headers };
  const first = await capture.POST("/v1/tokens", request);
  const victim = await newToken({ pan: "5555555555554444" });
  await admin.query("update vault.idempotent_request set response = replace(response, $1, $2)", [
    first.data?.token,
    victim,
  ]);
  const retry = await capture.POST("/v1/tokens", request);
  assert.equal(retry.response.status, 500);
  assert.equal(retry.data, undefined);
});

test("a row with a date that the vault cannot have written refuses alone, and its neighbours open", async () => {
  const [edited, good] = [await newToken(), await newToken({ pan: "378282246310005" })];
  for (const date of ["1969-01-01", "infinity"]) {
    await admin.query("update vault.token set updated_at = $2 where token = $1", [edited, date]);
    const { data } = await egress.POST("/v1/detokenize/batch", {
      body: { purpose: "refund", tokens: [edited, good] },
    });
    assert.deepEqual(
      data?.items.map((item) => item.status),
      [500, 200],
    );
  }
});

test("every refusal of a changed row is in the audit log as integrity", async () => {
  const { rows } = await admin.query<{ count: number }>(
    `select count(*)::int as count from vault.audit_event
     where tenant_id = $1 and entry::jsonb ->> 'outcome' = 'refused' and entry::jsonb ->> 'reason' like 'integrity%'`,
    [harbourCoffee.tenantId],
  );
  assert.ok((rows[0]?.count ?? 0) >= 2 * edits.length);
});
