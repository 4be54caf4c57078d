// Puts the parts of the vault together: what requests need, and the work that goes on beside them.
import type { KeyObject } from "node:crypto";
import type { Database } from "@cofferdam/kit/database.ts";
import type { Logger } from "@cofferdam/kit/log.ts";
import type { Metrics } from "@cofferdam/kit/metrics.ts";
import { createCheckpointPublisher, type CheckpointPublisher } from "./audit/checkpoint-publisher.ts";
import type { Authorizer } from "./http/authorize.ts";
import type { Vault } from "./http/vault-context.ts";
import type { Cryptoperiods } from "./keys/keyring.ts";
import { KeyringError } from "./keys/keyring.ts";
import type { RootKeys } from "./keys/root/root-keys.ts";
import { TenantGoneError, type Tenant } from "./tenants/tenant.ts";
import { createTenantRegistry, type TenantRegistry } from "./tenants/tenant-registry.ts";
import { weightOf, type Answer, type Command } from "./tokens/commands.ts";
import { createCommitQueue } from "./tokens/commit-queue.ts";
import { createRetentionSweeper } from "./tokens/retention-sweeper.ts";
import { commitCommands, wipeAnswer } from "./tokens/tenant-commit.ts";
import { createVaultMetrics } from "./vault-metrics.ts";

export interface VaultParts {
  readonly database: Database;
  readonly rootKeys: RootKeys;
  readonly cryptoperiods: Cryptoperiods;
  readonly authorize: Authorizer;
  readonly checkpointKey: KeyObject;
  /** Public keys that signed checkpoints before. */
  readonly earlierCheckpointKeys: readonly KeyObject[];
  readonly checkpointDirectory: string;
  /** Transactions of commands at once; fewer than the pool has connections. */
  readonly concurrentCommits: number;
  readonly checkpointIntervalMs: number;
  readonly retentionIntervalMs: number;
  readonly trustDomain: string;
  readonly build: string;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly now: () => number;
}

export interface RunningParts {
  readonly vault: Vault;
  readonly checkpoints: CheckpointPublisher;
  /** Answers what is queued, publishes a last checkpoint, and ends the background work. */
  readonly stop: () => Promise<void>;
}

// One transaction writes at most a batch of 1,000 and what arrived with it.
const MAX_BATCH_WEIGHT = 1_000;
const MAX_QUEUED_PER_TENANT = 4_000;
const MAX_QUEUED = 16_000;
const COMMAND_DEADLINE_MS = 5_000;

/** Starts the vault's inner parts. Nothing listens yet. */
export async function startVault(parts: VaultParts): Promise<RunningParts> {
  const { database, now, log } = parts;
  const tenants = createTenantRegistry(parts);
  const checkpoints = await createCheckpointPublisher({
    database,
    tenants: tenants.ids,
    directory: parts.checkpointDirectory,
    trustDomain: parts.trustDomain,
    privateKey: parts.checkpointKey,
    earlierKeys: parts.earlierCheckpointKeys,
    intervalMs: parts.checkpointIntervalMs,
    log,
    now,
  });
  const onGrowth = (tenantId: string, size: number): void => {
    checkpoints.noteGrowth(tenantId, size);
  };
  const commit = (commands: readonly Command[]) => (tenant: Tenant) =>
    commitCommands({ database, now, build: parts.build, onGrowth }, tenant, commands);
  const queue = createCommitQueue<Command, Answer>({
    commit: (tenantId, commands) => commitWithCurrentKeys(tenants, tenantId, commit(commands)),
    weigh: weightOf,
    discard: wipeAnswer,
    maxBatchWeight: MAX_BATCH_WEIGHT,
    maxQueuedWeightPerTenant: MAX_QUEUED_PER_TENANT,
    maxQueuedWeight: MAX_QUEUED,
    maxConcurrent: parts.concurrentCommits,
    deadlineMs: COMMAND_DEADLINE_MS,
  });
  const observe = createVaultMetrics(parts.metrics, {
    queueDepth: queue.depth,
    pool: () => database.poolState(),
    checkpoints: () => checkpoints.state(),
  });
  const sweeper = createRetentionSweeper({
    sweep: { database, submit: queue.submit, now, workload: "cde/vault" },
    tenants: tenants.ids,
    intervalMs: parts.retentionIntervalMs,
    onReport: observe.retention,
    log,
  });
  return {
    vault: { database, tenants, authorize: parts.authorize, checkpoints, submit: observe.timed(queue.submit), now },
    checkpoints,
    stop: async () => {
      await sweeper.stop();
      await queue.close();
      await checkpoints.stop();
    },
  };
}

/** Commits with the keys in memory; when they have been replaced meanwhile, once more with those of the database. */
async function commitWithCurrentKeys<Answers>(
  tenants: TenantRegistry,
  tenantId: string,
  commit: (tenant: Tenant) => Promise<Answers>,
): Promise<Answers> {
  const known = (tenant: Tenant | null): Tenant => {
    if (tenant === null) throw new TenantGoneError();
    return tenant;
  };
  try {
    return await commit(known(await tenants.find(tenantId)));
  } catch (error) {
    if (!(error instanceof KeyringError && error.code === "stale")) throw error;
    return commit(known(await tenants.findAnew(tenantId)));
  }
}
