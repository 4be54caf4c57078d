// Carries one operation out, to its end: under the lock that only one process has, and not without the signatures for it.
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseError } from "@cofferdam/kit/database.ts";
import type { Logger } from "@cofferdam/kit/log.ts";
import { readCeremonyFile } from "../keys/ceremony/ceremony-file.ts";
import { CustodyRefusal } from "../keys/custody/custody-client.ts";
import { KeyringError } from "../keys/keyring.ts";
import { RootKeyError, isRootKeyOutage } from "../keys/root/root-key.ts";
import { KeyBundleError } from "../rotation/key-bundle.ts";
import {
  OperationError,
  type Attribution,
  type Operation,
  type OperationContext,
  type OperationResult,
} from "../rotation/operation.ts";
import { SYSTEM_TENANT_ID } from "../tenants/system-tenant.ts";
import { DualControlError } from "./dual-control.ts";
import { endOperation, endUnsigned, type EndOptions } from "./end-operation.ts";
import { withOperationLock } from "./operation-lock-store.ts";
import { readProposal, type Proposal } from "./proposal-store.ts";
import { demandSigned, type SigningRules } from "./signed-proposal.ts";

/** What an operation, or a part of one, needs to act in somebody's name. */
export type ContextFor = (attribution: Attribution, onProgress?: OperationContext["onProgress"]) => OperationContext;

export interface CarryOutOptions extends EndOptions {
  readonly operations: ReadonlyMap<string, Operation>;
  readonly contextFor: ContextFor;
  readonly trustDomain: string;
  readonly log: Logger;
  /** How long to wait before an operation that met an outage, or another process, is tried again. */
  readonly retryAfterMs: number;
  /** Told when one is over. */
  readonly onEnd: (operation: string, outcome: "done" | "failed", seconds: number) => void;
  /** Told of one that ran without custodians' signatures; the code is that of a refusal. */
  readonly onUnsigned: (code: "not-signed") => void;
}

/** An operation that runs, as its row says. */
export interface Run {
  readonly proposal: Proposal;
  /** The file that an import is of. */
  readonly bundle: string | null;
  readonly attribution: Attribution;
  readonly onProgress: (done: number, total: number) => void;
}

// An HSM that is restarted, a database that fails over: five more runs, then people must look and propose it anew. Its end
// may wait as long again.
const RETRIES = 5;

/**
 * Carries an operation out and stores its end, unless another process has. An outage is waited for, and so is another
 * process. Rejects when the end cannot be stored, or `ending` says so: then it still runs, and goes on at the next start.
 */
export async function carryOut(options: CarryOutOptions, run: Run, ending: AbortSignal): Promise<void> {
  const { database, retryAfterMs, log } = options;
  // What came of it stays known when the lock is lost before that is stored.
  const known: { end: End | null } = { end: null };
  for (let outages = 0; ;) {
    ending.throwIfAborted();
    try {
      const wasFree = await withOperationLock(database, async (stillHeld) => {
        if (!(await isRunning(options, run))) return;
        known.end ??= await endOf(options, run, outages >= RETRIES);
        await stillHeld();
        await store(options, run, known.end);
      });
      if (wasFree) break;
      log.warn({ reason: run.proposal.operation }, "a key operation waits for one of another process");
    } catch (error) {
      // An end that may have been committed is not stored twice: the second time it does not run any more.
      if (outages === 2 * RETRIES || !isOutage(error)) throw error;
      outages += 1;
    }
    await sleep(retryAfterMs, undefined, { signal: ending });
  }
}

/** What the signatures of an operation are held against. One that this build does not know would need two people. */
export function signingRulesFor(
  operation: string,
  { operations, custodians, trustDomain }: Pick<CarryOutOptions, "operations" | "custodians" | "trustDomain">,
): SigningRules {
  const approvalsNeeded = operations.get(operation)?.approvalsNeeded ?? 1;
  return { approvalsNeeded, custodians: custodians(), trustDomain };
}

/** The operation of a proposal. Throws OperationError `not_possible`. */
export function operationOf({ operations }: Pick<CarryOutOptions, "operations">, proposal: Proposal): Operation {
  const operation = operations.get(proposal.operation);
  if (operation === undefined) throw new OperationError("not_possible", "this build has no such operation any more");
  return operation;
}

/** The file's parameters, and what belongs to them: the bundle that came with the start, and what was signed. */
export function parametersOf(proposal: Proposal, bundle: string | null): Readonly<Record<string, unknown>> {
  const { parameters, digest } = readCeremonyFile(Buffer.from(proposal.ceremony));
  return { ...parameters, ceremony_digest: digest.toString("hex"), ...(bundle !== null && { bundle }) };
}

/** `unsigned` ends without a transcript. */
interface End {
  readonly outcome: "done" | "failed" | "unsigned";
  readonly result: OperationResult;
  readonly seconds: number;
}

/** Whoever had the lock before may have carried it out. */
async function isRunning({ database }: CarryOutOptions, { proposal: { id } }: Run): Promise<boolean> {
  const proposal = await database.asTenant(SYSTEM_TENANT_ID, (tx) => readProposal(tx, id));
  return proposal?.state === "running";
}

/** What an operation ran into is its result: an operation that fails has an end and a transcript too. */
async function endOf(options: CarryOutOptions, run: Run, isLast: boolean): Promise<End> {
  const { proposal, bundle, attribution, onProgress } = run;
  const { log, contextFor } = options;
  const startedAtMs = performance.now();
  const end = (outcome: End["outcome"], result: OperationResult): End => {
    return { outcome, result, seconds: (performance.now() - startedAtMs) / 1_000 };
  };
  try {
    demandSigned(proposal, signingRulesFor(proposal.operation, options));
    const operation = operationOf(options, proposal);
    return end("done", await operation.run(contextFor(attribution, onProgress), parametersOf(proposal, bundle)));
  } catch (error) {
    if (!isLast && isOutage(error)) throw error;
    log.error({ err: error, reason: proposal.operation }, "key operation failed");
    return end(error instanceof DualControlError ? "unsigned" : "failed", failureOf(error));
  }
}

async function store(options: CarryOutOptions, run: Run, { outcome, result, seconds }: End): Promise<void> {
  const { proposal, attribution } = run;
  if (outcome === "unsigned") {
    await endUnsigned(options, proposal, attribution.requestId);
    options.onUnsigned("not-signed");
    return;
  }
  await endOperation(options, run, outcome, result);
  options.onEnd(proposal.operation, outcome, seconds);
  options.log.info({ reason: proposal.operation, outcome }, "key operation ended");
}

function isOutage(error: unknown): boolean {
  return isRootKeyOutage(error) || (error instanceof DatabaseError && error.code !== "refused");
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
