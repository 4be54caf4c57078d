// Wraps of tenants' keys: making one more, taking one away, counting them. Keys are unwrapped for the moment of the
// rewrapping alone, in the order of the tenants, a tenant at a time.
import { readWrappedKeys, storeWrap, deleteWrap, countWraps, type WrappedKey } from "../keys/key-store.ts";
import { provenWrap } from "../keys/new-wrapped-key.ts";
import { wrapContext } from "../keys/root/root-key.ts";
import type { KeyWrap } from "../keys/root/root-keys.ts";
import { readTenantIds } from "../tenants/tenant-store.ts";
import { audited, type KeyEvent } from "./key-events.ts";
import type { OperationContext } from "./operation.ts";

/** The tenants whose keys are there to be wrapped: all that are not destroyed. */
export function tenantsOf(context: OperationContext): Promise<readonly string[]> {
  return context.database.transaction(readTenantIds);
}

/**
 * Wraps every key of a tenant under a root key that has not wrapped it yet; the wraps of `replaced` root keys go in the
 * same transaction. Each new wrap was opened before it is relied on.
 *
 * @returns how many wraps were made
 * @throws RootKeyError when a key cannot be opened or wrapped: nothing of this tenant has changed
 */
export async function wrapTenant(
  context: OperationContext,
  tenantId: string,
  rootKeyId: string,
  replaced: readonly string[] = [],
): Promise<number> {
  const keys = await context.database.asTenant(tenantId, (tx) => readWrappedKeys(tx, tenantId));
  const lacking = keys.filter((key) => !key.wraps.some((wrap) => wrap.rootKeyId === rootKeyId));
  const made: { readonly key: WrappedKey; readonly wrap: KeyWrap }[] = [];
  for (const key of lacking) made.push({ key, wrap: await rewrapped(context, tenantId, key, rootKeyId) });
  const superfluous = keys.flatMap((key) =>
    key.wraps.filter((wrap) => replaced.includes(wrap.rootKeyId)).map((wrap) => ({ key, wrap })),
  );
  if (made.length === 0 && superfluous.length === 0) return 0;
  await audited(context, tenantId, async (tx) => {
    const now = new Date(context.now());
    for (const { key, wrap } of made) await storeWrap(tx, tenantId, key.id, wrap, now);
    for (const { key, wrap } of superfluous) await deleteWrap(tx, tenantId, key.id, wrap.rootKeyId);
    const events: readonly KeyEvent[] = [
      ...made.map(({ key }) => ({ action: "key.wrap", object: key.id, reason: rootKeyId }) as const),
      ...superfluous.map(({ key, wrap }) => removed(key, wrap)),
    ];
    return { value: undefined, events };
  });
  return made.length;
}

/**
 * Takes the wraps of a root key away from a tenant, once each key was opened by another of its wraps.
 *
 * @returns how many wraps were taken away
 * @throws RootKeyError when a key would be lost: nothing of this tenant has changed
 */
export async function unwrapTenant(context: OperationContext, tenantId: string, rootKeyId: string): Promise<number> {
  const keys = await context.database.asTenant(tenantId, (tx) => readWrappedKeys(tx, tenantId));
  const held = keys.flatMap((key) =>
    key.wraps.filter((wrap) => wrap.rootKeyId === rootKeyId).map((wrap) => ({ key, wrap })),
  );
  for (const { key } of held) {
    const others = key.wraps.filter((wrap) => wrap.rootKeyId !== rootKeyId);
    (await context.rootKeys.unwrap(others, wrapContext({ ...key, tenantId }))).fill(0);
  }
  if (held.length === 0) return 0;
  await audited(context, tenantId, async (tx) => {
    for (const { key } of held) await deleteWrap(tx, tenantId, key.id, rootKeyId);
    return { value: undefined, events: held.map(({ key, wrap }) => removed(key, wrap)) };
  });
  return held.length;
}

/** How many keys of all tenants a root key wraps: the census that its retirement needs to be 0. */
export async function wrapsOf(context: OperationContext, rootKeyId: string): Promise<number> {
  let wraps = 0;
  for (const tenantId of await tenantsOf(context)) {
    wraps += await context.database.asTenant(tenantId, (tx) => countWraps(tx, tenantId, rootKeyId));
  }
  return wraps;
}

async function rewrapped(
  context: OperationContext,
  tenantId: string,
  key: WrappedKey,
  rootKeyId: string,
): Promise<KeyWrap> {
  const bound = wrapContext({ ...key, tenantId });
  const secret = await context.rootKeys.unwrap(key.wraps, bound);
  try {
    return await provenWrap(context.rootKeys, rootKeyId, secret, bound);
  } finally {
    secret.fill(0);
  }
}

function removed(key: WrappedKey, wrap: KeyWrap): KeyEvent {
  return { action: "key.wrap_remove", object: key.id, reason: wrap.rootKeyId };
}
