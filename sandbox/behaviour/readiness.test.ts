// Readiness is work: the vault says that it can do what callers ask because it has just done it.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { validateHealth } from "@cofferdam/openapi/validate-response.ts";
import { sandboxTenants } from "../callers.ts";
import { openTestBed } from "../test-bed.ts";
import { eventually } from "./eventually.ts";
import { rawCaller } from "./raw-caller.ts";
import { readinessOf } from "./readiness.ts";

const bed = await openTestBed();
const { admin } = bed;
after(() => bed[Symbol.asyncDispose]());

const { tenantId } = sandboxTenants.harbourCoffee;
const capture = await rawCaller(bed.standing, "capture");

async function statusOfCreate(): Promise<number> {
  const { status } = await capture("POST", "/v1/tokens", { body: '{"card":{"pan":"4242424242424242"}}' });
  return status;
}

test("a vault that works says so to callers and to whoever watches it", async () => {
  assert.deepEqual(await readinessOf(bed.standing), { status: 200, failing: [] });
  const answer = await capture("GET", "/readyz");
  const valid = validateHealth(JSON.parse(answer.body));
  assert.ok(valid.ok);
  assert.deepEqual(
    valid.value.checks.map(({ name }) => name),
    ["database", "keys", "audit-head", "accepting"],
  );
});

test("keys that no longer open are noticed while the vault runs, and so is their return", async () => {
  const { rows } = await admin.query<{ key_id: string; wrapped: Buffer }>(
    `select w.key_id, w.wrapped from vault.key_wrap w join vault.key_version k using (tenant_id, key_id)
     where tenant_id = $1 and purpose = 'data'`,
    [tenantId],
  );
  const [key] = rows;
  assert.ok(key);
  const store = (wrapped: Buffer): Promise<unknown> =>
    admin.query("update vault.key_wrap set wrapped = $2 where key_id = $1", [key.key_id, wrapped]);
  assert.equal(await statusOfCreate(), 201);
  await store(Buffer.alloc(key.wrapped.length, 7));
  // Keys in memory serve five seconds, an examination two.
  const sealed = await eventually(
    () => readinessOf(bed.standing),
    ({ status }) => status !== 200,
    10_000,
  );
  assert.deepEqual(sealed, { status: 503, failing: ["keys"] });
  assert.equal(await statusOfCreate(), 503);
  await store(key.wrapped);
  await eventually(
    () => readinessOf(bed.standing),
    ({ status }) => status === 200,
    5_000,
  );
  assert.equal(await statusOfCreate(), 201);
});
