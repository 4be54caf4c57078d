// `keyops reencrypt` and `jobs`: rows move from a former key version to its successor.
import { uuid } from "@cofferdam/kit/uuid.ts";
import type { AdminClient, JobView } from "../admin-client.ts";
import type { Call, Command, Connection, Outcome } from "../command.ts";
import { Refusal, UsageError } from "../errors.ts";
import { followJob } from "../follow.ts";
import { durationText } from "../progress-bar.ts";
import { count, factLines, table } from "../text.ts";
import { findVersion, tenantOptions } from "./key-version.ts";

const rateOption = { value: "<rows/s>", help: "move no more rows than this in a second" };
const followOption = { help: "show how far it is until it is over" };
const rateBounds = { min: 1, max: 1_000_000 };

export const reencrypt: Command = {
  name: "reencrypt",
  summary: "move what is under a former key version to its successor",
  description:
    "Starts a job in the admin process: cards of a data key, fingerprints of an index key. Callers do not notice it. A job that is open for this key already is shown as it is.",
  words: [],
  options: { ...tenantOptions, rate: rateOption, follow: followOption, "dry-run": { help: "only count the rows" } },
  isOnline: true,
  examples: [
    "reencrypt --tenant <id> --purpose data --version 3 --follow",
    "reencrypt --tenant <id> --purpose data --version 3 --rate 500",
  ],
  exitCodes: {
    1: "refused, and nothing was moved; or the job failed",
    3: "the job was paused, or its end was not seen; or the vault is not available",
  },
  run: async (call) => {
    const connection = await call.connect();
    const { key_id } = await findVersion(call, connection.admin);
    const request = { tenant_id: call.options.id("tenant"), key_id };
    if (call.options.flag("dry-run")) {
      const answer = await connection.admin.previewJob(request);
      return { text: `${count(answer.rows_total)} rows would be moved\n`, json: { ...answer } };
    }
    const rate = call.options.has("rate") ? { max_rows_per_second: call.options.integer("rate", rateBounds) } : {};
    return shown(call, connection, await connection.admin.startJob({ ...request, ...rate }));
  },
};

export const jobs: Command = {
  name: "jobs",
  summary: "list jobs that move rows; pause, resume, throttle or follow one",
  description: "Without a word all jobs, newest first. With a job's id that one, after changing it as the options say.",
  words: [{ name: "job", form: uuid, isOptional: true }],
  options: {
    tenant: { value: "<id>", help: "only this tenant's" },
    pause: { help: "let it rest" },
    resume: { help: "let it go on" },
    rate: rateOption,
    follow: followOption,
    "dry-run": { help: "show the job and do not change it" },
  },
  isOnline: true,
  examples: ["jobs --tenant <id>", "jobs 5b8b8ac4-6a5e-4f43-9d5b-0c1df0c2f1a1 --rate 200 --follow"],
  exitCodes: {
    1: "refused, and nothing was changed; or the job that was asked for has failed",
    3: "the job was paused, or its end was not seen; or the vault is not available",
  },
  run: async (call) => {
    const change = changeIn(call);
    const connection = await call.connect();
    const listed = await jobsOf(call, connection.admin);
    if (call.word("job") === "") return { text: listText(listed), json: { jobs: listed } };
    const job = listed.find(({ job_id: id }) => id === call.word("job"));
    if (job === undefined) throw new Refusal("there is no such job", "keyops jobs");
    if (change === null || call.options.flag("dry-run")) return shown(call, connection, job);
    return shown(call, connection, await connection.admin.changeJob(job.tenant_id, job.job_id, change));
  },
};

function changeIn({ options, word }: Call): Parameters<AdminClient["changeJob"]>[2] | null {
  const [isPause, isResume, isRate] = [options.flag("pause"), options.flag("resume"), options.has("rate")];
  if (isPause && isResume) throw new UsageError("--pause and --resume exclude each other");
  if (!isPause && !isResume && !isRate) return null;
  if (word("job") === "") throw new UsageError("<job> is needed: which job to change");
  return {
    ...((isPause || isResume) && { state: isPause ? "paused" : "running" }),
    ...(isRate && { max_rows_per_second: options.integer("rate", rateBounds) }),
  };
}

async function jobsOf({ options }: Call, admin: AdminClient): Promise<readonly JobView[]> {
  return (await admin.jobs(options.has("tenant") ? options.id("tenant") : null)).jobs;
}

async function shown(call: Call, connection: Connection, job: JobView): Promise<Outcome> {
  const view = call.options.flag("follow") ? await followJob(call, connection, job) : job;
  const isUnfinished = call.options.flag("follow") && view.state === "paused";
  return { text: jobText(view), json: { job: view }, exitCode: view.state === "failed" ? 1 : isUnfinished ? 3 : 0 };
}

function jobText(job: JobView): string {
  const { eta_seconds: etaSeconds, rows_per_second: rowsPerSecond } = job;
  const pace = job.state === "running" ? rowsPerSecond : null;
  return factLines([
    ["job", job.job_id],
    ["tenant", job.tenant_id],
    ["moves", `${job.kind === "reencrypt" ? "cards" : "fingerprints"} from ${job.from_key_id}`],
    ["state", job.reason === null ? job.state : `${job.state}: ${job.reason}`],
    ["rows", `${count(job.rows_done)} of ${count(job.rows_total)}`],
    ["pace", `${pace === null ? "" : `${count(pace)} of `}at most ${count(job.max_rows_per_second)} a second`],
    ["left", etaSeconds === null ? null : durationText(etaSeconds)],
    ["next", job.state === "done" ? `keyops census --tenant ${job.tenant_id}` : null],
  ]);
}

function listText(listed: readonly JobView[]): string {
  const header = ["JOB", "TENANT", "KIND", "STATE", "ROWS", "CREATED"];
  const rows = listed.map((job) => [
    job.job_id,
    job.tenant_id,
    job.kind,
    job.state,
    `${count(job.rows_done)}/${count(job.rows_total)}`,
    job.created_at,
  ]);
  return table(header, rows, "no jobs");
}
