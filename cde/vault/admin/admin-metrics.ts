import type { Database } from "@cofferdam/kit/database.ts";
import type { Metrics } from "@cofferdam/kit/metrics.ts";
import { SYSTEM_TENANT_ID } from "../tenants/system-tenant.ts";
import { countProposals } from "./proposal-store.ts";

/** What the admin plane counts besides keys. No label ever holds a name or an id. */
export interface AdminMetrics {
  /** Takes the count of proposals into its gauge. */
  readonly collect: (database: Database, now: Date) => Promise<void>;
  readonly refusal: (code: string) => void;
  readonly share: (outcome: string) => void;
  readonly journal: (isIntact: boolean) => void;
  readonly ended: (operation: string, outcome: "done" | "failed", seconds: number) => void;
}

// A rotation of a root key takes a second for each hundred tenants; a restored vault with many of them, minutes.
const buckets = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600];

export function createAdminMetrics(metrics: Metrics): AdminMetrics {
  const proposals = metrics.gauge({
    name: "cofferdam_key_proposals",
    help: "Proposals by state; those that nobody can start any more are expired, not proposed or approved",
    labelNames: ["state"],
  });
  const refusals = metrics.counter({
    name: "cofferdam_key_refusals_total",
    help: "Refused attempts at the admin plane, by the rule that refused",
    labelNames: ["code"],
  });
  const shares = metrics.counter({
    name: "cofferdam_key_shares_total",
    help: "Shares that custodians brought, by outcome",
    labelNames: ["outcome"],
  });
  const journalBroken = metrics.gauge({
    name: "cofferdam_custody_journal_broken",
    help: "1 when the journal of shares was cut or edited since it was copied, at the last check; anything but 0 is an incident",
  });
  const duration = metrics.histogram({
    name: "cofferdam_key_operation_seconds",
    help: "Time from the start of a key operation to its transcript",
    labelNames: ["operation", "outcome"],
    buckets,
  });
  return {
    collect: async (database, now) => {
      const counted = await database.asTenant(SYSTEM_TENANT_ID, (tx) => countProposals(tx, now));
      proposals.reset();
      for (const { state, proposals: count } of counted) proposals.set({ state }, count);
    },
    refusal: (code) => {
      refusals.inc({ code });
    },
    share: (outcome) => {
      shares.inc({ outcome });
    },
    journal: (isIntact) => {
      journalBroken.set(isIntact ? 0 : 1);
    },
    ended: (operation, outcome, seconds) => {
      duration.observe({ operation, outcome }, seconds);
    },
  };
}
