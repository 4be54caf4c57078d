// Waits for what goes on in the admin process, and shows how far it is.
import { AdminProblem, isPassing } from "./admin-problem.ts";
import type { JobView, ProposalView } from "./admin-client.ts";
import type { Call, Connection } from "./command.ts";
import { NotFinished } from "./errors.ts";

/** Reads a proposal until it is over. Throws NotFinished when that takes too long, or the vault no longer answers. */
export async function followProposal(call: Call, { admin }: Connection, started: ProposalView): Promise<ProposalView> {
  return follow(call, {
    label: started.operation,
    unit: "steps",
    first: started,
    read: () => admin.proposal(started.proposal_id),
    isOver: ({ state }) => state !== "running",
    // Nothing of nothing: it has not counted yet.
    progressOf: ({ progress }) => (progress === null || progress.total === 0 ? { done: 0, total: null } : progress),
    later: `keyops proposals ${started.proposal_id}`,
  });
}

/** Reads a job until it is done, failed or paused. Throws as `followProposal`. */
export async function followJob(call: Call, { admin }: Connection, job: JobView): Promise<JobView> {
  return follow(call, {
    label: job.kind,
    unit: "rows",
    first: job,
    read: () => admin.job(job.tenant_id, job.job_id),
    isOver: ({ state }) => state !== "running",
    progressOf: ({ rows_done: done, rows_total: total }) => ({ done, total }),
    later: `keyops jobs ${job.job_id} --follow`,
  });
}

interface Followed<View> {
  readonly label: string;
  readonly unit: string;
  readonly first: View;
  readonly read: () => Promise<View>;
  readonly isOver: (view: View) => boolean;
  readonly progressOf: (view: View) => { readonly done: number; readonly total: number | null };
  /** The command that shows later how it stands. */
  readonly later: string;
}

/** What is short is over after the first looks; what takes long is asked twice a second. */
const firstPauseMs = 50;
const longestPauseMs = 500;
/** As long as an operation may take to go on after the admin process was started again. */
const longestSilenceMs = 60_000;
/** Two days: more than the rows of the largest tenant take. */
const longestMs = 48 * 3_600_000;

async function follow<View>({ terminal, progress }: Call, followed: Followed<View>): Promise<View> {
  const { label, unit, read, isOver, progressOf, later } = followed;
  const bar = progress(label, unit);
  const startedMs = terminal.now();
  let [view, heardMs] = [followed.first, startedMs];
  try {
    for (let pauseMs = firstPauseMs; !isOver(view); pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      const { done, total } = progressOf(view);
      bar.show(done, total);
      await terminal.sleep(pauseMs);
      const heard = await read().catch(unlessPassing);
      if (heard !== null) [view, heardMs] = [heard, terminal.now()];
      const isLost = terminal.now() - heardMs > longestSilenceMs || terminal.now() - startedMs > longestMs;
      if (isLost) throw new NotFinished("it has begun, and its end was not seen", later);
    }
    return view;
  } finally {
    bar.end();
  }
}

function unlessPassing(error: unknown): null {
  if (error instanceof NotFinished || (error instanceof AdminProblem && isPassing(error))) return null;
  throw error;
}
