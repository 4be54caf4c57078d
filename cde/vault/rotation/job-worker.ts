// Carries jobs out, one after the other, in the background of the admin process: step by step, no faster than allowed,
// and to be killed at any moment. What is left to do is always what still lies under the former key.
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "@cofferdam/kit/log.ts";
import { DatabaseError } from "@cofferdam/kit/database.ts";
import { KeyringError } from "../keys/keyring.ts";
import { isRootKeyOutage } from "../keys/root/root-key.ts";
import type { Tenant } from "../tenants/tenant.ts";
import type { TenantRegistry } from "../tenants/tenant-registry.ts";
import { SYSTEM_TENANT_ID } from "../tenants/system-tenant.ts";
import { certifyKey } from "./certify-key.ts";
import { countRows } from "./census-store.ts";
import { endOrChange, findJob } from "./jobs.ts";
import { readOpenJobs, storeProgress, type JobKind, type KeyJob } from "./job-store.ts";
import { reencryptRows, reindexRows, type MoveRows } from "./move-rows.ts";
import type { OperationContext } from "./operation.ts";

export interface JobWorkerOptions {
  /** Its attribution is that of the system, not of a person. */
  readonly context: OperationContext;
  readonly tenants: TenantRegistry;
  readonly log: Logger;
  /** How long to wait when there is nothing to do, or after a failure. */
  readonly idleMs: number;
  /** Told of rows that were moved. */
  readonly onMoved: (kind: JobKind, rows: number) => void;
  /** Told that a job is over. */
  readonly onEnded: () => void;
}

export interface JobWorker {
  /** Looks for work now. */
  readonly kick: () => void;
  /** Rows a second of the job at hand; null while there is none. */
  readonly pace: () => { readonly jobId: string; readonly rowsPerSecond: number } | null;
  /** Finishes the step at hand and does no more. */
  readonly stop: () => Promise<void>;
}

const moves: Readonly<Record<JobKind, MoveRows>> = { reencrypt: reencryptRows, reindex: reindexRows };
// A step holds the lock of the tenant's log while its rows are written: 200 take 10 ms, 50 take 3. A job that is throttled
// takes small steps, so that callers hardly notice; one that is not takes the largest.
const MAX_ROWS_A_STEP = 200;
const MIN_ROWS_A_STEP = 20;
const STEPS_A_SECOND = 40;
// It also rests this many times as long as a step took: on a busy database steps take longer, and it steps back.
const RESTS_FOR_WORK = 6;
/** The highest pace there is: such a job takes no account of anybody. */
const UNTHROTTLED = 1_000_000;
// After so many steps a more urgent job gets its turn.
const STEPS_A_TURN = 25;
const RELOADS = 3;
const ASIDE_MS = 30_000;

/** Starts a worker. Several processes may each have one: they do no harm to each other, and no more work in all. */
export function createJobWorker(options: JobWorkerOptions): JobWorker {
  const worker = new Worker(options);
  const running = worker.run();
  return {
    kick: () => {
      worker.kick();
    },
    pace: () => worker.pace,
    stop: async () => {
      worker.stop();
      await running;
    },
  };
}

class Worker {
  pace: { readonly jobId: string; readonly rowsPerSecond: number } | null = null;
  readonly #options: JobWorkerOptions;
  /** Rows moved in passes that began in this process: a whole pass that moved nothing will move nothing next time. */
  readonly #movedInPass = new Map<string, number>();
  /** Jobs that failed a moment ago, and when they are tried again: they hold up no other tenant's. */
  readonly #asideUntilMs = new Map<string, number>();
  #isOut = false;
  #wake = new AbortController();
  #isStopped = false;

  constructor(options: JobWorkerOptions) {
    this.#options = options;
  }

  kick(): void {
    this.#wake.abort();
  }

  stop(): void {
    this.#isStopped = true;
    this.kick();
  }

