// The SQL of retention: what is over age, and the count that proves nothing is.
import type { Statement, Transaction } from "@cofferdam/kit/database.ts";

/** How one retention class stands. Times are milliseconds since 1970. */
export interface RetentionStanding {
  readonly retentionClass: string;
  readonly maxAgeDays: number;
  readonly live: number;
  readonly oldestCreatedAtMs: number | null;
  readonly overdue: number;
}

// Two ways to be over age: past its own end, or older than a class that was shortened after the token was made. A card
// that is destroyed does not come back, so two clocks must agree: the vault's and the database's.
const selectOverdue: Statement = {
  name: "select_overdue_tokens",
  text: `
    (select token
    from vault.token
    where tenant_id = $1 and status <> 'deleted' and expires_at <= least($2::timestamptz, now())
    order by expires_at
    limit $3)
    union
    (select t.token
    from vault.retention_class c
    join vault.token t on t.tenant_id = c.tenant_id and t.retention_class = c.name
    where c.tenant_id = $1 and t.status <> 'deleted'
      and t.created_at <= least($2::timestamptz, now()) - make_interval(days => c.max_age_days)
    limit $3)
    limit $3`,
};

const selectStanding: Statement = {
  name: "select_retention_standing",
  text: `
    select c.name as retention_class, c.max_age_days, count(t.token) as live, min(t.created_at) as oldest_created_at,
      count(t.token) filter (where t.expires_at <= $2
        or t.created_at <= $2::timestamptz - make_interval(days => c.max_age_days)) as overdue
    from vault.retention_class c
    left join vault.token t
      on t.tenant_id = c.tenant_id and t.retention_class = c.name and t.status <> 'deleted'
    where c.tenant_id = $1
    group by c.name, c.max_age_days
    order by c.name`,
};

/** Live tokens that should be gone by now, at most `limit`. */
export async function readOverdueTokens(
  tx: Transaction,
  tenantId: string,
  nowMs: number,
  limit: number,
): Promise<readonly string[]> {
  const rows = await tx.rows<{ readonly token: string }>(selectOverdue, [tenantId, new Date(nowMs), limit]);
  return rows.map((row) => row.token);
}

/** Counts every retention class of a tenant, empty ones too. */
export async function readRetentionStanding(
  tx: Transaction,
  tenantId: string,
  nowMs: number,
): Promise<readonly RetentionStanding[]> {
  const rows = await tx.rows<{
    readonly retention_class: string;
    readonly max_age_days: number;
    readonly live: number;
    readonly oldest_created_at: Date | null;
    readonly overdue: number;
  }>(selectStanding, [tenantId, new Date(nowMs)]);
  return rows.map((row) => ({
    retentionClass: row.retention_class,
    maxAgeDays: row.max_age_days,
    live: row.live,
    oldestCreatedAtMs: row.oldest_created_at?.getTime() ?? null,
    overdue: row.overdue,
  }));
}
