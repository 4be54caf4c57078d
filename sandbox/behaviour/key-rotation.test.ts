// Keys are replaced while the vault runs: what was sealed still opens, nothing is sealed under a former key again, and
// rows move until a certificate says that none is left.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openKeyCertificate } from "@cofferdam/cde/vault/keys/ceremony/key-certificate.ts";
import { verifierKey } from "@cofferdam/cde/vault/audit/signed-note.ts";
import { changeJob, listJobs } from "@cofferdam/cde/vault/rotation/jobs.ts";
import { censusOf } from "@cofferdam/cde/vault/rotation/certify-key.ts";
import { OperationError } from "@cofferdam/cde/vault/rotation/operation.ts";
import { sandboxTenants } from "../callers.ts";
import { openTestBed } from "../test-bed.ts";
import { entriesOf } from "./audit-entries.ts";
import { eventually } from "./eventually.ts";
import { keyOperations } from "./key-operations.ts";
import { rawCaller } from "./raw-caller.ts";

const bed = await openTestBed();
const { admin } = bed;
const keys = await keyOperations(bed);
const worker = keys.startWorker();
after(async () => {
  await worker.stop();
  await bed[Symbol.asyncDispose]();
});

const { tenantId } = sandboxTenants.harbourCoffee;
const [capture, egress, payment] = [
  await bed.client("capture"),
  await bed.client("egress"),
  await bed.client("payment"),
];
const card = { pan: "4242424242424242" };
const cards = ["4242424242424242", "5555555555554444", "378282246310005", "6011111111111117", "3530111333300000"];

async function tokenize(
  pan = card.pan,
  reuse: "single" | "multi" = "single",
): Promise<{ readonly status: number; readonly token: string }> {
  const { data, response } = await capture.POST("/v1/tokens", { body: { card: { pan }, reuse } });
  return { status: response.status, token: data?.token ?? "" };
}

async function detokenize(token: string): Promise<string | undefined> {
  const { data } = await egress.POST("/v1/tokens/{token}/detokenize", {
    params: { path: { token } },
    body: { purpose: "refund" },
  });
  return data?.card.pan;
}

async function maskedView(token: string): Promise<unknown> {
  return (await payment.GET("/v1/tokens/{token}", { params: { path: { token } } })).data;
}

/** Rows of the tenant's tokens by the version of their data key. */
async function rowsByVersion(): Promise<Record<string, number>> {
  const { rows } = await admin.query<{ version: number; count: string }>(
    `select k.version, count(*) from vault.token t join vault.key_version k using (tenant_id, key_id)
     where t.tenant_id = $1 group by k.version order by k.version`,
    [tenantId],
  );
  return Object.fromEntries(rows.map(({ version, count }) => [version, Number(count)]));
}

async function jobsDone(): Promise<void> {
  worker.kick();
  await eventually(
    () => listJobs(keys.context, tenantId),
    (jobs) => jobs.every(({ state }) => state !== "running"),
    30_000,
  );
}

async function stateOf(purpose: string, version: number): Promise<string | undefined> {
  const { rows } = await admin.query<{ state: string }>(
    "select state from vault.key_version where tenant_id = $1 and purpose = $2 and version = $3",
    [tenantId, purpose, version],
  );
  return rows[0]?.state;
}

const refuses = (code: string) => (error: unknown) => error instanceof OperationError && error.code === code;

test("a data key past its cryptoperiod protects no new card, still opens, and leaves the vault in service", async () => {
  const { token } = await tokenize();
  const age = (days: number): Promise<unknown> =>
    admin.query(
      "update vault.key_version set activated_at = activated_at - make_interval(days => $2) where tenant_id = $1 and purpose = 'data'",
      [tenantId, days],
    );
  await age(91);
  await eventually(tokenize, ({ status }) => status === 503, 8_000);
  assert.equal(await detokenize(token), card.pan);
  const other = await bed.client("capture", sandboxTenants.lanternBooks);
  assert.equal((await other.POST("/v1/tokens", { body: { card } })).response.status, 201);
  assert.equal((await fetch(`${bed.standing.vault.opsUrl}/readyz`)).status, 200);
});

test("a rotated data key seals from then on, and cards sealed before still open", async () => {
  const { rows } = await admin.query<{ token: string }>("select token from vault.token where tenant_id = $1", [
    tenantId,
  ]);
  const before = rows[0]?.token ?? "";
  const { version, rows_to_move: moving } = await keys.run("rotate-data-key", { tenant_id: tenantId });
  assert.deepEqual([version, moving], [2, rows.length]);
  // At once, in a process that still held the former keys: each transaction looks before it seals.
  const { status, token } = await tokenize();
  assert.equal(status, 201);
  assert.equal(await stateOf("data", 1), "decrypt-only");
  assert.deepEqual([await detokenize(before), await detokenize(token)], [card.pan, card.pan]);
});

