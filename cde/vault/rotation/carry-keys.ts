// Wrapped keys out of a vault and back into one whose database is older: export and import.
import { readWrappedKeys, storeWrap, deleteWrap, type WrappedKey } from "../keys/key-store.ts";
import { registerRootKey, storeRootKeyState } from "../keys/root/registered-root-key-store.ts";
import { RootKeyError, wrapContext } from "../keys/root/root-key.ts";
import type { KeyWrap } from "../keys/root/root-keys.ts";
import { SYSTEM_TENANT_ID } from "../tenants/system-tenant.ts";
import { bundleDigest, formatKeyBundle, openKeyBundle, type BundledKey, type KeyBundle } from "./key-bundle.ts";
import { audited, type KeyEvent } from "./key-events.ts";
import type { OperationContext } from "./operation.ts";
import { tenantsOf } from "./rewrap.ts";
import { registeredRootKeys } from "./root-key-rotation.ts";

/** An export: the file, and what it holds. */
export interface ExportedKeys {
  readonly file: string;
  readonly sha256: string;
  readonly tenants: number;
  readonly keys: number;
}

/** Writes every wrapped key into a signed file; each tenant's log says that its keys are in it. */
export async function exportKeys(context: OperationContext): Promise<ExportedKeys> {
  const active = (await registeredRootKeys(context)).filter(({ state }) => state === "active");
  const tenants: KeyBundle["tenants"][number][] = [];
  const ids = await tenantsOf(context);
  for (const [index, tenantId] of ids.entries()) {
    if (tenantId === SYSTEM_TENANT_ID) continue;
    const keys = await audited(context, tenantId, async (tx) => {
      const wrapped = await readWrappedKeys(tx, tenantId);
      return { value: wrapped, events: [{ action: "key.export", object: tenantId, reason: `keys=${wrapped.length}` }] };
    });
    tenants.push({ tenant_id: tenantId, keys: keys.map(bundled) });
    context.onProgress(index + 1, ids.length);
  }
  const issued_at = new Date(context.now()).toISOString();
  const file = formatKeyBundle(
    { issued_at, root_keys: active.map(({ id, scheme }) => ({ id, scheme })), tenants },
    context.sign,
  );
  const keys = tenants.reduce((sum, tenant) => sum + tenant.keys.length, 0);
  return { file, sha256: bundleDigest(file), tenants: tenants.length, keys };
}

/**
 * Brings the wraps of a bundle back into a restored database. A wrap is taken only if it opens, only for a key that the
 * database knows, and only of a root key that is in use; wraps of root keys that no store holds any more go, once another opens the key.
 *
 * @throws KeyBundleError: nothing has changed
 */
export async function importKeys(
  context: OperationContext,
  file: string,
): Promise<{ readonly added: number; readonly dropped: number; readonly unknown: number }> {
  const bundle = openKeyBundle(file, context.verify);
  await restoreRootKeys(context, bundle);
  const usable = new Set(
    (await registeredRootKeys(context)).flatMap(({ id, state }) =>
      state === "active" || state === "unwrap-only" ? [id] : [],
    ),
  );
  let [added, dropped, unknown] = [0, 0, 0];
  for (const [index, tenant] of bundle.tenants.entries()) {
    const restored = await restoreTenant(context, tenant, usable);
    added += restored.added;
    dropped += restored.dropped;
    unknown += restored.unknown;
    context.onProgress(index + 1, bundle.tenants.length);
  }
  return { added, dropped, unknown };
}

/**
 * The registry of an old database names root keys of its time: those of the bundle take their places, if their stores hold
 * them. A root key that this vault has retired stays so: an old bundle brings nothing back under it.
 */
async function restoreRootKeys(context: OperationContext, bundle: KeyBundle): Promise<void> {
  const registered = await registeredRootKeys(context);
  const missing: KeyBundle["root_keys"][number][] = [];
  for (const key of bundle.root_keys) {
    if (registered.some(({ id }) => id === key.id)) continue;
    const { keys } = await context.rootKeys.store(key.scheme).status();
    if (keys.some(({ id }) => id === key.id)) missing.push(key);
  }
  if (missing.length === 0) return;
  const replaced = registered.filter(
    ({ scheme, state }) => state === "active" && missing.some((key) => key.scheme === scheme),
  );
  await audited(context, SYSTEM_TENANT_ID, async (tx) => {
    const now = new Date(context.now());
    for (const { id } of replaced) await storeRootKeyState(tx, id, "unwrap-only", now);
    for (const { id, scheme } of missing) await registerRootKey(tx, { id, scheme, now });
    const events: readonly KeyEvent[] = [
      ...replaced.map(({ id }) => ({ action: "root-key.replace", object: id }) as const),
      ...missing.map(({ id }) => ({ action: "root-key.activate", object: id, reason: "import" }) as const),
    ];
    return { value: undefined, events };
  });
}

