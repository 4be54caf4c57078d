// The SQL of tenants and their retention classes.
import type { Statement, Transaction } from "@cofferdam/kit/database.ts";

export type TenantStatus = "active" | "suspended" | "destroyed";

export interface RetentionClass {
  readonly name: string;
  readonly maxAgeDays: number;
  readonly businessReason: string;
}

const selectTenantIds: Statement = {
  name: "select_tenant_ids",
  text: `
    select tenant_id
    from vault.tenant
    where status <> 'destroyed'
    order by tenant_id`,
};

const selectTenantStatus: Statement = {
  name: "select_tenant_status",
  text: `
    select status
    from vault.tenant
    where tenant_id = $1`,
};

const selectRetentionClasses: Statement = {
  name: "select_retention_classes",
  text: `
    select name, max_age_days, business_reason
    from vault.retention_class
    where tenant_id = $1
    order by name`,
};

const insertTenant: Statement = {
  name: "insert_tenant",
  text: `
    insert into vault.tenant (tenant_id, name, status, created_at)
    values ($1, $2, 'active', $3)`,
};

const updateTenantStatus: Statement = {
  name: "update_tenant_status",
  text: `
    update vault.tenant
    set status = $2
    where tenant_id = $1`,
};

const insertRetentionClass: Statement = {
  name: "insert_retention_class",
  text: `
    insert into vault.retention_class (tenant_id, name, max_age_days, business_reason)
    values ($1, $2, $3, $4)`,
};

/** Every tenant that is not destroyed, in any tenant's transaction. */
export async function readTenantIds(tx: Transaction): Promise<readonly string[]> {
  const rows = await tx.rows<{ readonly tenant_id: string }>(selectTenantIds, []);
  return rows.map((row) => row.tenant_id);
}

/** A tenant's status; null when there is no such tenant. */
export async function readTenantStatus(tx: Transaction, tenantId: string): Promise<TenantStatus | null> {
  const rows = await tx.rows<{ readonly status: TenantStatus }>(selectTenantStatus, [tenantId]);
  return rows[0]?.status ?? null;
}

export async function readRetentionClasses(tx: Transaction, tenantId: string): Promise<readonly RetentionClass[]> {
  const rows = await tx.rows<{ name: string; max_age_days: number; business_reason: string }>(selectRetentionClasses, [
    tenantId,
  ]);
  return rows.map((row) => ({ name: row.name, maxAgeDays: row.max_age_days, businessReason: row.business_reason }));
}

export async function storeTenant(
  tx: Transaction,
  tenant: { readonly id: string; readonly name: string; readonly now: Date },
  classes: readonly RetentionClass[],
): Promise<void> {
  await tx.rows(insertTenant, [tenant.id, tenant.name, tenant.now]);
  for (const { name, maxAgeDays, businessReason } of classes) {
    await tx.rows(insertRetentionClass, [tenant.id, name, maxAgeDays, businessReason]);
  }
}

/** Changes a tenant's status; a destroyed tenant's keys may then go. */
export async function storeTenantStatus(tx: Transaction, tenantId: string, status: TenantStatus): Promise<void> {
  await tx.rows(updateTenantStatus, [tenantId, status]);
}