  async run(): Promise<void> {
    while (!this.#isStopped) {
      const hasWorked = await this.#turn().catch((error: unknown) => {
        this.#options.log.error({ err: error }, "key jobs cannot be read; they will be tried again");
        return false;
      });
      if (!hasWorked) await this.#rest(this.#options.idleMs);
    }
  }

  /** Some steps of the most urgent job. False when there was nothing to do. */
  async #turn(): Promise<boolean> {
    const { database } = this.#options.context;
    const open = await database.asTenant(SYSTEM_TENANT_ID, readOpenJobs);
    const [job] = open.filter(({ id, state }) => state === "running" && !this.#isAside(id));
    this.pace = null;
    if (job === undefined) return false;
    let current: KeyJob | null = job;
    try {
      for (let step = 0; step < STEPS_A_TURN && current?.state === "running" && !this.#isStopped; step += 1) {
        current = await this.#step(current);
      }
      this.#isOut = false;
    } catch (error) {
      return this.#setAside(job, error);
    }
    return true;
  }

  /** What keeps one job from going on sets it aside; an outage keeps all of them, and is told once. */
  #setAside({ id, tenantId }: KeyJob, error: unknown): boolean {
    const isOutage = isRootKeyOutage(error) || (error instanceof DatabaseError && error.code !== "refused");
    if (!isOutage) this.#asideUntilMs.set(id, performance.now() + ASIDE_MS);
    if (!isOutage || !this.#isOut)
      this.#options.log.error(
        { err: error, tenant_id: tenantId, reason: id },
        "key job failed; it will be tried again",
      );
    this.#isOut = isOutage;
    return !isOutage;
  }

  #isAside(jobId: string): boolean {
    const untilMs = this.#asideUntilMs.get(jobId) ?? 0;
    if (untilMs > performance.now()) return true;
    this.#asideUntilMs.delete(jobId);
    return false;
  }

  async #step(job: KeyJob): Promise<KeyJob | null> {
    const { context } = this.#options;
    const startedAtMs = performance.now();
    if (job.afterToken === "") this.#movedInPass.set(job.id, 0);
    const report = await this.#move(job);
    if (report === null) return this.#ended(await end(context, job, "failed", "tenant_gone"));
    if (report.last === null) return this.#ended(await endOfPass(context, job, this.#movedInPass.get(job.id) !== 0));
    if (report.unreadable > 0)
      this.#options.log.error(
        { tenant_id: job.tenantId, count: report.unreadable, reason: job.id },
        "rows do not open and stay under their former key: see the runbook integrity-failure",
      );
    const movedBefore = this.#movedInPass.get(job.id);
    if (movedBefore !== undefined) this.#movedInPass.set(job.id, movedBefore + report.moved);
    this.#options.onMoved(job.kind, report.moved);
    const progress = { afterToken: report.last, rowsDone: job.rowsDone + report.moved, now: new Date(context.now()) };
    const next = await context.database.asTenant(SYSTEM_TENANT_ID, (tx) => storeProgress(tx, job.id, progress));
    await this.#throttle(job, report.moved, startedAtMs);
    const seconds = (performance.now() - startedAtMs) / 1_000;
    this.pace = { jobId: job.id, rowsPerSecond: report.moved / seconds };
    return next;
  }

  #ended(job: KeyJob | null): KeyJob | null {
    if (job !== null && job.endedAtMs === null) return job;
    this.#movedInPass.delete(job?.id ?? "");
    const facts = { tenant_id: job?.tenantId, outcome: job?.state, reason: job?.reason, count: job?.rowsDone };
    if (job?.state === "failed") this.#options.log.error(facts, "key job ended with rows left");
    else this.#options.log.info(facts, "key job ended");
    this.#options.onEnded();
    return job;
  }

  /** Null when the tenant is gone. Keys that were replaced meanwhile are loaded again. */
  async #move(job: KeyJob): Promise<Awaited<ReturnType<MoveRows>> | null> {
    const { context, tenants } = this.#options;
    let tenant: Tenant | null = await tenants.find(job.tenantId);
    for (let reload = 0; tenant !== null; reload += 1) {
      try {
        const step = { fromKeyId: job.fromKeyId, after: job.afterToken, limit: rowsAStep(job) };
        return await moves[job.kind](context, tenant, step);
      } catch (error) {
        if (!(error instanceof KeyringError && error.code === "stale") || reload === RELOADS) throw error;
        tenant = await tenants.findAnew(job.tenantId);
      }
    }
    return null;
  }

  async #throttle({ maxRowsPerSecond }: KeyJob, rows: number, startedAtMs: number): Promise<void> {
    const tookMs = performance.now() - startedAtMs;
    const dueMs = (rows / maxRowsPerSecond) * 1_000;
    const politeMs = maxRowsPerSecond < UNTHROTTLED ? tookMs * RESTS_FOR_WORK : 0;
    const restMs = Math.max(dueMs - tookMs, politeMs);
    if (restMs > 1) await this.#rest(restMs);
  }

  async #rest(ms: number): Promise<void> {
    if (this.#isStopped) return;
    await sleep(ms, undefined, { signal: this.#wake.signal }).catch(() => undefined);
    if (this.#wake.signal.aborted) this.#wake = new AbortController();
  }
}

function rowsAStep({ maxRowsPerSecond }: KeyJob): number {
  return Math.max(MIN_ROWS_A_STEP, Math.min(MAX_ROWS_A_STEP, Math.round(maxRowsPerSecond / STEPS_A_SECOND)));
}

/** Nothing is left behind the last token. Rows that changed hands meanwhile lie before it: then the pass begins anew. */
async function endOfPass(context: OperationContext, job: KeyJob, mayMoveMore: boolean): Promise<KeyJob | null> {
  const key = { id: job.fromKeyId, purpose: job.kind === "reencrypt" ? "data" : "index" } as const;
  const left = await context.database.asTenant(job.tenantId, (tx) => countRows(tx, job.tenantId, key));
  if (left === 0) {
    await certifyKey(context, { tenantId: job.tenantId, keyId: job.fromKeyId });
    return end(context, job, "done", null);
  }
  if (!mayMoveMore) return end(context, job, "failed", `unreadable=${left}`);
  const progress = { afterToken: "", rowsDone: Math.max(0, job.rowsTotal - left), now: new Date(context.now()) };
  return context.database.asTenant(SYSTEM_TENANT_ID, (tx) => storeProgress(tx, job.id, progress));
}

async function end(
  context: OperationContext,
  job: KeyJob,
  state: "done" | "failed",
  reason: string | null,
): Promise<KeyJob | null> {
  await endOrChange(context, { ...job, state, reason }, "job.end");
  return findJob(context, job.id);
}
