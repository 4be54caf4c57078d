// Root keys are replaced under a running vault, and tenants end: what must open still does, what must not never again.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { verifierKey } from "@cofferdam/cde/vault/audit/signed-note.ts";
import { openKeyCertificate } from "@cofferdam/cde/vault/keys/ceremony/key-certificate.ts";
import { readWrappedKeys } from "@cofferdam/cde/vault/keys/key-store.ts";
import { newWrappedKey } from "@cofferdam/cde/vault/keys/new-wrapped-key.ts";
import { RootKeyError, wrapContext } from "@cofferdam/cde/vault/keys/root/root-key.ts";
import { KeyBundleError } from "@cofferdam/cde/vault/rotation/key-bundle.ts";
import { OperationError } from "@cofferdam/cde/vault/rotation/operation.ts";
import { registeredRootKeys } from "@cofferdam/cde/vault/rotation/root-key-rotation.ts";
import { provisionTenant, defaultRetentionClasses } from "@cofferdam/cde/vault/tenants/provision-tenant.ts";
import { SYSTEM_TENANT_ID } from "@cofferdam/cde/vault/tenants/system-tenant.ts";
import { sandboxTenants } from "../callers.ts";
import { openTestBed } from "../test-bed.ts";
import { entriesOf } from "./audit-entries.ts";
import { eventually } from "./eventually.ts";
import { keyOperations } from "./key-operations.ts";

const bed = await openTestBed();
const { admin } = bed;
const keys = await keyOperations(bed);
after(() => bed[Symbol.asyncDispose]());

const { harbourCoffee, lanternBooks } = sandboxTenants;
const pan = "4242424242424242";

async function tokenize(tenant = harbourCoffee as { tenantId: string; name: string }): Promise<string> {
  const { data } = await (
    await bed.client("capture", tenant)
  ).POST("/v1/tokens", { body: { card: { pan }, reuse: "single" } });
  return data?.token ?? "";
}

async function detokenize(
  token: string,
  tenant = harbourCoffee as { tenantId: string; name: string },
): Promise<number | string> {
  const egress = await bed.client("egress", tenant);
  const { data, response } = await egress.POST("/v1/tokens/{token}/detokenize", {
    params: { path: { token } },
    body: { purpose: "refund" },
  });
  return data?.card.pan ?? response.status;
}

async function rootKeysOfWraps(): Promise<readonly string[]> {
  const { rows } = await admin.query<{ root_key_id: string }>(
    "select distinct root_key_id from vault.key_wrap join vault.tenant using (tenant_id) where status = 'active' order by 1",
  );
  return rows.map((row) => row.root_key_id);
}

async function statesOfRootKeys(): Promise<readonly string[]> {
  return (await registeredRootKeys(keys.context)).map(({ state }) => state);
}

const refuses = (code: string) => (error: unknown) => error instanceof OperationError && error.code === code;

test("a root key is replaced under a running vault: every key is wrapped anew, and the former gets its certificate", async () => {
  const token = await tokenize();
  const [former = ""] = await rootKeysOfWraps();
  await assert.rejects(keys.run("destroy-root-key", { root_key_id: former }), refuses("still_needed"));
  const { root_key_id: id, rewrapped, certificates } = await keys.run("rotate-root-key", { scheme: "file" });
  assert.equal(rewrapped, 6);
  assert.deepEqual(await rootKeysOfWraps(), [id]);
  assert.deepEqual(await statesOfRootKeys(), ["retired", "active"]);
  const [note = ""] = certificates as readonly string[];
  const certificate = openKeyCertificate(note, [verifierKey(keys.signer, keys.publicKey)]);
  assert.deepEqual([certificate.keyId, certificate.tenantId, certificate.rows], [former, SYSTEM_TENANT_ID, 0]);
  assert.equal(await detokenize(token), pan);
  await keys.run("destroy-root-key", { root_key_id: former });
  await bed.standing.vault.stop();
  await bed.standing.restart();
  assert.equal(await detokenize(token), pan);
  const actions = (await entriesOf(bed.adminUrl, SYSTEM_TENANT_ID)).map(({ action }) => action);
  for (const action of ["root-key.activate", "root-key.replace", "root-key.retire", "root-key.destroy"])
    assert.ok(actions.includes(action as (typeof actions)[number]), action);
});

