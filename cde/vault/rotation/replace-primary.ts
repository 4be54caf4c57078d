// A new primary key for a purpose of a tenant: the heart of rotation and of revocation.
import type { Transaction } from "@cofferdam/kit/database.ts";
import { lockKeyVersions, readKeyVersions, storeKeyState, storeNewPrimary } from "../keys/key-store.ts";
import { KeyringError, changeState, promote, type KeyPurpose, type KeyVersion } from "../keys/keyring.ts";
import { newWrappedKey, type NewWrappedKey } from "../keys/new-wrapped-key.ts";
import { enterTenant } from "../keys/root/registered-root-key-store.ts";
import { activeRootKeyIds, holdActive } from "../tenants/active-root-keys.ts";
import { readTenantStatus } from "../tenants/tenant-store.ts";
import { countRows } from "./census-store.ts";
import { auditedIn, type KeyEvent } from "./key-events.ts";
import { OperationError, type OperationContext } from "./operation.ts";
import type { NamedKey } from "./parameters.ts";

/** What came of it. */
export interface Replacement {
  readonly newKeyId: string;
  readonly newVersion: number;
  readonly formerKeyId: string;
}

// Somebody else may have changed root keys or versions between the making of a key and its storing.
const ATTEMPTS = 3;

/**
 * Gives a tenant a new primary key: what is protected from the commit on is protected under it, in every process; the
 * former primary only opens (PCI DSS 3.7.4, 3.7.5).
 *
 * @throws OperationError `unknown_tenant`; RootKeyError when a root key cannot be had: nothing has changed
 */
export function rotateKey(context: OperationContext, tenantId: string, purpose: KeyPurpose): Promise<Replacement> {
  return replacePrimary(context, tenantId, purpose, (ring, former) => ({
    ring,
    events: [{ action: "key.retire", object: former.id }],
  }));
}

/**
 * Takes a key version out of use at once because somebody may know it. The primary gets a successor in the same
 * transaction; the records of a revoked key still open, so that they can be moved.
 *
 * One person may do this alone, so not without end: an earlier revocation must have moved its rows first.
 *
 * @returns the key that was revoked, and its successor where it needed one
 * @throws OperationError `unknown_key`, `not_possible` while an earlier revocation of that purpose moves rows; KeyringError `illegal_transition` when it is revoked or destroyed already
 */
export async function revokeKey(
  context: OperationContext,
  named: NamedKey,
): Promise<{ readonly keyId: string; readonly successor: Replacement | null }> {
  const revoked = await findKey(context, named);
  await demandNoneMoving(context, named);
  if (revoked.isPrimary) {
    const successor = await replacePrimary(context, named.tenantId, named.purpose, (ring, former) => {
      if (former.id !== revoked.id) throw new KeyringError("stale");
      return {
        ring: changeState(ring, former.id, "compromised", 0, context.now()),
        events: [{ action: "key.revoke", object: former.id }],
      };
    });
    return { keyId: revoked.id, successor };
  }
  await context.database.asTenant(named.tenantId, (tx) =>
    auditedIn(context, tx, named.tenantId, async () => {
      const ring = changeState(await lockKeyVersions(tx, named.tenantId), revoked.id, "compromised", 0, context.now());
      for (const key of ring.filter(({ id }) => id === revoked.id)) await storeKeyState(tx, named.tenantId, key);
      return { value: undefined, events: [{ action: "key.revoke", object: revoked.id }] };
    }),
  );
  return { keyId: revoked.id, successor: null };
}

async function demandNoneMoving(context: OperationContext, { tenantId, purpose }: NamedKey): Promise<void> {
  const compromised = (await versionsOf(context, tenantId)).filter(
    (key) => key.purpose === purpose && key.state === "compromised",
  );
  for (const key of compromised) {
    if ((await context.database.asTenant(tenantId, (tx) => countRows(tx, tenantId, key))) > 0) {
      throw new OperationError("not_possible", "the rows of a key that was revoked earlier are still moving");
    }
  }
}

