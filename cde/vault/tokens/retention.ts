// Deletes what is over age and leaves a report in the audit log (PCI DSS 3.2.1).
import { randomUUID } from "node:crypto";
import type { Database } from "@cofferdam/kit/database.ts";
import type { Attribution, Command } from "./commands.ts";
import { forgetIdempotentRequests } from "./idempotency-store.ts";
import { IDEMPOTENCY_KEPT_MS } from "./idempotent-retries.ts";
import { readOverdueTokens, readRetentionStanding, type RetentionStanding } from "./retention-store.ts";

/** What one sweep of a tenant did, and how its retention classes stand after it. */
export interface RetentionReport {
  readonly tenantId: string;
  readonly takenAtMs: number;
  readonly deleted: number;
  readonly standing: readonly RetentionStanding[];
}

const BATCH_TOKENS = 200;
// At most 20,000 tokens a sweep: the rest waits for the next one, and the report says so.
const MAX_BATCHES = 100;

export interface SweepOptions {
  readonly database: Database;
  /** Carries a command out in a transaction with its audit events. */
  readonly submit: (tenantId: string, command: Command) => Promise<unknown>;
  readonly now: () => number;
  /** True once the process ends: what is left waits for the next sweep. */
  readonly isStopping: () => boolean;
  /** The process that sweeps, as the audit log names it. */
  readonly workload: string;
}

/**
 * Sweeps one tenant. Safe to run in several processes, and to stop at any point.
 *
 * @param isDue whether a report goes into the audit log even when there was nothing to do
 */
export async function sweepTenant(options: SweepOptions, tenantId: string, isDue: boolean): Promise<RetentionReport> {
  const attribution: Attribution = {
    actor: { workload: options.workload, clientId: "retention" },
    origin: "local",
    requestId: randomUUID(),
  };
  const deleted = await deleteOverdue(options, tenantId, attribution);
  const takenAtMs = options.now();
  const standing = await options.database.asTenant(tenantId, async (tx) => {
    await forgetIdempotentRequests(tx, tenantId, takenAtMs - IDEMPOTENCY_KEPT_MS);
    return readRetentionStanding(tx, tenantId, takenAtMs);
  });
  const report = { tenantId, takenAtMs, deleted, standing };
  if (isDue || deleted > 0 || overdueOf(report) > 0) await recordReport(options, report, attribution);
  return report;
}

/** How many tokens are over age, over all classes: 0 after a sweep that kept up. */
export function overdueOf(report: Pick<RetentionReport, "standing">): number {
  return report.standing.reduce((sum, standing) => sum + standing.overdue, 0);
}

async function deleteOverdue(options: SweepOptions, tenantId: string, attribution: Attribution): Promise<number> {
  let deleted = 0;
  for (let batch = 0; batch < MAX_BATCHES && !options.isStopping(); batch += 1) {
    const tokens = await options.database.asTenant(tenantId, (tx) =>
      readOverdueTokens(tx, tenantId, options.now(), BATCH_TOKENS),
    );
    if (tokens.length === 0) break;
    await options.submit(tenantId, { kind: "delete", action: "token.expire", attribution, tokens });
    deleted += tokens.length;
  }
  return deleted;
}

async function recordReport(options: SweepOptions, report: RetentionReport, attribution: Attribution): Promise<void> {
  const live = report.standing.reduce((sum, standing) => sum + standing.live, 0);
  await options.submit(report.tenantId, {
    kind: "record",
    attribution,
    action: "retention.report",
    object: null,
    outcome: "allowed",
    reason: `deleted=${report.deleted} live=${live} overdue=${overdueOf(report)}`,
  });
}
