// What the agent counts of itself.
import type { AgentStatus } from "../vault/keys/root/root-key-agent.ts";

/** Counters and the last latencies of one agent. Nothing here grows with time. */
export interface AgentCounters {
  readonly countCall: (call: string, outcome: string, durationMs: number) => void;
  readonly countSessionReset: () => void;
  readonly countHsmProcessStart: () => void;
  readonly read: () => Pick<AgentStatus, "calls" | "sessionResets" | "hsmProcessStarts" | "lastMs" | "p99Ms">;
}

const KEPT_LATENCIES = 1_000;

export function createAgentCounters(): AgentCounters {
  const calls: Record<string, Record<string, number>> = {};
  const latencies: number[] = [];
  let sessionResets = 0;
  let hsmProcessStarts = 0;
  return {
    countCall: (call, outcome, durationMs) => {
      const outcomes = (calls[call] ??= {});
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      latencies.push(durationMs);
      if (latencies.length > KEPT_LATENCIES) latencies.shift();
    },
    countSessionReset: () => void (sessionResets += 1),
    countHsmProcessStart: () => void (hsmProcessStarts += 1),
    read: () => ({ calls, sessionResets, hsmProcessStarts, lastMs: latencies.at(-1) ?? null, p99Ms: p99(latencies) }),
  };
}

function p99(values: readonly number[]): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? null;
}
