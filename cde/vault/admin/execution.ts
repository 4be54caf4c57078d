// Runs approved operations in the background of the process, one transcript each. Where an operation is, is in the database:
// one that a crash interrupted is run again at the next start, and goes on where it was.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseError, type Database } from "@cofferdam/kit/database.ts";
import type { Logger } from "@cofferdam/kit/log.ts";
import { readCeremonyFile } from "../keys/ceremony/ceremony-file.ts";
import { KeyringError } from "../keys/keyring.ts";
import { RootKeyError, isRootKeyOutage } from "../keys/root/root-key.ts";
import { CustodyRefusal } from "../keys/custody/custody-client.ts";
import { audited } from "../rotation/key-events.ts";
import { KeyBundleError } from "../rotation/key-bundle.ts";
import {
  OperationError,
  type Attribution,
  type Operation,
  type OperationContext,
  type OperationResult,
} from "../rotation/operation.ts";
import { SYSTEM_TENANT_ID } from "../tenants/system-tenant.ts";
import { nameOf } from "./ceremonies.ts";
import type { Custodian } from "./custodians.ts";
import { DualControlError, demandStart } from "./dual-control.ts";
import { readProposal, readRunningProposals, storeEnd, storeStart, type Proposal } from "./proposal-store.ts";
import { transcriptOf } from "./transcript.ts";

/** What an operation, or a part of one, needs to act in somebody's name. */
export type ContextFor = (attribution: Attribution, onProgress?: OperationContext["onProgress"]) => OperationContext;

export interface ExecutionOptions {
  readonly database: Database;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly contextFor: ContextFor;
  /** As of the last time that the roster was read. */
  readonly custodians: () => readonly Custodian[];
  readonly sign: (text: string) => string;
  readonly build: string;
  readonly now: () => number;
  readonly log: Logger;
  /** How long to wait before an operation that met an outage is run again. */
  readonly retryAfterMs: number;
  /** Told when one is over. */
  readonly onEnd: (operation: string, outcome: "done" | "failed", seconds: number) => void;
}

/** How far a running operation is, in steps of its own. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** Who starts what. */
export interface Start {
  readonly proposalId: string;
  /** What the caller means it to be. */
  readonly operation: string;
  /** The file that an import is of. */
  readonly bundle: string | null;
  readonly attribution: Attribution;
}

export interface Executions {
  /** Says what an operation would do. Throws DualControlError `other_operation`, and what `Operation.preview` throws. */
  readonly preview: (proposal: Proposal, start: Start) => Promise<OperationResult>;
  /**
   * Starts it, once. Null when there is no such proposal. Throws DualControlError, and what `Operation.preview` throws: then
   * it has not begun, and what was approved can be started later.
   */
  readonly start: (start: Start) => Promise<Proposal | null>;
  /** Runs again what a crash interrupted, or what began without this process hearing of it. */
  readonly resume: () => Promise<void>;
  /** Null while it does not run in this process. */
  readonly progressOf: (proposalId: string) => Progress | null;
  /** Waits for what runs, at most so long; what is left goes on at the next start. */
  readonly settle: (withinMs: number) => Promise<void>;
}

// An HSM that is restarted, a database that fails over: five more runs, then people must look and propose it anew.
const RETRIES = 5;

/** Makes the runner. Nothing runs yet. */
export function createExecutions(options: ExecutionOptions): Executions {
  const running = new Map<string, { progress: Progress; readonly ended: Promise<void> }>();

  const launch = (proposal: Proposal, bundle: string | null, attribution: Attribution): void => {
    const onProgress = (done: number, total: number): void => {
      const entry = running.get(proposal.id);
      if (entry !== undefined) entry.progress = { done, total };
    };
    // Not before the entry below is there.
    const ended = Promise.resolve()
      .then(() => carryOut(options, { proposal, bundle, attribution, onProgress }))
      .catch((error: unknown) => {
        options.log.error({ err: error }, "the end of a key operation was not stored; it goes on at the next start");
      })
      .finally(() => running.delete(proposal.id));
    running.set(proposal.id, { progress: { done: 0, total: 0 }, ended });
  };

  const preview = (proposal: Proposal, { operation, bundle, attribution }: Start): Promise<OperationResult> => {
    if (proposal.operation !== operation) throw new DualControlError("other_operation");
    const context = options.contextFor(attribution);
    return operationOf(options, proposal).preview(context, parametersOf(proposal, bundle));
  };

  return {
    preview,
    start: async (start) => {
      const found = await options.database.asTenant(SYSTEM_TENANT_ID, (tx) => readProposal(tx, start.proposalId));
      if (found === null) return null;
      demandStart(found, startFacts(options, start));
      await preview(found, start);
      const proposal = await begin(options, start);
      if (proposal !== null) launch(proposal, start.bundle, start.attribution);
      return proposal;
    },
    resume: async () => {
      for (const proposal of await options.database.asTenant(SYSTEM_TENANT_ID, readRunningProposals)) {
        if (running.has(proposal.id)) continue;
        options.log.warn({ reason: proposal.operation }, "an interrupted key operation goes on");
        launch(proposal, null, attributionOf(proposal));
      }
    },
    progressOf: (proposalId) => running.get(proposalId)?.progress ?? null,
    settle: async (withinMs) => {
      const all = Promise.all([...running.values()].map(({ ended }) => ended));
      const timer = new AbortController();
      await Promise.race([all, sleep(withinMs, undefined, { signal: timer.signal })]);
      timer.abort();
    },
  };
}