test("rows of a former key are sealed anew, and nothing that a caller sees of them changes", async () => {
  const tokens = await Promise.all(cards.map(async (pan) => (await tokenize(pan)).token));
  const views = await Promise.all(tokens.map(maskedView));
  await keys.run("rotate-data-key", { tenant_id: tenantId });
  await jobsDone();
  assert.deepEqual(Object.keys(await rowsByVersion()), ["3"]);
  assert.deepEqual(await Promise.all(tokens.map(maskedView)), views);
  assert.deepEqual(await Promise.all(tokens.map(detokenize)), cards);
  const { rows } = await admin.query<{ uses: string }>(
    "select uses from vault.key_version where tenant_id = $1 and purpose = 'data' and version = 3",
    [tenantId],
  );
  assert.equal(rows[0]?.uses, "0");
  const entries = (await entriesOf(bed.adminUrl, tenantId)).filter(({ action }) => action === "token.reencrypt");
  for (const token of tokens) {
    const [entry] = entries.filter(({ object }) => object === token);
    assert.equal(entry?.actor.workload, "cde/vault-admin");
    assert.equal(entry.state?.rowVersion, 2);
  }
});

test("a job that moved everything leaves a certificate that anybody can verify, and no other key gets one", async () => {
  const { rows } = await admin.query<{ note: string; version: number }>(
    "select note, version from vault.key_certificate join vault.key_version using (tenant_id, key_id) where tenant_id = $1",
    [tenantId],
  );
  const names = [verifierKey(keys.signer, keys.publicKey)];
  const certified = rows.map(({ note }) => openKeyCertificate(note, names));
  assert.deepEqual(certified.map(({ version, rows: left }) => [version, left]).sort(), [
    [1, 0],
    [2, 0],
  ]);
  await assert.rejects(
    keys.run("destroy-key", { tenant_id: tenantId, purpose: "data", version: 3 }),
    (error: Error) => "code" in error && error.code === "illegal_transition",
  );
});

test("no key version is destroyed while a row is under it or no certificate says otherwise, by no login", async () => {
  const { rows } = await admin.query<{ key_id: string }>(
    "select key_id from vault.key_version where tenant_id = $1 and purpose = 'data' and version = 1",
    [tenantId],
  );
  const keyId = rows[0]?.key_id;
  const destroy = (): Promise<unknown> =>
    admin.query("update vault.key_version set state = 'destroyed' where key_id = $1", [keyId]);
  const refusedBy = (constraint: string) => (error: { constraint?: string }) => error.constraint === constraint;
  const { token } = await tokenize();
  await admin.query("begin");
  await admin.query("update vault.token set key_id = $2 where token = $1", [token, keyId]);
  await assert.rejects(destroy(), refusedBy("key_version_records_remain"));
  await admin.query("rollback");
  await admin.query("begin");
  await admin.query("delete from vault.key_certificate where key_id = $1", [keyId]);
  await assert.rejects(destroy(), refusedBy("key_version_uncertified"));
  await admin.query("rollback");
  await assert.rejects(
    admin.query("delete from vault.key_wrap where key_id = $1", [keyId]),
    refusedBy("key_wrap_last"),
  );
  await keys.run("destroy-key", { tenant_id: tenantId, purpose: "data", version: 1 });
  assert.equal(await stateOf("data", 1), "destroyed");
  await assert.rejects(
    admin.query("update vault.key_version set state = 'decrypt-only' where key_id = $1", [keyId]),
    refusedBy("key_version_final"),
  );
  const census = await censusOf(keys.context, tenantId);
  assert.deepEqual(census.find(({ id }) => id === keyId)?.wrappedBy, []);
  assert.equal(await detokenize(token), card.pan);
});

