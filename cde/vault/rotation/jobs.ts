// Starting, listing and steering the jobs that move rows. The work itself is the worker's (`job-worker.ts`).
import { randomUUID } from "node:crypto";
import type { Transaction } from "@cofferdam/kit/database.ts";
import { enterTenant } from "../keys/root/registered-root-key-store.ts";
import type { KeyPurpose } from "../keys/keyring.ts";
import { SYSTEM_TENANT_ID } from "../tenants/system-tenant.ts";
import { countRows } from "./census-store.ts";
import { censusOf } from "./certify-key.ts";
import { auditedIn, type KeyEvent } from "./key-events.ts";
import {
  readJob,
  readJobs,
  readOpenJobs,
  storeJob,
  storeJobChange,
  type JobKind,
  type KeyJob,
  type NewJob,
} from "./job-store.ts";
import { OperationError, type OperationContext } from "./operation.ts";
import { versionsOf } from "./replace-primary.ts";

type JobContext = Pick<OperationContext, "database" | "attribution" | "now" | "build">;

/** Which rows to move, and how fast. */
export interface JobRequest {
  readonly tenantId: string;
  readonly keyId: string;
  readonly maxRowsPerSecond: number;
  readonly isUrgent: boolean;
}

const kindOf: Readonly<Record<KeyPurpose, JobKind | null>> = { data: "reencrypt", index: "reindex", request: null };

/** Says how many rows a job would move. Throws OperationError as `startJob` does. */
export async function previewJob(
  context: OperationContext,
  request: Pick<JobRequest, "tenantId" | "keyId">,
): Promise<number> {
  const { key } = await movable(context, request);
  return context.database.asTenant(request.tenantId, (tx) => countRows(tx, request.tenantId, key));
}

/**
 * Starts moving what is under a key version to the primary of its purpose. A job that is open already is given back as it
 * is, urgent from now on if this one is.
 *
 * @throws OperationError `unknown_tenant`, `unknown_key`; `still_needed` for a primary; `not_possible` for a key whose
 * records move by themselves (request) or do not open (suspended, destroyed)
 */
export async function startJob(context: OperationContext, request: JobRequest): Promise<KeyJob> {
  const { key, kind } = await movable(context, request);
  const rowsTotal = await context.database.asTenant(request.tenantId, (tx) => countRows(tx, request.tenantId, key));
  const job: NewJob = {
    id: randomUUID(),
    tenantId: request.tenantId,
    kind,
    fromKeyId: request.keyId,
    priority: request.isUrgent ? 1 : 0,
    maxRowsPerSecond: request.maxRowsPerSecond,
    rowsTotal,
    createdAtMs: context.now(),
  };
  return recorded(context, request.tenantId, async (tx) => {
    const started = await storeJob(tx, job);
    if (started !== null)
      return { job: started, event: { action: "job.start", object: started.id, reason: `${kind} rows=${rowsTotal}` } };
    const open = (await readOpenJobs(tx)).find(({ fromKeyId }) => fromKeyId === request.keyId);
    if (open === undefined) throw new OperationError("not_possible", "a job for this key has just ended");
    const isRaised = request.isUrgent && open.priority === 0;
    const changed = isRaised ? await storeJobChange(tx, { ...open, priority: 1 }, new Date(context.now())) : open;
    return {
      job: changed ?? open,
      event: isRaised ? { action: "job.change", object: open.id, reason: "priority=1" } : null,
    };
  });
}

/** Jobs, newest first; at most 200. */
export function listJobs(context: JobContext, tenantId: string | null): Promise<readonly KeyJob[]> {
  return context.database.asTenant(SYSTEM_TENANT_ID, (tx) => readJobs(tx, tenantId, 200));
}

export function findJob(context: JobContext, jobId: string): Promise<KeyJob | null> {
  return context.database.asTenant(SYSTEM_TENANT_ID, (tx) => readJob(tx, jobId));
}

/**
 * Pauses, resumes or throttles an open job. Throws OperationError `not_possible` when it is over or unknown, and for the
 * rows of a revoked key, which nobody alone may hold up.
 */
export async function changeJob(
  context: JobContext,
  jobId: string,
  change: { readonly state?: "running" | "paused"; readonly maxRowsPerSecond?: number },
): Promise<KeyJob> {
  const job = await findJob(context, jobId);
  if (job === null) throw new OperationError("not_possible", "there is no such job");
  const isSlower = change.state === "paused" || (change.maxRowsPerSecond ?? Infinity) < job.maxRowsPerSecond;
  if (job.priority === 1 && isSlower) {
    throw new OperationError("not_possible", "the rows of a revoked key do not wait");
  }
  return endOrChange(context, { ...job, ...change }, "job.change");
}

/**
 * Starts a job for every former key of a tenant that still has rows and no job: one that a crash kept from being started
 * after its rotation. A key whose last job failed waits for somebody to look.
 *
 * @returns how many jobs were started
 */
export async function startMissingJobs(
  context: OperationContext,
  tenantId: string,
  maxRowsPerSecond: number,
): Promise<number> {
  const jobs = await listJobs(context, tenantId);
  let started = 0;
  for (const key of await censusOf(context, tenantId)) {
    const isFormer = key.state === "decrypt-only" || key.state === "compromised";
    const [newest] = jobs.filter(({ fromKeyId }) => fromKeyId === key.id);
    const isSeenTo = newest?.endedAtMs === null || newest?.state === "failed";
    if (!isFormer || key.rows === 0 || kindOf[key.purpose] === null || isSeenTo) continue;
    await startJob(context, { tenantId, keyId: key.id, maxRowsPerSecond, isUrgent: key.state === "compromised" });
    started += 1;
  }
  return started;
}

/** Stores the end of a job, or a change of it, with its event in the log of the tenant it works for. */
export function endOrChange(
  context: JobContext,
  job: Pick<KeyJob, "id" | "tenantId" | "state" | "priority" | "maxRowsPerSecond" | "reason">,
  action: "job.change" | "job.end",
): Promise<KeyJob> {
  return recorded(context, job.tenantId, async (tx) => {
    const changed = await storeJobChange(tx, job, new Date(context.now()));
    if (changed === null) throw new OperationError("not_possible", "the job is over");
    const reason = [job.state, `rate=${job.maxRowsPerSecond}`, ...(job.reason === null ? [] : [job.reason])].join(" ");
    return { job: changed, event: { action, object: job.id, reason } };
  });
}

/** Writes to the list of jobs, and what it did into the tenant's log, in one transaction. */
function recorded(
  context: JobContext,
  tenantId: string,
  write: (tx: Transaction) => Promise<{ readonly job: KeyJob; readonly event: KeyEvent | null }>,
): Promise<KeyJob> {
  return context.database.asTenant(tenantId, (tx) =>
    auditedIn(context, tx, tenantId, async () => {
      await enterTenant(tx, SYSTEM_TENANT_ID);
      const { job, event } = await write(tx);
      await enterTenant(tx, tenantId);
      return { value: job, events: event === null ? [] : [event] };
    }),
  );
}

async function movable(context: OperationContext, request: Pick<JobRequest, "tenantId" | "keyId">) {
  const key = (await versionsOf(context, request.tenantId)).find(({ id }) => id === request.keyId);
  if (key === undefined) throw new OperationError("unknown_key", "the tenant has no such key version");
  if (key.isPrimary) throw new OperationError("still_needed", "rows under the primary are where they belong");
  const kind = kindOf[key.purpose];
  if (kind === null || !["active", "decrypt-only", "compromised"].includes(key.state)) {
    throw new OperationError("not_possible", "nothing can be moved from this key version");
  }
  return { key, kind };
}
