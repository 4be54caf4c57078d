import type { Logger } from "@cofferdam/kit/log.ts";
import { overdueOf, sweepTenant, type RetentionReport, type SweepOptions } from "./retention.ts";

export interface RetentionSweeper {
  /** Finishes the tenant at hand and sweeps no more. */
  stop(): Promise<void>;
}

// A log that says every minute that nothing happened hides what did.
const REPORT_MS = 86_400_000;

/**
 * Sweeps every tenant, one after the other, each interval. A tenant that fails is tried again at the next. A report goes
 * into the audit log after each sweep that had something to do, at the start, and once a day.
 */
export function createRetentionSweeper(options: {
  readonly sweep: Omit<SweepOptions, "isStopping">;
  readonly tenants: () => Promise<readonly string[]>;
  readonly intervalMs: number;
  readonly onReport: (report: RetentionReport) => void;
  readonly log: Logger;
}): RetentionSweeper {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> = Promise.resolve();
  const reportedAtMs = new Map<string, number>();

  const schedule = (): void => {
    if (isStopped) return;
    timer = setTimeout(() => {
      round = sweepAll().finally(schedule);
    }, options.intervalMs);
  };

  async function sweepAll(): Promise<void> {
    for (const tenantId of await tenantsOrNone()) {
      if (isStopped) return;
      await sweepOne(tenantId);
    }
  }

  async function tenantsOrNone(): Promise<readonly string[]> {
    try {
      return await options.tenants();
    } catch (error) {
      options.log.error({ err: error }, "retention sweep failed: the tenants cannot be read");
      return [];
    }
  }

  async function sweepOne(tenantId: string): Promise<void> {
    try {
      const nowMs = options.sweep.now();
      const isDue = nowMs - (reportedAtMs.get(tenantId) ?? -Infinity) >= REPORT_MS;
      const report = await sweepTenant({ ...options.sweep, isStopping: () => isStopped }, tenantId, isDue);
      if (isDue) reportedAtMs.set(tenantId, nowMs);
      options.onReport(report);
      if (report.deleted > 0 || overdueOf(report) > 0) {
        options.log.info({ tenant_id: tenantId, count: report.deleted }, "retention sweep");
      }
    } catch (error) {
      options.log.error({ err: error, tenant_id: tenantId }, "retention sweep failed");
    }
  }

  schedule();
  return {
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await round;
    },
  };
}
