// Puts the parts of the admin process together: what requests need, and the work that goes on beside them.
import { createPublicKey, hash, randomUUID, type KeyObject } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "@cofferdam/kit/database.ts";
import type { Logger } from "@cofferdam/kit/log.ts";
import type { Metrics } from "@cofferdam/kit/metrics.ts";
import type { CustodyClient } from "../keys/custody/custody-client.ts";
import type { CryptoperiodFile } from "../keys/cryptoperiods.ts";
import type { InventoryFacts } from "../keys/inventory/inventory.ts";
import { RootKeyError } from "../keys/root/root-key.ts";
import type { RootKeys } from "../keys/root/root-keys.ts";
import type { Deployment } from "../rotation/inventory-facts.ts";
import { createJobWorker } from "../rotation/job-worker.ts";
import { createKeyMetrics, type KeyMetrics } from "../rotation/key-metrics.ts";
import type { Attribution, Operation, OperationContext } from "../rotation/operation.ts";
import { createOperations } from "../rotation/operations.ts";
import { createRotationSchedule } from "../rotation/schedule.ts";
import { activeRootKeyIds } from "../tenants/active-root-keys.ts";
import { createTenantRegistry } from "../tenants/tenant-registry.ts";
import { createAdminMetrics, type AdminMetrics } from "./admin-metrics.ts";
import type { AdminPlane } from "./admin-plane.ts";
import type { KeyAuthorizer } from "./authorize.ts";
import { openCustodyJournal } from "./custody-journal.ts";
import { custodyOperations } from "./custody-operations.ts";
import { rootKeyDestroyer, type CustodyClients } from "./custody-sockets.ts";
import { createShareDesk } from "./custody.ts";
import type { Roster } from "./custodians.ts";
import { createExecutions, type ContextFor } from "./execution.ts";
import { createNoteSigner } from "./note-signer.ts";

export interface AdminParts {
  /** As cofferdam_rotator. */
  readonly database: Database;
  readonly rootKeys: RootKeys;
  readonly custodyClients: CustodyClients;
  readonly cryptoperiods: CryptoperiodFile;
  readonly authorize: KeyAuthorizer;
  readonly roster: Roster;
  readonly transcriptKey: KeyObject;
  /** Public keys that signed transcripts and certificates before. */
  readonly earlierTranscriptKeys: readonly KeyObject[];
  readonly journalFile: string;
  readonly trustDomain: string;
  readonly inventory: Pick<InventoryFacts, "deployment" | "owner">;
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
  const notes = createNoteSigner(parts.trustDomain, parts.transcriptKey, parts.earlierTranscriptKeys);
  const destroyRootKey = rootKeyDestroyer(rootKeys, parts.custodyClients);
  const contextFor: ContextFor = (attribution, onProgress = () => undefined) => {
    return { database, rootKeys, attribution, now, build, ...notes, destroyRootKey, onProgress };
  };
  const client = parts.custodyClients.get("custodians") ?? null;
  const operations = operationsOf(parts, client);
  const onChange = (): void => void attempt(log, "counting", () => observe.collect(database, new Date(now())));
  const jobs = createJobWorker({
    context: contextFor(SYSTEM),
    tenants: createTenantRegistry({ database, rootKeys, cryptoperiods, now }),
    log,
    idleMs: parts.jobIntervalMs,
    onMoved: keyMetrics.moved,
  });
  const executions = createExecutions({
    ...{ database, operations, contextFor, build, now, log, sign: notes.sign, custodians: roster.current },
    retryAfterMs: parts.retryIntervalMs,
    onEnd: (...ended) => {
      observe.ended(...ended);
      onChange();
      jobs.kick();
    },
  });
  const journal = openCustodyJournal(parts.journalFile);
  const onUnsealed = async (): Promise<void> => {
    await registerFirstRootKeys(parts);
    jobs.kick();
  };
  const shares = createShareDesk({ client, journal, database, build, now, log, onUnsealed, onShare: observe.share });
  const background = startBackground(parts, {
    context: contextFor(SYSTEM),
    metrics: [keyMetrics, observe],
    begin: async () => {
      await shares.chain();
      await executions.resume();
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

function operationsOf(
  { roster, defaultRowsPerSecond }: AdminParts,
  client: CustodyClient | null,
): ReadonlyMap<string, Operation> {
  const operations = new Map(createOperations(defaultRowsPerSecond));
  for (const operation of custodyOperations(client, roster.current)) operations.set(operation.name, operation);
  return operations;
}

/** What a start begins with, and the schedule. Operations that nobody remembers are looked for in every round. */
function startBackground(
  parts: AdminParts,
  work: {
    readonly context: OperationContext;
    readonly metrics: readonly [KeyMetrics, AdminMetrics];
    readonly begin: () => Promise<void>;
  },
): { readonly stop: () => Promise<void> } {
  const { log, cryptoperiods, database, now } = parts;
  const [keys, admin] = work.metrics;
  const count = async (): Promise<void> => {
    await keys.collect(work.context);
    await admin.collect(database, new Date(now()));
  };
  const schedule = createRotationSchedule({
    ...{ context: work.context, cryptoperiods, log },
    maxRowsPerSecond: parts.defaultRowsPerSecond,
    intervalMs: parts.scheduleIntervalMs,
    onRound: ({ waiting }) => {
      keys.waiting(waiting);
      void attempt(log, "round", async () => {
        await work.begin();
        await count();
      });
    },
  });
  const ending = new AbortController();
  const begun = untilDone(parts, ending.signal, async () => {
    await registerFirstRootKeys(parts);
    await work.begin();
    await count();
  });
  return {
    stop: async () => {
      ending.abort();
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

function deploymentOf(parts: AdminParts): Deployment {
  const { cryptoperiods, roster, inventory, transcriptKey, earlierTranscriptKeys } = parts;
  const keyOf = (key: KeyObject, state: "active" | "retired"): InventoryFacts["signingKeys"][number] => ({
    kind: "transcript",
    fingerprint: hash("sha256", key.export({ type: "spki", format: "der" }), "hex"),
    state,
    createdAtMs: null,
    location: "file of the admin process",
  });
  return {
    ...inventory,
    cryptoperiods,
    custodians: roster.current().map(({ name }) => name),
    signingKeys: [
      keyOf(createPublicKey(transcriptKey), "active"),
      ...earlierTranscriptKeys.map((key) => keyOf(key, "retired")),
    ],
  };
}
