// A tenant's audit log as it lies in the database: no API, policy or cache stands between a test and what was written.
import type { Client } from "pg";
import { decodeEntry, type AuditEntry } from "@cofferdam/cde/vault/audit/event.ts";

/** All entries of a tenant, in order. */
export async function auditTrail(admin: Client, tenantId: string): Promise<readonly AuditEntry[]> {
  const { rows } = await admin.query<{ readonly entry: string }>(
    "select entry from vault.audit_event where tenant_id = $1 order by sequence",
    [tenantId],
  );
  return rows.map(({ entry }) => decodeEntry(entry));
}

/** Does the work and returns the entries that a tenant's log gained by it. */
export async function entriesOf(admin: Client, tenantId: string, work: () => Promise<unknown>): Promise<readonly AuditEntry[]> {
  const { length } = await auditTrail(admin, tenantId);
  await work();
  return (await auditTrail(admin, tenantId)).slice(length);
}
