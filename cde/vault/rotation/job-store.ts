// The SQL of jobs. They are rows of the vault's own tenant, whichever tenant they work for.
import type { Statement, Transaction } from "@cofferdam/kit/database.ts";

/** `reencrypt` moves cards from a data key, `reindex` fingerprints from an index key. */
export type JobKind = "reencrypt" | "reindex";
export type JobState = "running" | "paused" | "done" | "failed";

/** Rows on their way from one key version to the primary. Times are milliseconds since 1970. */
export interface KeyJob {
  readonly id: string;
  readonly tenantId: string;
  readonly kind: JobKind;
  readonly fromKeyId: string;
  readonly state: JobState;
  /** 1 for what must not wait: the rows of a revoked key. */
  readonly priority: 0 | 1;
  readonly maxRowsPerSecond: number;
  readonly rowsTotal: number;
  readonly rowsDone: number;
  /** The last token that was looked at in this pass. */
  readonly afterToken: string;
  /** Why it failed, as a code and counts. */
  readonly reason: string | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly endedAtMs: number | null;
}

interface JobRow {
  readonly job_id: string;
  readonly of_tenant_id: string;
  readonly kind: JobKind;
  readonly from_key_id: string;
  readonly state: JobState;
  readonly priority: 0 | 1;
  readonly max_rows_per_second: number;
  readonly rows_total: number;
  readonly rows_done: number;
  readonly after_token: string;
  readonly reason: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly ended_at: Date | null;
}

const COLUMNS = `job_id, of_tenant_id, kind, from_key_id, state, priority, max_rows_per_second, rows_total, rows_done,
      after_token, reason, created_at, updated_at, ended_at`;

const insertJob: Statement = {
  name: "insert_key_job",
  text: `
    insert into vault.key_job
      (tenant_id, job_id, of_tenant_id, kind, from_key_id, state, priority, max_rows_per_second, rows_total, rows_done,
       after_token, created_at, updated_at)
    values (vault.current_tenant(), $1, $2, $3, $4, 'running', $5, $6, $7, 0, '', $8, $8)
    on conflict do nothing
    returning ${COLUMNS}`,
};

const selectJobs: Statement = {
  name: "select_key_jobs",
  text: `
    select ${COLUMNS}
    from vault.key_job
    where tenant_id = vault.current_tenant() and ($1::uuid is null or of_tenant_id = $1)
    order by created_at desc, job_id
    limit $2`,
};

const selectOpenJobs: Statement = {
  name: "select_open_key_jobs",
  text: `
    select ${COLUMNS}
    from vault.key_job
    where tenant_id = vault.current_tenant() and ended_at is null
    order by priority desc, created_at, job_id`,
};

const selectJob: Statement = {
  name: "select_key_job",
  text: `
    select ${COLUMNS}
    from vault.key_job
    where tenant_id = vault.current_tenant() and job_id = $1`,
};

const updateProgress: Statement = {
  name: "update_key_job_progress",
  text: `
    update vault.key_job
    set after_token = $2, rows_done = $3, rows_total = greatest(rows_total, $3), updated_at = $4
    where tenant_id = vault.current_tenant() and job_id = $1
    returning ${COLUMNS}`,
};

const updateJob: Statement = {
  name: "update_key_job",
  text: `
    update vault.key_job
    set state = $2, priority = $3, max_rows_per_second = $4, reason = $5, updated_at = $6,
      ended_at = case when $2 in ('done', 'failed') then $6::timestamptz end
    where tenant_id = vault.current_tenant() and job_id = $1 and ended_at is null
    returning ${COLUMNS}`,
};

/** A job to begin. */
export type NewJob = Pick<
  KeyJob,
  "id" | "tenantId" | "kind" | "fromKeyId" | "priority" | "maxRowsPerSecond" | "rowsTotal" | "createdAtMs"
>;

/** Stores a running job; null when one is open for that key already. */
export async function storeJob(tx: Transaction, job: NewJob): Promise<KeyJob | null> {
  const [row] = await tx.rows<JobRow>(insertJob, [
    job.id,
    job.tenantId,
    job.kind,
    job.fromKeyId,
    job.priority,
    job.maxRowsPerSecond,
    job.rowsTotal,
    new Date(job.createdAtMs),
  ]);
  return row === undefined ? null : jobFrom(row);
}

/** Jobs, newest first, at most `limit`; those of one tenant, or of all. */
export async function readJobs(tx: Transaction, tenantId: string | null, limit: number): Promise<readonly KeyJob[]> {
  return (await tx.rows<JobRow>(selectJobs, [tenantId, limit])).map(jobFrom);
}

/** Every job that is not over, in the order of their turns. */
export async function readOpenJobs(tx: Transaction): Promise<readonly KeyJob[]> {
  return (await tx.rows<JobRow>(selectOpenJobs, [])).map(jobFrom);
}

export async function readJob(tx: Transaction, jobId: string): Promise<KeyJob | null> {
  const [row] = await tx.rows<JobRow>(selectJob, [jobId]);
  return row === undefined ? null : jobFrom(row);
}

/** Notes how far a job has got; gives the job as it is now, for somebody may have paused it. */
export async function storeProgress(
  tx: Transaction,
  jobId: string,
  progress: { readonly afterToken: string; readonly rowsDone: number; readonly now: Date },
): Promise<KeyJob | null> {
  const [row] = await tx.rows<JobRow>(updateProgress, [jobId, progress.afterToken, progress.rowsDone, progress.now]);
  return row === undefined ? null : jobFrom(row);
}

/** Changes an open job; null when it is over. */
export async function storeJobChange(
  tx: Transaction,
  job: Pick<KeyJob, "id" | "state" | "priority" | "maxRowsPerSecond" | "reason">,
  now: Date,
): Promise<KeyJob | null> {
  const { id, state, priority, maxRowsPerSecond, reason } = job;
  const [row] = await tx.rows<JobRow>(updateJob, [id, state, priority, maxRowsPerSecond, reason, now]);
  return row === undefined ? null : jobFrom(row);
}

function jobFrom(row: JobRow): KeyJob {
  return {
    id: row.job_id,
    tenantId: row.of_tenant_id,
    kind: row.kind,
    fromKeyId: row.from_key_id,
    state: row.state,
    priority: row.priority,
    maxRowsPerSecond: row.max_rows_per_second,
    rowsTotal: row.rows_total,
    rowsDone: row.rows_done,
    afterToken: row.after_token,
    reason: row.reason,
    createdAtMs: row.created_at.getTime(),
    updatedAtMs: row.updated_at.getTime(),
    endedAtMs: row.ended_at?.getTime() ?? null,
  };
}
