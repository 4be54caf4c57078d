import type { Logger } from "@cofferdam/kit/log.ts";
import { overdueOf, sweepTenant, type RetentionReport, type SweepOptions } from "./retention.ts";

export interface RetentionSweeper {
  /** Finishes the tenant at hand and sweeps no more. */
  stop(): Promise<void>;
}

/** Sweeps every tenant, one after the other, each interval. A tenant that fails is tried again at the next. */
export function createRetentionSweeper(options: {
  readonly sweep: SweepOptions;
  readonly tenants: () => Promise<readonly string[]>;
  readonly intervalMs: number;
  readonly onReport: (report: RetentionReport) => void;
  readonly log: Logger;
}): RetentionSweeper {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> = Promise.resolve();

  const schedule = (): void => {
    if (isStopped) return;
    timer = setTimeout(() => { round = sweepAll().finally(schedule); }, options.intervalMs);
  };

  async function sweepAll(): Promise<void> {
    for (const tenantId of await options.tenants().catch(() => [])) {
      if (isStopped) return;
      await sweepOne(tenantId);
    }
  }

  async function sweepOne(tenantId: string): Promise<void> {
    try {
      const report = await sweepTenant(options.sweep, tenantId);
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
