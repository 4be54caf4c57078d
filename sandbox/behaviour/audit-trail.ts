// What a piece of work left in a tenant's audit log.
import type { AuditEntry } from "@cofferdam/cde/vault/audit/event.ts";
import { entriesOf } from "./audit-entries.ts";

/** Does the work and returns the entries that the tenant's log gained by it. */
export async function entriesLeftBy(
  adminUrl: string,
  tenantId: string,
  work: () => Promise<unknown>,
): Promise<readonly AuditEntry[]> {
  const { length } = await entriesOf(adminUrl, tenantId);
  await work();
  return (await entriesOf(adminUrl, tenantId)).slice(length);
}

/** The named fields of entries, row by row. */
export function outline(
  entries: readonly AuditEntry[],
  ...fields: readonly (keyof AuditEntry)[]
): readonly unknown[][] {
  return entries.map((entry) => fields.map((field) => entry[field]));
}