/** Checks it a second time, behind the lock of the log: of two who start it, one does. */
function begin(options: ExecutionOptions, start: Start): Promise<Proposal | null> {
  const { proposalId, attribution } = start;
  const { database, now, build } = options;
  return audited({ database, now, build, attribution }, SYSTEM_TENANT_ID, async (tx) => {
    const proposal = await readProposal(tx, proposalId);
    if (proposal === null) return { value: null, events: [] };
    demandStart(proposal, startFacts(options, start));
    const started = await storeStart(tx, proposalId, attribution.actor.workload, new Date(now()));
    if (started === null) throw new DualControlError("already_started");
    return {
      value: started,
      events: [{ action: "ceremony.start", object: proposalId, reason: nameOf(started.digest) }],
    };
  });
}

function startFacts({ custodians, now }: ExecutionOptions, { operation }: Start): Parameters<typeof demandStart>[1] {
  return { operation, custodians: custodians(), nowMs: now() };
}

interface Run {
  readonly proposal: Proposal;
  readonly bundle: string | null;
  readonly attribution: Attribution;
  readonly onProgress: (done: number, total: number) => void;
}

async function carryOut(options: ExecutionOptions, run: Run): Promise<void> {
  const { proposal } = run;
  const startedAtMs = performance.now();
  const { outcome, result } = await outcomeOf(options, run);
  const { artifact = null, ...facts } = result;
  await again(options, isOutage, () => store(options, run, outcome, { facts, artifact }));
  options.onEnd(proposal.operation, outcome, (performance.now() - startedAtMs) / 1_000);
  options.log.info({ reason: proposal.operation, outcome }, "key operation ended");
}

/** What an operation ran into is its result: an operation that fails has an end and a transcript too. */
async function outcomeOf(
  options: ExecutionOptions,
  { proposal, bundle, attribution, onProgress }: Run,
): Promise<{ readonly outcome: "done" | "failed"; readonly result: OperationResult }> {
  try {
    const operation = operationOf(options, proposal);
    const context = options.contextFor(attribution, onProgress);
    const result = await again(options, isOutage, () => operation.run(context, parametersOf(proposal, bundle)));
    return { outcome: "done", result };
  } catch (error) {
    options.log.error({ err: error, reason: proposal.operation }, "key operation failed");
    return { outcome: "failed", result: failureOf(error) };
  }
}

async function again<Value>(
  { retryAfterMs }: ExecutionOptions,
  isWorthIt: (error: unknown) => boolean,
  work: () => Promise<Value>,
): Promise<Value> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === RETRIES || !isWorthIt(error)) throw error;
      await sleep(retryAfterMs);
    }
  }
}

/** An end that may have been committed is not stored twice: the second time it does not run any more. */
function isOutage(error: unknown): boolean {
  return isRootKeyOutage(error) || (error instanceof DatabaseError && error.code !== "refused");
}

async function store(
  options: ExecutionOptions,
  { proposal, attribution }: Run,
  outcome: "done" | "failed",
  made: { readonly facts: Readonly<Record<string, unknown>>; readonly artifact: string | null },
): Promise<void> {
  const { database, now, build, sign } = options;
  const endedAtMs = now();
  const result = JSON.stringify(made.facts);
  const ending = { outcome, result: made.facts, endedAtMs, custodians: options.custodians(), build };
  const transcript = sign(transcriptOf(proposal, ending));
  const { artifact } = made;
  await audited({ database, now, build, attribution }, SYSTEM_TENANT_ID, async (tx) => {
    const end = { state: outcome, at: new Date(endedAtMs), result, transcript, artifact };
    const ended = await storeEnd(tx, proposal.id, end);
    const reason = `${outcome} ${nameOf(proposal.digest)}`;
    return {
      value: undefined,
      events: ended === null ? [] : [{ action: "ceremony.end", object: proposal.id, reason }],
    };
  });
}

function operationOf({ operations }: ExecutionOptions, proposal: Proposal): Operation {
  const operation = operations.get(proposal.operation);
  if (operation === undefined) throw new OperationError("not_possible", "this build has no such operation any more");
  return operation;
}

/** The file's parameters, and what belongs to them: the bundle that came with the start, and what was signed. */
function parametersOf(proposal: Proposal, bundle: string | null): Readonly<Record<string, unknown>> {
  const { parameters, digest } = readCeremonyFile(Buffer.from(proposal.ceremony));
  return { ...parameters, ceremony_digest: digest.toString("hex"), ...(bundle !== null && { bundle }) };
}

/** In the name of who started it, from nowhere: the connection is gone. */
function attributionOf({ startedBy }: Proposal): Attribution {
  const actor = { workload: startedBy ?? "unknown", clientId: "resumed" };
  return { actor, origin: "local", requestId: randomUUID() };
}

/** Messages of these errors are ours and hold no input; of any other error only that there was one. */
function failureOf(error: unknown): OperationResult {
  if (error instanceof KeyBundleError) return { error: "bundle_refused", message: error.message };
  const isOurs =
    error instanceof OperationError ||
    error instanceof KeyringError ||
    error instanceof RootKeyError ||
    error instanceof CustodyRefusal ||
    error instanceof DatabaseError;
  return isOurs ? { error: error.code, message: error.message } : { error: "internal" };
}
