// A data key wears out, is replaced while the vault runs, and still opens what it sealed.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { sandboxTenants } from "../callers.ts";
import { openTestBed } from "../test-bed.ts";
import { eventually } from "./eventually.ts";

const setup = path.resolve(import.meta.dirname, "../../cde/vault/setup.ts");
const bed = await openTestBed();
const { admin } = bed;
after(() => bed[Symbol.asyncDispose]());

const { tenantId } = sandboxTenants.harbourCoffee;
const [capture, egress] = [await bed.client("capture"), await bed.client("egress")];
const card = { pan: "4242424242424242" };

async function tokenize(): Promise<{ readonly status: number; readonly token: string }> {
  const { data, response } = await capture.POST("/v1/tokens", { body: { card, reuse: "single" } });
  return { status: response.status, token: data?.token ?? "" };
}

async function detokenize(token: string): Promise<string | undefined> {
  const { data } = await egress.POST("/v1/tokens/{token}/detokenize", {
    params: { path: { token } },
    body: { purpose: "refund" },
  });
  return data?.card.pan;
}

test("a data key past its cryptoperiod protects no new card, still opens, and leaves the vault in service", async () => {
  const { token } = await tokenize();
  await admin.query(
    "update vault.key_version set activated_at = activated_at - interval '91 days' where tenant_id = $1 and purpose = 'data'",
    [tenantId],
  );
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
  const urlFile = path.join(bed.standing.directory, "rotator-url");
  await writeFile(urlFile, bed.standing.urls.rotator, { mode: 0o600 });
  const keys = path.join(bed.standing.directory, "keys");
  const { stdout } = await promisify(execFile)(process.execPath, [
    setup,
    "rotate-data-key",
    "--database-url-file",
    urlFile,
    "--root-key",
    `file:${path.join(keys, "root-key.json")}`,
    "--passphrase-file",
    path.join(keys, "root-key-passphrase"),
    "--id",
    tenantId,
  ]);
  assert.equal(stdout, "data key version 2 is the primary\n");
  await eventually(tokenize, ({ status }) => status === 201, 8_000);
  assert.equal(await detokenize(rows[0]?.token ?? ""), card.pan);
  const versions = await admin.query<{ state: string }>(
    `select distinct k.version, k.state from vault.token t join vault.key_version k using (tenant_id, key_id)
     where t.tenant_id = $1 order by k.version`,
    [tenantId],
  );
  assert.deepEqual(versions.rows, [
    { version: 1, state: "decrypt-only" },
    { version: 2, state: "active" },
  ]);
});
