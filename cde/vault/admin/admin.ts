// Puts the parts of the admin process together: what requests need, and the work that goes on beside them.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "@cofferdam/kit/database.ts";
import type { Logger } from "@cofferdam/kit/log.ts";
import type { Metrics } from "@cofferdam/kit/metrics.ts";
import type { CustodyClient } from "../keys/custody/custody-client.ts";
import { RootKeyError } from "../keys/root/root-key.ts";
import type { RootKeyAgent } from "../keys/root/root-key-agent.ts";
import type { RootKeys } from "../keys/root/root-keys.ts";
import { createJobWorker } from "../rotation/job-worker.ts";
import { createKeyMetrics, type KeyMetrics } from "../rotation/key-metrics.ts";
import type { Attribution, Operation, OperationContext } from "../rotation/operation.ts";
import { createOperations } from "../rotation/operations.ts";
import { createRotationSchedule } from "../rotation/schedule.ts";
import { watchStores } from "../root-key-metrics.ts";
import { activeRootKeyIds } from "../tenants/active-root-keys.ts";
import { createTenantRegistry } from "../tenants/tenant-registry.ts";
import { createAdminMetrics, type AdminMetrics } from "./admin-metrics.ts";
import type { AdminPlane } from "./admin-plane.ts";
import { createAgentMetrics } from "./agent-metrics.ts";
import type { KeyAuthorizer } from "./authorize.ts";
import type { ContextFor } from "./carry-out.ts";
import { dropOldArtifacts } from "./ceremonies.ts";
import { openCustodyJournal } from "./custody-journal.ts";
import { custodyOperations } from "./custody-operations.ts";
import { rootKeyDestroyer, type CustodyClients } from "./custody-sockets.ts";
import { createShareDesk, type ShareDesk } from "./custody.ts";
import { deploymentOf, type DeploymentParts } from "./deployment.ts";
import { createExecutions } from "./execution.ts";
import { createNoteSigner } from "./note-signer.ts";

export interface AdminParts extends DeploymentParts {
  /** As cofferdam_rotator. */
  readonly database: Database;
  readonly rootKeys: RootKeys;
  readonly custodyClients: CustodyClients;
  /** The key agents behind some of the root keys' stores; asked for what they count. */
  readonly keyAgents: readonly RootKeyAgent[];
  readonly authorize: KeyAuthorizer;
  readonly journalFile: string;
  readonly trustDomain: string;
  readonly scheduleIntervalMs: number;
  readonly jobIntervalMs: number;
  readonly retryIntervalMs: number;
  readonly defaultRowsPerSecond: number;
  readonly build: string;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly now: () => number;
}

export interface RunningAdmin {
  readonly plane: AdminPlane;
  readonly onRefusal: (code: string) => void;
  /** For the count of proposals. */
  readonly onChange: () => void;
  /** Ends the background work; what runs of operations after `withinMs` goes on at the next start. */
  readonly stop: (withinMs: number) => Promise<void>;
}

/** What the process does with nobody asking is done in its own name. */
const SYSTEM: Attribution = {
  actor: { workload: "cde/vault-admin", clientId: "schedule" },
  origin: "local",
  requestId: randomUUID(),
};