test("from the commit of a revocation on nothing is sealed under the key, and its rows move first", async () => {
  const tokens = await Promise.all(cards.map(async (pan) => (await tokenize(pan)).token));
  const version = 3;
  await worker.stop();
  await keys.run("revoke-key", { tenant_id: tenantId, purpose: "data", version });
  assert.equal(await stateOf("data", version), "compromised");
  const before = (await rowsByVersion())[version];
  await Promise.all(cards.map((pan) => tokenize(pan)));
  assert.equal((await rowsByVersion())[version], before);
  const [job] = await listJobs(keys.context, tenantId);
  assert.equal(job?.priority, 1);
  // It takes one person, so it has an end, and one person does not hold it up.
  const again = { tenant_id: tenantId, purpose: "data", version: version + 1 };
  await assert.rejects(keys.run("revoke-key", again), refuses("not_possible"));
  for (const change of [{ state: "paused" }, { maxRowsPerSecond: 1 }] as const)
    await assert.rejects(changeJob(keys.context, job.id, change), refuses("not_possible"));
  const second = keys.startWorker();
  await jobsDone();
  await second.stop();
  assert.deepEqual(Object.keys(await rowsByVersion()), ["4"]);
  assert.deepEqual(await Promise.all(tokens.map(detokenize)), cards);
});

test("a former index key still finds known cards while fingerprints move: no card ever gets a second token", async () => {
  const first = await Promise.all(cards.map(async (pan) => (await tokenize(pan, "multi")).token));
  const replaced = await keys.run("rotate-index-key", { tenant_id: tenantId });
  assert.equal(replaced["rows_to_move"], cards.length);
  const during = await Promise.all(cards.map(async (pan) => (await tokenize(pan, "multi")).token));
  assert.deepEqual(during, first);
  const known = (await tokenize("4000000000000002", "multi")).token;
  const second = keys.startWorker();
  await eventually(
    () => listJobs(keys.context, tenantId),
    (jobs) => jobs.every(({ state }) => state !== "running"),
    30_000,
  );
  await second.stop();
  assert.deepEqual(await Promise.all(cards.map(async (pan) => (await tokenize(pan, "multi")).token)), first);
  assert.equal((await tokenize("4000000000000002", "multi")).token, known);
  const { rows } = await admin.query<{ version: number; count: string }>(
    `select version, count(*) from vault.token_fingerprint f
     join vault.key_version k on k.tenant_id = f.tenant_id and k.key_id = f.index_key_id
     where f.tenant_id = $1 group by version`,
    [tenantId],
  );
  assert.deepEqual(rows, [{ version: 2, count: String(cards.length + 1) }]);
  await keys.run("destroy-key", { tenant_id: tenantId, purpose: "index", version: 1 });
});

test("a retry that began before the request key was replaced gets its first answer", async () => {
  const send = await rawCaller(bed.standing, "capture");
  const body = '{"card":{"pan":"4242424242424242"},"reuse":"single"}';
  const headers = { "idempotency-key": "across-rotation" };
  const first = await send("POST", "/v1/tokens", { body, headers });
  await keys.run("rotate-request-key", { tenant_id: tenantId });
  const retried = await send("POST", "/v1/tokens", { body, headers });
  assert.deepEqual([retried.status, retried.body], [201, first.body]);
  assert.equal(retried.headers.get("idempotency-replayed"), "true");
  await assert.rejects(
    keys.run("destroy-key", { tenant_id: tenantId, purpose: "request", version: 1 }),
    refuses("uncertified"),
  );
});

test("a tenant whose keys do not open holds up the rows of no other", async () => {
  const other = sandboxTenants.lanternBooks;
  const lantern = await bed.client("capture", other);
  for (const client of [capture, lantern])
    assert.equal((await client.POST("/v1/tokens", { body: { card, reuse: "single" } })).response.status, 201);
  const { rows } = await admin.query<{ key_id: string; wrapped: Buffer }>(
    "select key_id, wrapped from vault.key_wrap where tenant_id = $1",
    [tenantId],
  );
  await keys.run("rotate-data-key", { tenant_id: tenantId });
  await keys.run("rotate-data-key", { tenant_id: other.tenantId });
  const write = (wrapped: (kept: Buffer) => Buffer): Promise<unknown> =>
    Promise.all(
      rows.map((row) =>
        admin.query("update vault.key_wrap set wrapped = $2 where key_id = $1", [row.key_id, wrapped(row.wrapped)]),
      ),
    );
  await write((kept) => Buffer.alloc(kept.length, 7));
  const worker = keys.startWorker();
  const openOf = async (tenant: string): Promise<number> =>
    (await listJobs(keys.context, tenant)).filter(({ endedAtMs }) => endedAtMs === null).length;
  await eventually(
    () => openOf(other.tenantId),
    (open) => open === 0,
    10_000,
  );
  await worker.stop();
  assert.equal(await openOf(tenantId), 1);
  await write((kept) => kept);
});