test("a rotation of the root key that was cut off goes on where it was, and makes no second root key", async () => {
  const before = await registeredRootKeys(keys.context);
  const broken = {
    ...keys.context,
    onProgress: (done: number) => {
      if (done === 2) throw new Error("cut off");
    },
  };
  const { rotateRootKey } = await import("@cofferdam/cde/vault/rotation/root-key-rotation.ts");
  await assert.rejects(rotateRootKey(broken, "file"), /cut off/);
  assert.equal((await rootKeysOfWraps()).length, 2);
  await keys.run("rotate-root-key", { scheme: "file" });
  assert.equal((await registeredRootKeys(keys.context)).length, before.length + 1);
  assert.equal((await rootKeysOfWraps()).length, 1);
});

test("wraps that were swapped, moved, cut or emptied open nothing: every change of the matrix is refused", async (t) => {
  const { database, rootKeys } = keys.context;
  const read = (tenantId: string) => database.asTenant(tenantId, (tx) => readWrappedKeys(tx, tenantId));
  const [own, other] = [await read(harbourCoffee.tenantId), await read(lanternBooks.tenantId)];
  let attempts = 0;
  const refused = async (wrapped: Buffer, rootKeyId: string, key: Parameters<typeof wrapContext>[0]): Promise<void> => {
    attempts += 1;
    await assert.rejects(
      rootKeys.unwrap([{ rootKeyId, wrapped }], wrapContext(key)),
      (error) => error instanceof RootKeyError && (error.code === "refused" || error.code === "unknown_key"),
    );
  };
  for (const key of own) {
    const [wrap] = key.wraps;
    assert.ok(wrap);
    const named = { ...key, tenantId: harbourCoffee.tenantId };
    (await rootKeys.unwrap([wrap], wrapContext(named))).fill(0);
    const { rootKeyId, wrapped } = wrap;
    await refused(wrapped, rootKeyId, { ...named, tenantId: lanternBooks.tenantId });
    for (const purpose of ["data", "index", "request"] as const)
      if (purpose !== key.purpose) await refused(wrapped, rootKeyId, { ...named, purpose });
    await refused(wrapped, rootKeyId, { ...named, version: key.version + 1 });
    await refused(wrapped, rootKeyId, { ...named, id: randomUUID() });
    await refused(wrapped, `file:${randomUUID()}`, named);
    for (let length = 0; length < wrapped.length; length += 1)
      await refused(wrapped.subarray(0, length), rootKeyId, named);
    await refused(Buffer.concat([wrapped, Buffer.alloc(1)]), rootKeyId, named);
    for (let bit = 0; bit < wrapped.length * 8; bit += 1) {
      const changed = Buffer.from(wrapped);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await refused(changed, rootKeyId, named);
    }
    for (const foreign of other) await refused(foreign.wraps[0]?.wrapped ?? Buffer.alloc(0), rootKeyId, named);
  }
  t.diagnostic(`${attempts} changed wraps, ${attempts} refused`);
});

test("a tenant that was destroyed cannot be read again, from a backup with all its rows neither", async () => {
  const tenant = { tenantId: randomUUID(), name: "Closing Down" };
  const setup = { now: new Date(), build: "test", actor: keys.context.attribution.actor };
  await provisionTenant(
    keys.context.database,
    keys.context.rootKeys,
    { id: tenant.tenantId, name: tenant.name, retentionClasses: defaultRetentionClasses },
    setup,
  );
  const [gone, kept] = [await tokenize(tenant), await tokenize()];
  assert.equal(await detokenize(gone, tenant), pan);
  // The backup: every row that the tenant has in the tables that can open a card.
  for (const table of ["key_version", "key_wrap", "token"])
    await admin.query(
      `create table public.backup_${table} as select * from vault.${table} where tenant_id = $1`.replace(
        "$1",
        `'${tenant.tenantId}'`,
      ),
    );
  const done = await keys.run("destroy-tenant", { tenant_id: tenant.tenantId, root_keys: "replace" });
  assert.deepEqual([done["keys_destroyed"], done["root_keys_pending"]], [3, []]);
  assert.ok((done["root_keys_destroyed"] as readonly string[]).length >= 1);
  assert.equal(await detokenize(gone, tenant), 403);
  // The restore: everything back as it was, past every trigger.
  await admin.query("begin");
  await admin.query("set local session_replication_role = replica");
  for (const table of ["key_wrap", "key_version", "token"]) {
    await admin.query(`delete from vault.${table} where tenant_id = $1`, [tenant.tenantId]);
    await admin.query(`insert into vault.${table} select * from public.backup_${table}`);
    await admin.query(`drop table public.backup_${table}`);
  }
  await admin.query("update vault.tenant set status = 'active' where tenant_id = $1", [tenant.tenantId]);
  await admin.query("commit");
  assert.equal(
    await eventually(
      () => detokenize(gone, tenant),
      (answer) => answer !== 403,
      10_000,
    ),
    503,
  );
  const wrapped = await keys.context.database.asTenant(tenant.tenantId, (tx) => readWrappedKeys(tx, tenant.tenantId));
  for (const key of wrapped)
    await assert.rejects(
      keys.context.rootKeys.unwrap(key.wraps, wrapContext({ ...key, tenantId: tenant.tenantId })),
      RootKeyError,
    );
  assert.equal(await detokenize(kept), pan);
  await assert.rejects(keys.run("rotate-root-key", { scheme: "file" }), refuses("not_possible"));
  await admin.query("update vault.tenant set status = 'destroyed' where tenant_id = $1", [tenant.tenantId]);
  await keys.run("rotate-root-key", { scheme: "file" });
});

