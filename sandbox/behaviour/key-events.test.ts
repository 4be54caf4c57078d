// What key operations leave in the audit log: each exactly its entries, so that one that is missing is noticed.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { certifyKey } from "@cofferdam/cde/vault/rotation/certify-key.ts";
import { listJobs } from "@cofferdam/cde/vault/rotation/jobs.ts";
import { OperationError } from "@cofferdam/cde/vault/rotation/operation.ts";
import { sandboxTenants } from "../callers.ts";
import { openTestBed } from "../test-bed.ts";
import { entriesLeftBy, outline } from "./audit-trail.ts";
import { eventually } from "./eventually.ts";
import { keyOperations } from "./key-operations.ts";

const bed = await openTestBed();
const keys = await keyOperations(bed);
after(() => bed[Symbol.asyncDispose]());

const { harbourCoffee, lanternBooks } = sandboxTenants;
const { tenantId } = harbourCoffee;
const card = { pan: "4242424242424242" };

for (const tenant of [harbourCoffee, lanternBooks]) {
  const capture = await bed.client("capture", tenant);
  for (let count = 0; count < 3; count += 1) await capture.POST("/v1/tokens", { body: { card, reuse: "single" } });
}

/** The actions that a piece of work left in the log of the tenant, in order. */
async function actionsOf(work: () => Promise<unknown>): Promise<readonly unknown[]> {
  return outline(await entriesLeftBy(bed.adminUrl, tenantId, work), "action").flat();
}

async function keyIdOf(version: number): Promise<string> {
  const { rows } = await bed.admin.query<{ key_id: string }>(
    "select key_id from vault.key_version where tenant_id = $1 and purpose = 'data' and version = $2",
    [tenantId, version],
  );
  return rows[0]?.key_id ?? "";
}

function open(tenant: string): Promise<number> {
  return listJobs(keys.context, tenant).then((jobs) => jobs.filter(({ endedAtMs }) => endedAtMs === null).length);
}

test("a rotation leaves what was made, promoted, retired and set to move", async () => {
  assert.deepEqual(await actionsOf(() => keys.run("rotate-data-key", { tenant_id: tenantId })), [
    "key.create",
    "key.promote",
    "key.retire",
    "job.start",
  ]);
});

test("a key version with a row left gets no certificate, and the refusal leaves nothing", async () => {
  const keyId = await keyIdOf(1);
  const refused = (): Promise<void> =>
    assert.rejects(
      certifyKey(keys.context, { tenantId, keyId }),
      (error) => error instanceof OperationError && error.code === "records_remain",
    );
  assert.deepEqual(await actionsOf(refused), []);
  assert.equal((await bed.admin.query("select from vault.key_certificate")).rowCount, 0);
});

test("the rows of a revoked key move before all others, whose job was there first", async () => {
  await keys.run("rotate-data-key", { tenant_id: lanternBooks.tenantId });
  const left = await actionsOf(() => keys.run("revoke-key", { tenant_id: tenantId, purpose: "data", version: 1 }));
  assert.deepEqual(left, ["key.revoke", "job.change"]);
  const worker = keys.startWorker();
  await eventually(
    async () => (await open(tenantId)) + (await open(lanternBooks.tenantId)),
    (jobs) => jobs === 0,
    10_000,
  );
  await worker.stop();
  const [revoked] = await listJobs(keys.context, tenantId);
  const [ordinary] = await listJobs(keys.context, lanternBooks.tenantId);
  assert.ok(ordinary && revoked && ordinary.createdAtMs < revoked.updatedAtMs);
  assert.ok((revoked.endedAtMs ?? Infinity) < (ordinary.endedAtMs ?? 0), "the revoked key's rows were not first");
});

test("moving leaves an entry for each row, the certificate and the end of the job", async () => {
  await keys.run("rotate-data-key", { tenant_id: tenantId });
  const left = await actionsOf(async () => {
    const worker = keys.startWorker();
    await eventually(
      () => open(tenantId),
      (jobs) => jobs === 0,
      10_000,
    );
    await worker.stop();
  });
  assert.deepEqual(left, [...Array<string>(3).fill("token.reencrypt"), "key.certify", "job.end"]);
});

test("revoking the primary, destroying, exporting and importing leave their entries", async () => {
  const revoke = (): Promise<unknown> => keys.run("revoke-key", { tenant_id: tenantId, purpose: "data", version: 3 });
  assert.deepEqual(await actionsOf(revoke), ["key.create", "key.promote", "key.revoke", "job.start"]);
  const destroy = (): Promise<unknown> => keys.run("destroy-key", { tenant_id: tenantId, purpose: "data", version: 2 });
  assert.deepEqual(await actionsOf(destroy), ["key.destroy"]);
  let bundle: Record<string, unknown> = {};
  const exporting = async (): Promise<void> => void (bundle = await keys.run("export-keys", {}));
  assert.deepEqual(await actionsOf(exporting), ["key.export"]);
  const lost = "delete from vault.key_wrap where tenant_id = $1";
  await bed.admin.query("begin");
  await bed.admin.query("set local session_replication_role = replica");
  await bed.admin.query(lost, [tenantId]);
  await bed.admin.query("commit");
  const importing = (): Promise<unknown> =>
    keys.run("import-keys", { bundle_sha256: bundle["bundle_sha256"], bundle: bundle["artifact"] });
  assert.deepEqual(await actionsOf(importing), ["key.import"]);
});
