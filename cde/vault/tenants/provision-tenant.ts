import { randomUUID } from "node:crypto";
import type { Database, Transaction } from "@cofferdam/kit/database.ts";
import { appendEvents, lockHead } from "../audit/audit-store.ts";
import type { AuditEvent } from "../audit/event.ts";
import { storeNewPrimary } from "../keys/key-store.ts";
import type { KeyPurpose } from "../keys/keyring.ts";
import { newWrappedKey } from "../keys/new-wrapped-key.ts";
import type { RootKey } from "../keys/root-key.ts";
import { readTenantStatus, storeTenant, type RetentionClass } from "./tenant-store.ts";

const purposes: readonly KeyPurpose[] = ["data", "index", "request"];

/** What a tenant starts with when nothing else is said. */
export const defaultRetentionClasses: readonly RetentionClass[] = [
  { name: "standard", maxAgeDays: 1_096, businessReason: "Returning customers and refunds; reviewed every quarter." },
  { name: "dispute", maxAgeDays: 548, businessReason: "Card-scheme dispute windows, with a margin for arbitration." },
  { name: "one-time", maxAgeDays: 30, businessReason: "A single purchase and its usual refund window." },
];

/** Who changes keys, when, with which build: for the audit log. */
export interface KeyOperation {
  readonly now: Date;
  readonly build: string;
  readonly actor: AuditEvent["actor"];
}

export interface NewTenant {
  /** UUID, lower case. */
  readonly id: string;
  readonly name: string;
  readonly retentionClasses: readonly RetentionClass[];
}

/**
 * Creates a tenant with its keys, retention classes and audit log in one audited transaction. Each key is made here,
 * wrapped by the root key, and zeroed.
 *
 * @returns false when the tenant exists already: nothing has changed
 */
export async function provisionTenant(
  database: Database,
  rootKey: RootKey,
  tenant: NewTenant,
  context: KeyOperation,
): Promise<boolean> {
  const keys = await Promise.all(
    purposes.map((purpose) => newWrappedKey(rootKey, { tenantId: tenant.id, purpose, version: 1 })),
  );
  return database.asTenant(tenant.id, async (tx) => {
    if ((await readTenantStatus(tx, tenant.id)) !== null) return false;
    await storeTenant(tx, { id: tenant.id, name: tenant.name, now: context.now }, tenant.retentionClasses);
    for (const key of keys) {
      await storeNewPrimary(tx, { ...key, rootKeyId: rootKey.id, now: context.now });
    }
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
