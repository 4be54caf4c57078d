// The life of root keys: replaced, added beside others, taken away, destroyed.
import { readRootKeys, registerRootKey, storeRootKeyState } from "../keys/root/registered-root-key-store.ts";
import type { RegisteredRootKey } from "../keys/root/registered-root-key-store.ts";
import { RootKeyError, isRootKeyOutage, type RootKeyScheme } from "../keys/root/root-key.ts";
import { SYSTEM_TENANT_ID } from "../tenants/system-tenant.ts";
import { noteOn } from "./certify-key.ts";
import { audited, type KeyEvent } from "./key-events.ts";
import { OperationError, type OperationContext } from "./operation.ts";
import { tenantsOf, unwrapTenant, wrapTenant, wrapsOf } from "./rewrap.ts";

/** What a rotation of a root key did. */
export interface RootKeyRotation {
  readonly newRootKeyId: string;
  readonly formerRootKeyIds: readonly string[];
  readonly rewrapped: number;
  /** A signed note for each former root key: nothing is wrapped by it any more. */
  readonly certificates: readonly string[];
}

// A tenant that is created in the middle may still be wrapped by the former root key: then the pass is repeated.
const PASSES = 5;

/** Every root key that was ever registered. */
export function registeredRootKeys(context: OperationContext): Promise<readonly RegisteredRootKey[]> {
  return context.database.asTenant(SYSTEM_TENANT_ID, readRootKeys);
}

/**
 * Replaces the active root key of a store: a new one is made, every tenant's keys are wrapped under it, and the former is
 * retired when no wrap of it is left. Called again after a crash it goes on where it was.
 *
 * @throws OperationError `unknown_store` when the store has no active root key; RootKeyError when it cannot be reached
 */
export async function rotateRootKey(context: OperationContext, scheme: RootKeyScheme): Promise<RootKeyRotation> {
  const before = await ofScheme(context, scheme);
  const active = before.find(({ state }) => state === "active");
  if (active === undefined) throw new OperationError("unknown_store", "that store has no active root key");
  const isUnfinished = before.some(({ state }) => state === "unwrap-only");
  const newRootKeyId = isUnfinished ? active.id : await succeed(context, active);
  const former = await formerWithWraps(context, scheme);
  const rewrapped = await moveWraps(context, newRootKeyId, former);
  const certificates: string[] = [];
  for (const rootKeyId of former) certificates.push(await retire(context, rootKeyId));
  return { newRootKeyId, formerRootKeyIds: former, rewrapped, certificates };
}

/**
 * Takes the root key of one more store into use, beside those that are: every key gets a wrap of it, and any one of the
 * wraps opens it. Called again after a crash it goes on where it was.
 */
export async function addWrap(
  context: OperationContext,
  scheme: RootKeyScheme,
): Promise<{ readonly rootKeyId: string; readonly wrapped: number }> {
  const active = (await ofScheme(context, scheme)).find(({ state }) => state === "active");
  const rootKeyId = active?.id ?? (await freshRootKey(context, scheme));
  if (active === undefined) await activate(context, rootKeyId, scheme);
  return { rootKeyId, wrapped: await moveWraps(context, rootKeyId, []) };
}

/**
 * Takes a store out of use: its root key wraps nothing new, and its wraps go once each key was opened by another.
 *
 * @throws OperationError `unknown_store`, `still_needed` for the only store; RootKeyError when a key would be lost
 */
export async function removeWrap(
  context: OperationContext,
  scheme: RootKeyScheme,
): Promise<{
  readonly rootKeyIds: readonly string[];
  readonly removed: number;
  readonly certificates: readonly string[];
}> {
  const registered = await registeredRootKeys(context);
  const used = registered.filter((key) => key.scheme === scheme && isInUse(key));
  if (used.length === 0) throw new OperationError("unknown_store", "no key is wrapped by that store");
  if (!registered.some((key) => key.scheme !== scheme && key.state === "active")) {
    throw new OperationError("still_needed", "no other store has an active root key");
  }
  await stepBack(context, used);
  let removed = 0;
  const certificates: string[] = [];
  for (const { id } of used) {
    const tenants = await tenantsOf(context);
    for (const [index, tenantId] of tenants.entries()) {
      removed += await unwrapTenant(context, tenantId, id);
      context.onProgress(index + 1, tenants.length);
    }
    certificates.push(await retire(context, id));
  }
  return { rootKeyIds: used.map(({ id }) => id), removed, certificates };
}

/**
 * Destroys a retired root key in its store. From then on nothing that it ever wrapped can be opened, in backups neither.
 *
 * @throws OperationError `unknown_key`, `still_needed` while it is in use, `records_remain`, `not_possible`
 */
export async function destroyRootKey(context: OperationContext, rootKeyId: string): Promise<void> {
  if ((await demandRetired(context, rootKeyId)).state === "destroyed") return;
  await context.destroyRootKey(rootKeyId);
  await audited(context, SYSTEM_TENANT_ID, async (tx) => {
    await storeRootKeyState(tx, rootKeyId, "destroyed", new Date(context.now()));
    return { value: undefined, events: [{ action: "root-key.destroy", object: rootKeyId }] };
  });
}

