// Runs approved operations in the background of the process, one after the other, one transcript each. Where an operation
// is, is in the database: one that a crash interrupted is run again at the next start, and goes on where it was.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createTurns } from "../keys/custody/turns.ts";
import { audited } from "../rotation/key-events.ts";
import type { Attribution, OperationResult } from "../rotation/operation.ts";
import { SYSTEM_TENANT_ID } from "../tenants/system-tenant.ts";
import { carryOut, operationOf, parametersOf, signingRulesFor, type CarryOutOptions } from "./carry-out.ts";
import { nameOf } from "./ceremonies.ts";
import { DualControlError, demandStart } from "./dual-control.ts";
import { readProposal, readRunningProposals, storeStart, type Proposal } from "./proposal-store.ts";
import { demandSigned } from "./signed-proposal.ts";

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
  /** Begins no more, and waits for what runs, at most so long; what is left goes on at the next start. */
  readonly settle: (withinMs: number) => Promise<void>;
}

/** Makes the runner. Nothing runs yet. */
export function createExecutions(options: CarryOutOptions): Executions {
  const running = new Map<string, { progress: Progress; readonly ended: Promise<void> }>();
  /** Of those that are being started: their rows say so a moment before they are among the running. */
  const starting = new Set<string>();
  const inTurn = createTurns();
  const ending = new AbortController();

  const launch = (proposal: Proposal, bundle: string | null, attribution: Attribution): void => {
    const onProgress = (done: number, total: number): void => {
      const entry = running.get(proposal.id);
      if (entry !== undefined) entry.progress = { done, total };
    };
    const ended = inTurn(() => carryOut(options, { proposal, bundle, attribution, onProgress }, ending.signal))
      .catch((error: unknown) => {
        if (ending.signal.aborted) return;
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

  const beginOnce = async (start: Start): Promise<Proposal | null> => {
    if (starting.has(start.proposalId)) throw new DualControlError("already_started");
    starting.add(start.proposalId);
    try {
      const proposal = await begin(options, start);
      if (proposal !== null) launch(proposal, start.bundle, start.attribution);
      return proposal;
    } finally {
      starting.delete(start.proposalId);
    }
  };

  return {
    preview,
    start: async (start) => {
      const found = await options.database.asTenant(SYSTEM_TENANT_ID, (tx) => readProposal(tx, start.proposalId));
      if (found === null) return null;
      demandStart(found, startFacts(options, start));
      await preview(found, start);
      return beginOnce(start);
    },
    resume: async () => {
      for (const proposal of await options.database.asTenant(SYSTEM_TENANT_ID, readRunningProposals)) {
        if (running.has(proposal.id) || starting.has(proposal.id)) continue;
        options.log.warn({ reason: proposal.operation }, "an interrupted key operation goes on");
        launch(proposal, null, attributionOf(proposal));
      }
    },
    progressOf: (proposalId) => running.get(proposalId)?.progress ?? null,
    settle: async (withinMs) => {
      ending.abort();
      const all = Promise.all([...running.values()].map(({ ended }) => ended));
      const timer = new AbortController();
      await Promise.race([all, sleep(withinMs, undefined, { signal: timer.signal })]);
      timer.abort();
    },
  };
}

/** Checks it a second time, behind the lock of the log: of two who start it, one does. */
function begin(options: CarryOutOptions, start: Start): Promise<Proposal | null> {
  const { proposalId, attribution } = start;
  const { database, now, build } = options;
  return audited({ database, now, build, attribution }, SYSTEM_TENANT_ID, async (tx) => {
    const proposal = await readProposal(tx, proposalId);
    if (proposal === null) return { value: null, events: [] };
    demandStart(proposal, startFacts(options, start));
    const started = await storeStart(tx, proposalId, attribution.actor.workload, new Date(now()));
    if (started === null) throw new DualControlError("already_started");
    demandSigned(started, signingRulesFor(started.operation, options));
    return {
      value: started,
      events: [{ action: "ceremony.start", object: proposalId, reason: nameOf(started.digest) }],
    };
  });
}

function startFacts({ custodians, now }: CarryOutOptions, { operation }: Start): Parameters<typeof demandStart>[1] {
  return { operation, custodians: custodians(), nowMs: now() };
}

/** In the name of who started it, from nowhere: the connection is gone. */
function attributionOf({ startedBy }: Proposal): Attribution {
  const actor = { workload: startedBy ?? "unknown", clientId: "resumed" };
  return { actor, origin: "local", requestId: randomUUID() };
}
