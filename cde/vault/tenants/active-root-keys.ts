// Which root keys wrap new keys. The first ever is taken into use without more ado; from then on a change of them is a key
// operation of its own (`rotation/`).
import { randomUUID } from "node:crypto";
import type { Database, Transaction } from "@cofferdam/kit/database.ts";
import { appendEvents, lockHead } from "../audit/audit-store.ts";
import { KeyringError } from "../keys/keyring.ts";
import { enterTenant, readRootKeys, registerRootKey, shareActive } from "../keys/root/registered-root-key-store.ts";
import type { RootKeyScheme } from "../keys/root/root-key.ts";
import type { RootKeys } from "../keys/root/root-keys.ts";
import type { KeyOperation } from "./key-operation.ts";
import { SYSTEM_TENANT_ID } from "./system-tenant.ts";

/**
 * The active root keys. In a vault that has never had one, the newest root key of each store of this process becomes
 * active, audited; a store without one makes it. Throws RootKeyError when a store cannot be reached then.
 */
export async function activeRootKeyIds(
  database: Database,
  rootKeys: RootKeys,
  context: KeyOperation,
): Promise<readonly string[]> {
  const registered = await database.asTenant(SYSTEM_TENANT_ID, readRootKeys);
  const active = registered.filter(({ state }) => state === "active");
  if (registered.length > 0) return active.map(({ id }) => id).sort();
  const first = await Promise.all(rootKeys.stores.map(async (store) => newestOf(store.scheme, rootKeys)));
  await database.asTenant(SYSTEM_TENANT_ID, async (tx) => {
    const head = await lockHead(tx, SYSTEM_TENANT_ID);
    // Whoever came first has the lock and has registered them.
    if ((await readRootKeys(tx)).length > 0) return;
    for (const key of first) await registerRootKey(tx, { ...key, now: context.now });
    const events = first.map(({ id }) => rootKeyEvent("root-key.activate", id, context));
    await appendEvents(tx, SYSTEM_TENANT_ID, head, events, context);
  });
  return activeRootKeyIds(database, rootKeys, context);
}

/**
 * Keeps the active root keys active until the transaction ends; leaves it as the vault's own tenant. Throws KeyringError
 * `stale` when they are not those that new keys were just wrapped under.
 */
export async function holdActive(tx: Transaction, rootKeyIds: readonly string[]): Promise<void> {
  await enterTenant(tx, SYSTEM_TENANT_ID);
  const active = (await shareActive(tx)).map(({ id }) => id).sort();
  if (active.join() !== [...rootKeyIds].sort().join()) throw new KeyringError("stale");
}

async function newestOf(scheme: RootKeyScheme, rootKeys: RootKeys): Promise<{ id: string; scheme: RootKeyScheme }> {
  const store = rootKeys.store(scheme);
  const newest = (await store.status()).keys.at(-1) ?? (await store.generate());
  return { id: newest.id, scheme };
}

function rootKeyEvent(action: "root-key.activate", object: string, { actor }: KeyOperation) {
  const attribution = { actor, origin: "local", requestId: randomUUID() };
  return { ...attribution, action, object, outcome: "allowed", reason: null, state: null } as const;
}