/** Starts the inner parts. Nothing listens yet. The database may be down: what needs it is tried until it answers. */
export function startAdmin(parts: AdminParts): RunningAdmin {
  const { database, rootKeys, cryptoperiods, roster, log, build, now } = parts;
  const observe = createAdminMetrics(parts.metrics);
  const keyMetrics = createKeyMetrics(parts.metrics, cryptoperiods);
  const agents = createAgentMetrics(parts.metrics, parts.keyAgents);
  const notes = createNoteSigner(parts.trustDomain, parts.transcriptKey, parts.earlierTranscriptKeys);
  const destroyRootKey = rootKeyDestroyer(rootKeys, parts.custodyClients);
  const contextFor: ContextFor = (attribution, onProgress = () => undefined) => {
    return { database, rootKeys, attribution, now, build, ...notes, destroyRootKey, onProgress };
  };
  const operations = operationsOf(parts);
  const count = async (): Promise<void> => {
    await Promise.all([observe.collect(database, new Date(now())), agents.collect()]);
  };
  const onChange = (): void => void attempt(log, "counting", count);
  const jobs = createJobWorker({
    context: contextFor(SYSTEM),
    tenants: createTenantRegistry({ database, rootKeys, cryptoperiods, now }),
    log,
    idleMs: parts.jobIntervalMs,
    onMoved: keyMetrics.moved,
    onEnded: () => void attempt(log, "counting", () => keyMetrics.collect(contextFor(SYSTEM))),
  });
  const executions = createExecutions({
    ...{ database, operations, contextFor, build, now, log, sign: notes.sign, custodians: roster.current },
    trustDomain: parts.trustDomain,
    retryAfterMs: parts.retryIntervalMs,
    onUnsigned: observe.refusal,
    onEnd: (...ended) => {
      observe.ended(...ended);
      onChange();
      jobs.kick();
    },
  });
  const shares = shareDeskOf(parts, observe, async () => {
    await registerFirstRootKeys(parts);
    jobs.kick();
  });
  const background = startBackground(parts, {
    context: contextFor(SYSTEM),
    keyMetrics,
    count,
    // Each is begun, whatever becomes of the others.
    begin: async () => {
      await Promise.all([executions.resume(), shares.chain(), dropOldArtifacts({ database, now })]);
    },
  });
  return {
    plane: {
      ...{ database, authorize: parts.authorize, roster, operations, executions, shares, jobs, cryptoperiods },
      ...{ contextFor, build, now, defaultRowsPerSecond: parts.defaultRowsPerSecond },
      deployment: () => deploymentOf(parts),
    },
    onRefusal: observe.refusal,
    onChange,
    stop: async (withinMs) => {
      await Promise.all([background.stop(), jobs.stop(), executions.settle(withinMs)]);
    },
  };
}

function operationsOf(parts: AdminParts): ReadonlyMap<string, Operation> {
  const operations = new Map(createOperations(parts.defaultRowsPerSecond));
  const ofCustodians = custodyOperations(custodiansAgent(parts), parts.roster.current);
  for (const operation of ofCustodians) operations.set(operation.name, operation);
  return operations;
}

function shareDeskOf(parts: AdminParts, observe: AdminMetrics, onUnsealed: () => Promise<void>): ShareDesk {
  const { database, build, now, log } = parts;
  return createShareDesk({
    ...{ database, build, now, log, onUnsealed, onShare: observe.share, onJournal: observe.journal },
    client: custodiansAgent(parts),
    journal: openCustodyJournal(parts.journalFile),
  });
}

function custodiansAgent({ custodyClients }: AdminParts): CustodyClient | null {
  return custodyClients.get("custodians") ?? null;
}

/** What a start begins with, and the schedule. Operations that nobody remembers are looked for in every round. */
function startBackground(
  parts: AdminParts,
  work: {
    readonly context: OperationContext;
    readonly keyMetrics: KeyMetrics;
    /** Counts what is not a key. */
    readonly count: () => Promise<void>;
    readonly begin: () => Promise<void>;
  },
): { readonly stop: () => Promise<void> } {
  const { log, cryptoperiods } = parts;
  const count = async (): Promise<void> => {
    await work.count();
    await work.keyMetrics.collect(work.context);
  };
  const schedule = createRotationSchedule({
    ...{ context: work.context, cryptoperiods, log },
    maxRowsPerSecond: parts.defaultRowsPerSecond,
    intervalMs: parts.scheduleIntervalMs,
    onRound: ({ waiting }) => {
      work.keyMetrics.round(waiting, parts.now());
      void attempt(log, "round", async () => {
        await work.begin();
        await count();
      });
    },
  });
  const stores = watchStores(parts.metrics, parts.rootKeys);
  const ending = new AbortController();
  const begun = untilDone(parts, ending.signal, async () => {
    await registerFirstRootKeys(parts);
    await work.begin();
    await count();
  });
  return {
    stop: async () => {
      ending.abort();
      stores.stop();
      await Promise.all([begun, schedule.stop()]);
    },
  };
}

/** A new vault takes its first root keys into use. One whose custodians have not come yet does so when they have. */
async function registerFirstRootKeys({ database, rootKeys, now, build, log }: AdminParts): Promise<void> {
  try {
    await activeRootKeyIds(database, rootKeys, { now: new Date(now()), build, actor: SYSTEM.actor });
  } catch (error) {
    if (!(error instanceof RootKeyError)) throw error;
    log.warn({ reason: error.code }, "a store of root keys cannot be used yet");
  }
}

async function untilDone(
  { log, retryIntervalMs }: AdminParts,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted && !(await attempt(log, "what a start begins with", work))) {
    await sleep(retryIntervalMs, undefined, { signal }).catch(() => undefined);
  }
}

async function attempt(log: Logger, reason: string, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    log.error({ err: error, reason }, "background work failed");
    return false;
  }
}
