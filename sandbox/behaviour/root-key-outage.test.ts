// When no root key can be reached: what is in memory serves on for a bounded time, and then nothing does.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { RootKeyError } from "@cofferdam/cde/vault/keys/root/root-key.ts";
import { createRootKeys, type RootKeys } from "@cofferdam/cde/vault/keys/root/root-keys.ts";
import { createTenantRegistry } from "@cofferdam/cde/vault/tenants/tenant-registry.ts";
import { readCryptoperiods } from "@cofferdam/cde/vault/keys/cryptoperiods.ts";
import path from "node:path";
import { sandboxTenants } from "../callers.ts";
import { openTestBed } from "../test-bed.ts";
import { keyOperations } from "./key-operations.ts";

const bed = await openTestBed();
const keys = await keyOperations(bed);
after(() => bed[Symbol.asyncDispose]());

const { tenantId } = sandboxTenants.harbourCoffee;
const cryptoperiods = await readCryptoperiods(path.resolve(import.meta.dirname, "../../policies/cryptoperiods.yaml"));
const minuteMs = 60_000;

/** The bed's root keys behind a line that can be cut, and how many calls went over it. */
function cuttable(): { readonly rootKeys: RootKeys; isCut: boolean; calls: number } {
  const line = { rootKeys: keys.context.rootKeys, isCut: false, calls: 0 };
  const [store] = keys.context.rootKeys.stores;
  assert.ok(store);
  line.rootKeys = createRootKeys([
    {
      ...store,
      unwrap: (...wrap) => {
        line.calls += 1;
        return line.isCut ? Promise.reject(new RootKeyError("unavailable", "cut")) : store.unwrap(...wrap);
      },
    },
  ]);
  return line;
}

test("keys in memory serve 15 minutes while no root key can be reached, and not a minute longer", async () => {
  const line = cuttable();
  let elapsed = 0;
  const registry = createTenantRegistry({
    database: bed.databaseAs("api"),
    rootKeys: line.rootKeys,
    cryptoperiods,
    now: Date.now,
    elapsedMs: () => elapsed,
  });
  assert.equal((await registry.find(tenantId))?.id, tenantId);
  line.isCut = true;
  for (elapsed = minuteMs; elapsed < 15 * minuteMs; elapsed += minuteMs)
    assert.equal((await registry.find(tenantId))?.id, tenantId, `${elapsed / minuteMs} minutes`);
  elapsed = 15 * minuteMs;
  await assert.rejects(registry.find(tenantId), RootKeyError);
  line.isCut = false;
  assert.equal((await registry.find(tenantId))?.id, tenantId);
});

test("a tenant in use costs one call a key in five minutes, however busy it is", async () => {
  const line = cuttable();
  let elapsed = 0;
  const registry = createTenantRegistry({
    database: bed.databaseAs("api"),
    rootKeys: line.rootKeys,
    cryptoperiods,
    now: Date.now,
    elapsedMs: () => elapsed,
  });
  for (elapsed = 0; elapsed < 5 * minuteMs; elapsed += 5_000) await registry.find(tenantId);
  assert.equal(line.calls, 3);
  elapsed = 5 * minuteMs;
  await registry.find(tenantId);
  assert.equal(line.calls, 6);
});
