// What runs on a PostgreSQL data folder: read from the folder's postmaster.pid, believed only when /proc agrees.
import { readdir, readFile, readlink, rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { readIfPresent } from "./private-file.ts";

const pollMs = 10;

/** The lines of postmaster.pid that matter here. */
export interface PostmasterFile {
  readonly pid: number;
  readonly port: number;
  /** `starting`, `ready`, `stopping` or `standby`. */
  readonly status: string;
}

/** Reads postmaster.pid; null when there is none or the server is still writing it. */
export async function readPostmasterFile(dataDirectory: string): Promise<PostmasterFile | null> {
  const text = await readIfPresent(path.join(dataDirectory, "postmaster.pid"));
  const lines = text?.split("\n") ?? [];
  const [pid, port, status] = [lines[0], lines[3], lines[7]];
  if (pid === undefined || port === undefined || status === undefined) return null;
  return { pid: Number(pid), port: Number(port), status: status.trim() };
}

/**
 * The processes of PostgreSQL on this data folder. A process id in a file may belong to anybody by now; a process that
 * calls itself postgres and works in the folder is the folder's (PostgreSQL makes the data folder its working
 * directory). A process that has ended but was not collected yet has no working directory and does not count.
 */
export async function postgresProcesses(dataDirectory: string): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map((pid) => worksIn(pid, dataDirectory)));
  return pids.filter((_pid, index) => found[index]).map(Number);
}

/** The process that started `pid`; null when `pid` has ended. After the starter's death it is another one. */
export async function parentOf(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const parent = /^PPid:\s+(\d+)$/m.exec(status)?.[1];
  return parent === undefined ? null : Number(parent);
}

/**
 * Ends every process that is left on the data folder and removes its postmaster.pid. `SIGINT` to the postmaster is an
 * orderly end without waiting for clients; what has not ended after `patienceMs` is killed, as by a power cut.
 */
export async function clearDataDirectory(dataDirectory: string, patienceMs: number): Promise<void> {
  const postmaster = await readPostmasterFile(dataDirectory);
  const left = await postgresProcesses(dataDirectory);
  if (postmaster !== null && left.includes(postmaster.pid)) {
    process.kill(postmaster.pid, "SIGINT");
    await untilNoneLeft(dataDirectory, patienceMs);
  }
  await killAll(dataDirectory);
  await rm(path.join(dataDirectory, "postmaster.pid"), { force: true });
}

/** Kills every process that is left on the data folder and waits until none is. */
export async function killAll(dataDirectory: string): Promise<void> {
  for (const pid of await postgresProcesses(dataDirectory)) killIfAlive(pid);
  if (!(await untilNoneLeft(dataDirectory, 10_000))) throw new Error(`processes on ${dataDirectory} do not end`);
}

async function worksIn(pid: string, dataDirectory: string): Promise<boolean> {
  try {
    if ((await readlink(`/proc/${pid}/cwd`)) !== dataDirectory) return false;
    return (await readFile(`/proc/${pid}/comm`, "utf8")).trim() === "postgres";
  } catch {
    // It ended while we looked, or it is another user's, so not ours.
    return false;
  }
}

async function untilNoneLeft(dataDirectory: string, deadlineMs: number): Promise<boolean> {
  const until = performance.now() + deadlineMs;
  while ((await postgresProcesses(dataDirectory)).length > 0) {
    if (performance.now() > until) return false;
    await delay(pollMs);
  }
  return true;
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself in between.
  }
}
