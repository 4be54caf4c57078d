import { decodeEntry, type AuditEntry } from "@cofferdam/cde/vault/audit/event.ts";
import { asAdmin } from "../admin-client.ts";

/** A tenant's whole audit log, read past the vault, in order. */
export async function entriesOf(adminUrl: string, tenantId: string): Promise<readonly AuditEntry[]> {
  const text = "select entry from vault.audit_event where tenant_id = $1 order by sequence";
  const { rows } = await asAdmin(adminUrl, (client) => client.query<{ readonly entry: string }>(text, [tenantId]));
  return rows.map(({ entry }) => decodeEntry(entry));
}

/** The entries that each request left, by its id. */
export async function entriesByRequest(
  adminUrl: string,
  tenantId: string,
): Promise<ReadonlyMap<string, readonly AuditEntry[]>> {
  return Map.groupBy(await entriesOf(adminUrl, tenantId), (entry) => entry.requestId);
}