test("a database that comes back from before a root key was destroyed opens again with the bundle of today", async () => {
  const token = await tokenize();
  const text =
    "select tenant_id, key_id, root_key_id, wrapped, created_at from vault.key_wrap where tenant_id = any($1)";
  const living = [harbourCoffee.tenantId, lanternBooks.tenantId];
  const backup = (await admin.query<Record<string, unknown>>(text, [living])).rows;
  const { root_key_id: current, former_root_key_ids: former } = await keys.run("rotate-root-key", { scheme: "file" });
  for (const id of former as readonly string[]) await keys.run("destroy-root-key", { root_key_id: id });
  const { artifact, bundle_sha256: digest } = await keys.run("export-keys", {});
  const bundle = String(artifact);
  await admin.query("begin");
  await admin.query("set local session_replication_role = replica");
  await admin.query("delete from vault.key_wrap where tenant_id = any($1)", [living]);
  for (const row of backup)
    await admin.query(
      "insert into vault.key_wrap (tenant_id, key_id, root_key_id, wrapped, created_at) values ($1, $2, $3, $4, $5)",
      [row["tenant_id"], row["key_id"], row["root_key_id"], row["wrapped"], row["created_at"]],
    );
  await admin.query("delete from vault.root_key where root_key_id = $1", [current]);
  await admin.query(
    "update vault.root_key set state = 'active', retired_at = null, destroyed_at = null where root_key_id = any($1)",
    [former],
  );
  await admin.query("commit");
  const restored = (): Promise<number | string> => detokenize(token);
  assert.equal(await eventually(restored, (answer) => answer === 503, 10_000), 503);
  const forged = bundle.replace(/"version":1/, '"version":2');
  await assert.rejects(keys.run("import-keys", { bundle_sha256: digest, bundle: forged }), refuses("malformed"));
  const { bundleDigest } = await import("@cofferdam/cde/vault/rotation/key-bundle.ts");
  await assert.rejects(
    keys.run("import-keys", { bundle_sha256: bundleDigest(forged), bundle: forged }),
    KeyBundleError,
  );
  const { added } = await keys.run("import-keys", { bundle_sha256: digest, bundle });
  assert.equal(added, backup.length);
  assert.equal(await eventually(restored, (answer) => answer !== 503, 10_000), pan);
  assert.equal((await registeredRootKeys(keys.context)).find(({ id }) => id === current)?.state, "active");
});

test("a bundle from before a rotation brings nothing back under the root key that was retired", async () => {
  const { artifact, bundle_sha256: digest } = await keys.run("export-keys", {});
  const { root_key_id: current } = await keys.run("rotate-root-key", { scheme: "file" });
  const { added } = await keys.run("import-keys", { bundle_sha256: digest, bundle: artifact });
  assert.equal(added, 0);
  assert.deepEqual(await rootKeysOfWraps(), [current]);
});

test("no key is made that no root key wraps", async () => {
  await assert.rejects(
    newWrappedKey(keys.context.rootKeys, [], { tenantId: harbourCoffee.tenantId, purpose: "data", version: 9 }),
    RootKeyError,
  );
});
