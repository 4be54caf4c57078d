import { randomUUID } from "node:crypto";
import type { Database, Transaction } from "@cofferdam/kit/database.ts";
import { appendEvents, lockHead } from "../audit/audit-store.ts";
import type { AuditEvent } from "../audit/event.ts";
import { storeNewPrimary } from "../keys/key-store.ts";
import type { KeyPurpose } from "../keys/keyring.ts";
import { newWrappedKey } from "../keys/new-wrapped-key.ts";
import { enterTenant } from "../keys/root/registered-root-key-store.ts";
import type { RootKeys } from "../keys/root/root-keys.ts";
import { activeRootKeyIds, holdActive } from "./active-root-keys.ts";
import type { KeyOperation } from "./key-operation.ts";
import { readTenantStatus, storeTenant, type RetentionClass } from "./tenant-store.ts";

const purposes: readonly KeyPurpose[] = ["data", "index", "request"];

/** What a tenant starts with when nothing else is said. */
export const defaultRetentionClasses: readonly RetentionClass[] = [
  { name: "standard", maxAgeDays: 1_096, businessReason: "Returning customers and refunds; reviewed every quarter." },
  { name: "dispute", maxAgeDays: 548, businessReason: "Card-scheme dispute windows, with a margin for arbitration." },
  { name: "one-time", maxAgeDays: 30, businessReason: "A single purchase and its usual refund window." },
];

export interface NewTenant {
  /** UUID, lower case. */
  readonly id: string;
  readonly name: string;
  readonly retentionClasses: readonly RetentionClass[];
}

/**
 * Creates a tenant with its keys, retention classes and audit log in one audited transaction. Each key is made here,
 * wrapped by every active root key, and zeroed.
 *
 * @returns false when the tenant exists already: nothing has changed
 * @throws RootKeyError when a root key cannot be had; KeyringError `stale` when root keys were replaced meanwhile
 */
export async function provisionTenant(
  database: Database,
  rootKeys: RootKeys,
  tenant: NewTenant,
  context: KeyOperation,
): Promise<boolean> {
  const rootKeyIds = await activeRootKeyIds(database, rootKeys, context);
  const keys = await Promise.all(
    purposes.map((purpose) => newWrappedKey(rootKeys, rootKeyIds, { tenantId: tenant.id, purpose, version: 1 })),
  );
  return database.transaction(async (tx) => {
    await holdActive(tx, rootKeyIds);
    await enterTenant(tx, tenant.id);
    if ((await readTenantStatus(tx, tenant.id)) !== null) return false;
    await storeTenant(tx, { id: tenant.id, name: tenant.name, now: context.now }, tenant.retentionClasses);
    for (const key of keys) await storeNewPrimary(tx, { ...key, now: context.now });
    await recordCreation(
      tx,
      tenant.id,
      keys.map((key) => key.id),
      context,
    );
    return true;
  });
}

async function recordCreation(
  tx: Transaction,
  tenantId: string,
  keyIds: readonly string[],
  context: KeyOperation,
): Promise<void> {
  const attribution = { actor: context.actor, origin: "local", requestId: randomUUID() };
  const created = { ...attribution, outcome: "allowed", reason: null, state: null } as const;
  const events: readonly AuditEvent[] = [
    { ...created, action: "tenant.create", object: tenantId },
    ...keyIds.map((keyId) => ({ ...created, action: "key.create", object: keyId }) as const),
  ];
  const head = await lockHead(tx, tenantId);
  await appendEvents(tx, tenantId, head, events, context);
}
