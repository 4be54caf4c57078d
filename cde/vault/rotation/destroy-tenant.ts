// The end of a tenant: its keys are destroyed, so that nobody can read its rows again.
//
// A backup of the database still holds the wraps of its keys. They open as long as the root key that made them lives, so
// the root keys are replaced, all other tenants' keys are wrapped anew, and the former root keys are destroyed.
import { deleteWrap, lockKeyVersions, readWrappedKeys, storeKeyState } from "../keys/key-store.ts";
import { readTenantStatus, storeTenantStatus } from "../tenants/tenant-store.ts";
import { audited, type KeyEvent } from "./key-events.ts";
import { OperationError, type OperationContext } from "./operation.ts";
import { demandRetired, destroyRootKey, registeredRootKeys, rotateRootKey } from "./root-key-rotation.ts";

/** What became of a tenant's keys, and of those that could open a backup. */
export interface TenantDestruction {
  readonly tenantId: string;
  readonly keysDestroyed: number;
  readonly rootKeysDestroyed: readonly string[];
  /** Root keys that made wraps which lie in backups and that only somebody else can destroy, e.g. in a cloud console. */
  readonly rootKeysPending: readonly string[];
}

/**
 * Destroys a tenant's keys and, when `replaceRootKeys` says so, the root keys that its wraps in backups could be opened
 * with. Called again after a crash it goes on where it was.
 *
 * @throws OperationError `unknown_tenant`; RootKeyError when a store cannot be reached: the tenant is destroyed already
 */
export async function destroyTenant(
  context: OperationContext,
  tenantId: string,
  replaceRootKeys: boolean,
): Promise<TenantDestruction> {
  const keysDestroyed = await destroyKeys(context, tenantId);
  if (!replaceRootKeys)
    return { tenantId, keysDestroyed, rootKeysDestroyed: [], rootKeysPending: await livingRootKeys(context) };
  const active = (await registeredRootKeys(context)).filter(({ state }) => state === "active");
  for (const { scheme } of active) await rotateRootKey(context, scheme);
  const destroyed: string[] = [];
  const pending: string[] = [];
  for (const { id, state } of await registeredRootKeys(context)) {
    if (state !== "retired") continue;
    const isDestroyed = await destroyRetired(context, id);
    (isDestroyed ? destroyed : pending).push(id);
  }
  return { tenantId, keysDestroyed, rootKeysDestroyed: destroyed, rootKeysPending: pending };
}

/** Throws OperationError `unknown_tenant` unless there is a tenant to destroy. */
export async function demandTenant(context: OperationContext, tenantId: string): Promise<void> {
  const status = await context.database.asTenant(tenantId, (tx) => readTenantStatus(tx, tenantId));
  if (status === null) throw new OperationError("unknown_tenant", "there is no such tenant");
}

async function destroyKeys(context: OperationContext, tenantId: string): Promise<number> {
  await demandTenant(context, tenantId);
  return audited(context, tenantId, async (tx) => {
    if ((await readTenantStatus(tx, tenantId)) === "destroyed") return { value: 0, events: [] };
    await storeTenantStatus(tx, tenantId, "destroyed");
    const keys = (await lockKeyVersions(tx, tenantId)).filter(({ state }) => state !== "destroyed");
    const wrapped = await readWrappedKeys(tx, tenantId);
    for (const key of keys) await storeKeyState(tx, tenantId, { ...key, state: "destroyed", isPrimary: false });
    for (const { id, wraps } of wrapped)
      for (const { rootKeyId } of wraps) await deleteWrap(tx, tenantId, id, rootKeyId);
    const events: readonly KeyEvent[] = [
      ...keys.map(({ id }) => ({ action: "key.destroy", object: id }) as const),
      { action: "tenant.destroy", object: tenantId },
    ];
    return { value: keys.length, events };
  });
}

async function destroyRetired(context: OperationContext, rootKeyId: string): Promise<boolean> {
  await demandRetired(context, rootKeyId);
  try {
    await destroyRootKey(context, rootKeyId);
    return true;
  } catch (error) {
    if (error instanceof OperationError && error.code === "not_possible") return false;
    throw error;
  }
}

async function livingRootKeys(context: OperationContext): Promise<readonly string[]> {
  return (await registeredRootKeys(context)).filter(({ state }) => state !== "destroyed").map(({ id }) => id);
}
