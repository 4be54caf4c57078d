// What key agents count of themselves, for the admin process's metrics: an agent has no network to be asked over.
import type { Metrics } from "@cofferdam/kit/metrics.ts";
import { openRootKeyAgent, type AgentStatus, type RootKeyAgent } from "../keys/root/root-key-agent.ts";

export interface AgentMetrics {
  /** Takes what the agents say now. Of one that does not answer there is no value. Never rejects. */
  readonly collect: () => Promise<void>;
}

/**
 * The agents among root-key stores, given as `VAULT_ADMIN_ROOT_KEYS` has them, each over a connection of its own: what is
 * asked here is no call of the vault's, and is not counted as one.
 */
export function openKeyAgents(references: string): readonly RootKeyAgent[] {
  return references.split(",").flatMap((reference) => {
    const [, scheme, socket] = /^(pkcs11|custodians):(.+)$/.exec(reference.trim()) ?? [];
    return socket === undefined ? [] : [openRootKeyAgent(scheme === "pkcs11" ? "pkcs11" : "custodians", socket)];
  });
}

/** Registers the metrics of agents. Values start anew with each agent. */
export function createAgentMetrics(metrics: Metrics, agents: readonly RootKeyAgent[]): AgentMetrics {
  const gauge = (name: string, help: string) => metrics.gauge({ name, help, labelNames: ["scheme"] });
  const resets = gauge(
    "cofferdam_key_agent_session_resets",
    "Sessions with the HSM that the key agent has given up since its start",
  );
  const starts = gauge(
    "cofferdam_key_agent_hsm_process_starts",
    "How often the key agent has started the process with the HSM's library; more than 1 means that one had ended",
  );
  const latency = gauge(
    "cofferdam_key_agent_call_p99_seconds",
    "Time that 99 of 100 of the key agent's last 1,000 calls kept within; none before the first call",
  );
  const take = ({ scheme, sessionResets, hsmProcessStarts, p99Ms }: AgentStatus): void => {
    resets.set({ scheme }, sessionResets);
    starts.set({ scheme }, hsmProcessStarts);
    if (p99Ms !== null) latency.set({ scheme }, p99Ms / 1_000);
  };
  return {
    collect: async () => {
      const answers = await Promise.all(agents.map((agent) => agent.agentStatus().catch(() => null)));
      for (const each of [resets, starts, latency]) each.reset();
      for (const status of answers) if (status !== null) take(status);
    },
  };
}