async function restoreTenant(
  context: OperationContext,
  { tenant_id: tenantId, keys }: KeyBundle["tenants"][number],
  usable: ReadonlySet<string>,
): Promise<{ readonly added: number; readonly dropped: number; readonly unknown: number }> {
  const stored = await context.database.asTenant(tenantId, (tx) => readWrappedKeys(tx, tenantId));
  const known = keys
    .filter((key) => stored.some(({ id }) => id === key.key_id))
    .map((key) => ({ ...key, wraps: key.wraps.filter((wrap) => usable.has(wrap.root_key_id)) }));
  const added: (readonly [string, KeyWrap])[] = [];
  const dropped: (readonly [string, string])[] = [];
  for (const key of stored) {
    const fresh = await openingWraps(context, tenantId, key, known);
    added.push(...fresh.map((wrap) => [key.id, wrap] as const));
    if (fresh.length > 0) dropped.push(...(await deadWraps(context, tenantId, key)).map((id) => [key.id, id] as const));
  }
  if (added.length > 0)
    await audited(context, tenantId, async (tx) => {
      for (const [keyId, wrap] of added) await storeWrap(tx, tenantId, keyId, wrap, new Date(context.now()));
      for (const [keyId, rootKeyId] of dropped) await deleteWrap(tx, tenantId, keyId, rootKeyId);
      const reason = `wraps=${added.length} dropped=${dropped.length}`;
      return { value: undefined, events: [{ action: "key.import", object: tenantId, reason }] };
    });
  return { added: added.length, dropped: dropped.length, unknown: keys.length - known.length };
}

/** The bundle's wraps of a key that the database lacks and that open. */
async function openingWraps(
  context: OperationContext,
  tenantId: string,
  key: WrappedKey,
  bundle: readonly BundledKey[],
): Promise<readonly KeyWrap[]> {
  const offered = bundle
    .filter(({ key_id: keyId }) => keyId === key.id)
    .flatMap(({ wraps }) =>
      wraps.map((wrap) => ({ rootKeyId: wrap.root_key_id, wrapped: Buffer.from(wrap.wrapped, "base64") })),
    )
    .filter((wrap) => !key.wraps.some(({ rootKeyId }) => rootKeyId === wrap.rootKeyId));
  const opening: KeyWrap[] = [];
  for (const wrap of offered) if ((await stateOf(context, tenantId, key, wrap)) === "opens") opening.push(wrap);
  return opening;
}

/** Root keys whose wraps of a key no store can open any more, because it does not hold them. */
async function deadWraps(context: OperationContext, tenantId: string, key: WrappedKey): Promise<readonly string[]> {
  const dead: string[] = [];
  for (const wrap of key.wraps) if ((await stateOf(context, tenantId, key, wrap)) === "dead") dead.push(wrap.rootKeyId);
  return dead;
}

/** Throws RootKeyError for what only an outage may hide. */
async function stateOf(
  context: OperationContext,
  tenantId: string,
  key: WrappedKey,
  wrap: KeyWrap,
): Promise<"opens" | "dead"> {
  try {
    (await context.rootKeys.unwrap([wrap], wrapContext({ ...key, tenantId }))).fill(0);
    return "opens";
  } catch (error) {
    if (error instanceof RootKeyError && (error.code === "refused" || error.code === "unknown_key")) return "dead";
    throw error;
  }
}

function bundled(key: WrappedKey): BundledKey {
  const wraps = key.wraps.map(({ rootKeyId, wrapped }) => ({
    root_key_id: rootKeyId,
    wrapped: wrapped.toString("base64"),
  }));
  return { key_id: key.id, purpose: key.purpose, version: key.version, wraps };
}
