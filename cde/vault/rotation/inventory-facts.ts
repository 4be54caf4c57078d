// Reads from a running vault what its key inventory is made of.
import type { InventoryFacts, RootKeyInUse } from "../keys/inventory/inventory.ts";
import type { RootKeyStatus } from "../keys/root/root-key.ts";
import { SYSTEM_TENANT_ID } from "../tenants/system-tenant.ts";
import { censusOf } from "./certify-key.ts";
import type { OperationContext } from "./operation.ts";
import { tenantsOf } from "./rewrap.ts";
import { registeredRootKeys } from "./root-key-rotation.ts";

/** What the database does not know. */
export type Deployment = Omit<InventoryFacts, "takenAtMs" | "rootKeys" | "tenants">;

/** The facts of this moment. A store that does not answer is told as such; its keys are listed all the same. */
export async function readInventoryFacts(context: OperationContext, deployment: Deployment): Promise<InventoryFacts> {
  const tenants: InventoryFacts["tenants"][number][] = [];
  for (const tenantId of await tenantsOf(context)) {
    if (tenantId !== SYSTEM_TENANT_ID) tenants.push({ tenantId, keys: await censusOf(context, tenantId) });
  }
  return { ...deployment, takenAtMs: context.now(), rootKeys: await rootKeysIn(context), tenants };
}

async function rootKeysIn(context: OperationContext): Promise<readonly RootKeyInUse[]> {
  const statuses = new Map(
    await Promise.all(
      context.rootKeys.stores.map(async (store) => [store.scheme, await store.status().catch(() => null)] as const),
    ),
  );
  return (await registeredRootKeys(context)).map(({ id, scheme, state, activatedAtMs }) => {
    const status: RootKeyStatus | null = statuses.get(scheme) ?? null;
    const createdAtMs = status?.keys.find((key) => key.id === id)?.createdAtMs ?? null;
    return { id, scheme, state, activatedAtMs, createdAtMs, location: status?.location ?? "store not reached" };
  });
}