/** The key version of that name, as it is now. Throws OperationError `unknown_tenant`, `unknown_key`. */
export async function findKey(context: OperationContext, named: NamedKey): Promise<KeyVersion> {
  const versions = await versionsOf(context, named.tenantId);
  const found = versions.find(({ purpose, version }) => purpose === named.purpose && version === named.version);
  if (found === undefined) throw new OperationError("unknown_key", "the tenant has no such key version");
  return found;
}

/** Every key version of a tenant. Throws OperationError `unknown_tenant`. */
export async function versionsOf(context: OperationContext, tenantId: string): Promise<readonly KeyVersion[]> {
  const versions = await context.database.asTenant(tenantId, async (tx) =>
    (await readTenantStatus(tx, tenantId)) === null ? [] : readKeyVersions(tx, tenantId),
  );
  if (versions.length === 0) throw new OperationError("unknown_tenant", "there is no such tenant, or it has no keys");
  return versions;
}

type Settle = (
  ring: readonly KeyVersion[],
  former: KeyVersion,
) => { readonly ring: readonly KeyVersion[]; readonly events: readonly KeyEvent[] };

async function replacePrimary(
  context: OperationContext,
  tenantId: string,
  purpose: KeyPurpose,
  settle: Settle,
): Promise<Replacement> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await replaceOnce(context, tenantId, purpose, settle);
    } catch (error) {
      if (!(error instanceof KeyringError && error.code === "stale") || attempt === ATTEMPTS) throw error;
    }
  }
}

/** The new key is made and wrapped before the transaction: no lock waits for an HSM. */
async function replaceOnce(
  context: OperationContext,
  tenantId: string,
  purpose: KeyPurpose,
  settle: Settle,
): Promise<Replacement> {
  const { actor } = context.attribution;
  const setup = { now: new Date(context.now()), build: context.build, actor };
  const rootKeyIds = await activeRootKeyIds(context.database, context.rootKeys, setup);
  const version = nextVersion(await versionsOf(context, tenantId), purpose);
  const created = await newWrappedKey(context.rootKeys, rootKeyIds, { tenantId, purpose, version });
  return context.database.transaction(async (tx) => {
    await holdActive(tx, rootKeyIds);
    await enterTenant(tx, tenantId);
    return auditedIn(context, tx, tenantId, () => install(tx, created, settle, context.now()));
  });
}

async function install(
  tx: Transaction,
  created: NewWrappedKey,
  settle: Settle,
  nowMs: number,
): Promise<{ readonly value: Replacement; readonly events: readonly KeyEvent[] }> {
  const { tenantId, purpose } = created;
  const keys = await lockKeyVersions(tx, tenantId);
  const former = keys.find((key) => key.purpose === purpose && key.isPrimary);
  if (former === undefined) throw new KeyringError("no_primary");
  if (created.version !== nextVersion(keys, purpose)) throw new KeyringError("stale");
  const pending = { ...created, state: "active", isPrimary: false, uses: 0, activatedAtMs: nowMs } as const;
  const { ring, events } = settle(promote([...keys, pending], created.id), former);
  // The former primary steps back first: the database allows one primary for each purpose at any moment.
  for (const key of ring.filter(({ id }) => id === former.id)) await storeKeyState(tx, tenantId, key);
  await storeNewPrimary(tx, { ...created, now: new Date(nowMs) });
  return {
    value: { newKeyId: created.id, newVersion: created.version, formerKeyId: former.id },
    events: [
      { action: "key.create", object: created.id, reason: `${purpose} version=${created.version}` },
      { action: "key.promote", object: created.id },
      ...events,
    ],
  };
}

function nextVersion(keys: readonly KeyVersion[], purpose: KeyPurpose): number {
  return Math.max(0, ...keys.filter((key) => key.purpose === purpose).map((key) => key.version)) + 1;
}
