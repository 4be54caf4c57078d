import type { PublisherState } from "./audit/checkpoint-publisher.ts";
import { durationBuckets, type Metrics } from "@cofferdam/kit/metrics.ts";
import type { PoolState } from "@cofferdam/kit/database.ts";
import type { Answer, Command } from "./tokens/commands.ts";
import { overdueOf, type RetentionReport } from "./tokens/retention.ts";

type Submit = (tenantId: string, command: Command) => Promise<Answer>;

/** What the vault counts. No label ever holds a token, a BIN or anything else of a card. */
export interface VaultMetrics {
  /** Times every command, by kind and by whether it was answered. */
  readonly timed: (submit: Submit) => Submit;
  readonly retention: (report: RetentionReport) => void;
}

/** What is asked at each fetch. */
export interface Watched {
  readonly queueDepth: () => number;
  readonly pool: () => PoolState;
  readonly checkpoints: () => PublisherState;
}

export function createVaultMetrics(metrics: Metrics, gauges: Watched): VaultMetrics {
  const duration = metrics.histogram({
    name: "cofferdam_command_seconds",
    help: "Time from queueing a command to its commit",
    labelNames: ["kind", "outcome"],
    buckets: durationBuckets,
  });
  const items = metrics.counter({
    name: "cofferdam_items_total",
    help: "Cards and tokens that went through commands, by outcome",
    labelNames: ["kind", "outcome"],
  });
  const overdue = metrics.gauge({
    name: "cofferdam_retention_overdue_tokens",
    help: "Tokens past their retention after the last sweep; anything but 0 needs somebody",
    labelNames: ["tenant_id"],
  });
  watchGauges(metrics, gauges);
  const swept = metrics.gauge({
    name: "cofferdam_retention_sweep_timestamp_seconds",
    help: "When a tenant was last swept of over-age tokens",
    labelNames: ["tenant_id"],
  });

  return {
    timed: (submit) => async (tenantId, command) => {
      const stop = duration.startTimer({ kind: command.kind });
      try {
        const answer = await submit(tenantId, command);
        stop({ outcome: "answered" });
        for (const outcome of outcomesOf(answer)) items.inc({ kind: answer.kind, outcome });
        return answer;
      } catch (error) {
        stop({ outcome: "failed" });
        throw error;
      }
    },
    retention: (report) => {
      overdue.set({ tenant_id: report.tenantId }, overdueOf(report));
      swept.set({ tenant_id: report.tenantId }, report.takenAtMs / 1_000);
    },
  };
}

function watchGauges(metrics: Metrics, gauges: Watched): void {
  metrics.gauge({ name: "cofferdam_queue_depth", help: "Items that wait or run", collect: gauges.queueDepth });
  metrics.gauge({
    name: "cofferdam_database_waiting",
    help: "Transactions that wait for a connection",
    collect: () => gauges.pool().waiting,
  });
  metrics.gauge({
    name: "cofferdam_audit_alarms",
    help: "Audit logs that do not continue what was published of them; anything but 0 is an incident",
    collect: () => gauges.checkpoints().alarms.size,
  });
  metrics.gauge({
    name: "cofferdam_checkpoint_failing_tenants",
    help: "Tenants whose checkpoint could not be published the last time: database or disk",
    collect: () => gauges.checkpoints().failing.size,
  });
  metrics.gauge({
    name: "cofferdam_checkpoint_clean_pass_timestamp_seconds",
    help: "When all audit logs were last checked without an alarm or a failure; 0 for never",
    collect: () => (gauges.checkpoints().lastCleanPassMs ?? 0) / 1_000,
  });
}

function outcomesOf(answer: Answer): readonly string[] {
  if (answer.kind === "change") return [answer.outcome.ok ? "ok" : answer.outcome.refusal];
  if (answer.kind !== "tokenize" && answer.kind !== "detokenize" && answer.kind !== "delete") return [];
  return answer.outcomes.map((outcome) => (outcome.ok ? "ok" : outcome.refusal));
}