/** The root key, once it is retired and wraps nothing. Throws OperationError as `destroyRootKey` does. */
export async function demandRetired(context: OperationContext, rootKeyId: string): Promise<RegisteredRootKey> {
  const key = (await registeredRootKeys(context)).find(({ id }) => id === rootKeyId);
  if (key === undefined) throw new OperationError("unknown_key", "there is no such root key");
  if (isInUse(key)) throw new OperationError("still_needed", `the root key is ${key.state}`);
  const wraps = await wrapsOf(context, rootKeyId);
  if (wraps > 0) throw new OperationError("records_remain", `${wraps} keys are wrapped by the root key`);
  return key;
}

function isInUse({ state }: RegisteredRootKey): boolean {
  return state === "active" || state === "unwrap-only";
}

async function ofScheme(context: OperationContext, scheme: RootKeyScheme): Promise<readonly RegisteredRootKey[]> {
  return (await registeredRootKeys(context)).filter((key) => key.scheme === scheme);
}

/**
 * Root keys of a store whose wraps must go: those that have stepped back, and retired ones that somebody's import or an
 * old database has given wraps again.
 */
async function formerWithWraps(context: OperationContext, scheme: RootKeyScheme): Promise<readonly string[]> {
  const former: string[] = [];
  for (const { id, state } of await ofScheme(context, scheme)) {
    if (state === "unwrap-only" || (state === "retired" && (await wrapsOf(context, id)) > 0)) former.push(id);
  }
  return former;
}

async function succeed(context: OperationContext, active: RegisteredRootKey): Promise<string> {
  const rootKeyId = await freshRootKey(context, active.scheme);
  await audited(context, SYSTEM_TENANT_ID, async (tx) => {
    const now = new Date(context.now());
    await storeRootKeyState(tx, active.id, "unwrap-only", now);
    await registerRootKey(tx, { id: rootKeyId, scheme: active.scheme, now });
    const events: readonly KeyEvent[] = [
      { action: "root-key.activate", object: rootKeyId },
      { action: "root-key.replace", object: active.id },
    ];
    return { value: undefined, events };
  });
  return rootKeyId;
}

/** A root key that was never in use: one that an interrupted rotation left behind, or a new one. */
async function freshRootKey(context: OperationContext, scheme: RootKeyScheme): Promise<string> {
  const store = context.rootKeys.store(scheme);
  const registered = new Set((await registeredRootKeys(context)).map(({ id }) => id));
  const unused = (await store.status()).keys.findLast(({ id }) => !registered.has(id));
  return unused?.id ?? (await store.generate()).id;
}

function activate(context: OperationContext, rootKeyId: string, scheme: RootKeyScheme): Promise<void> {
  return audited(context, SYSTEM_TENANT_ID, async (tx) => {
    await registerRootKey(tx, { id: rootKeyId, scheme, now: new Date(context.now()) });
    return { value: undefined, events: [{ action: "root-key.activate", object: rootKeyId }] };
  });
}

async function stepBack(context: OperationContext, used: readonly RegisteredRootKey[]): Promise<void> {
  const active = used.filter(({ state }) => state === "active");
  if (active.length === 0) return;
  await audited(context, SYSTEM_TENANT_ID, async (tx) => {
    // Behind the lock, once more: another operation may have taken the other store out of use meanwhile.
    const others = (await readRootKeys(tx)).filter(
      ({ id, state }) => state === "active" && !active.some((key) => key.id === id),
    );
    if (others.length === 0) throw new OperationError("still_needed", "no other store has an active root key");
    for (const { id } of active) await storeRootKeyState(tx, id, "unwrap-only", new Date(context.now()));
    return { value: undefined, events: active.map(({ id }) => ({ action: "root-key.replace", object: id }) as const) };
  });
}

/**
 * Wraps every tenant's keys under a root key, and removes the wraps of its predecessors, until none of those is left. A
 * tenant whose keys do not open holds up no other; it is told of at the end.
 */
async function moveWraps(context: OperationContext, rootKeyId: string, former: readonly string[]): Promise<number> {
  let wrapped = 0;
  for (let pass = 1; pass <= PASSES; pass += 1) {
    const tenants = await tenantsOf(context);
    let shut = 0;
    for (const [index, tenantId] of tenants.entries()) {
      const made = await wrapTenant(context, tenantId, rootKeyId, former).catch(unlessOutage);
      if (made === null) shut += 1;
      else wrapped += made;
      context.onProgress(index + 1, tenants.length);
    }
    if (shut > 0)
      throw new OperationError("not_possible", `the keys of ${shut} tenants do not open; all others are done`);
    const left = await Promise.all(former.map((id) => wrapsOf(context, id)));
    if (left.every((wraps) => wraps === 0)) return wrapped;
  }
  throw new OperationError("records_remain", "wraps of the former root key keep coming: try again");
}

function unlessOutage(error: unknown): null {
  if (error instanceof RootKeyError && !isRootKeyOutage(error)) return null;
  throw error;
}

/** Retires a root key that wraps nothing any more, and certifies it. */
async function retire(context: OperationContext, rootKeyId: string): Promise<string> {
  const wraps = await wrapsOf(context, rootKeyId);
  if (wraps > 0) throw new OperationError("records_remain", `${wraps} keys are wrapped by the root key`);
  return audited(context, SYSTEM_TENANT_ID, async (tx, head) => {
    const named = { tenantId: SYSTEM_TENANT_ID, keyId: rootKeyId, purpose: "root", version: 1 } as const;
    const note = noteOn(context, named, head);
    await storeRootKeyState(tx, rootKeyId, "retired", new Date(context.now()));
    return { value: note, events: [{ action: "root-key.retire", object: rootKeyId }] };
  });
}
