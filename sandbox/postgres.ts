// A real PostgreSQL for `make up` and for tests: started without a system user, as root or not, on a port of its own,
// with settings that keep card data out of its log. It dies with the process that started it.
import { writeFile } from "node:fs/promises";
import { freePort } from "./free-port.ts";
import { fileSize, textFrom } from "./output-file.ts";
import { findPostgres, type PostgresBinaries, type PostgresVersion } from "./postgres-binaries.ts";
import { PostgresError } from "./postgres-error.ts";
import { openCluster, openPostgresFolder, postgresEnvironment, type PostgresFolder } from "./postgres-folder.ts";
import { settingArguments } from "./postgres-settings.ts";
import { clearDataDirectory, killAll, parentOf, postgresProcesses, readPostmasterFile } from "./postmaster.ts";
import { readIfPresent } from "./private-file.ts";
import { endProcess, startProcess, withinTime, type ProcessExit, type RunningProcess } from "./running-process.ts";

/** How a cluster is started. */
export interface PostgresOptions {
  /** Folder of the cluster; made when absent. Holds the data, the log, the socket and the superuser's password. */
  readonly directory: string;
  /** Default `embedded`. A cluster stays with the major version that made it. */
  readonly version?: PostgresVersion;
  /** True survives a power cut. False is for clusters that are thrown away. */
  readonly durable: boolean;
  /** Gives the port to listen on; asked again when that one is taken. Default: any free port. */
  readonly choosePort?: () => number | Promise<number>;
  /** Told in one line what is going on. */
  readonly log?: (line: string) => void;
}

/** A running PostgreSQL. Disposing of it stops it. */
export interface Cluster extends AsyncDisposable {
  /** Connects the superuser to the database `postgres` over TCP. Contains the password. */
  readonly url: string;
  readonly port: number;
  /** Process id of the postmaster. */
  readonly pid: number;
  /** The folder without links. */
  readonly directory: string;
  /** Settles when the server has ended, whoever ended it. */
  readonly exited: Promise<ProcessExit>;
  /** Ends the server in order: clients are disconnected, open transactions rolled back. May be called twice. */
  readonly stop: () => Promise<void>;
  /** Ends the server as a power cut would: kills every process of it at once. */
  readonly kill: () => Promise<void>;
}

const startDeadlineMs = 120_000; // Recovery after a crash replays at most a gigabyte of log (max_wal_size).
const stopPatienceMs = 30_000;
const portAttempts = 5;
const pollMs = 10;
const progressEveryMs = 5_000;

interface Start extends PostgresOptions {
  readonly folder: PostgresFolder;
  readonly binaries: PostgresBinaries;
  readonly log: (line: string) => void;
}

/**
 * Starts PostgreSQL on `directory`, creating the cluster when there is none. Data and password survive restarts.
 * A server that a dead starter left behind is ended first.
 *
 * @throws PostgresError; see its codes.
 */
export async function startPostgres(options: PostgresOptions): Promise<Cluster> {
  const log = options.log ?? ((): void => undefined);
  const binaries = await findPostgres(options.version ?? "embedded");
  const folder = await openPostgresFolder(options.directory);
  await refuseLivingServer(folder);
  await clearDataDirectory(folder.data, stopPatienceMs);
  const password = await openCluster(folder, { binaries, durable: options.durable, log });
  const { postmaster, port } = await startOnFreePort({ ...options, folder, binaries, log });
  log(`PostgreSQL ${binaries.majorVersion} is ready on 127.0.0.1:${port}`);
  return {
    url: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`,
    port,
    pid: postmaster.pid,
    directory: folder.root,
    exited: postmaster.exited,
    ...endings(folder, postmaster),
  };
}

/** A server whose parent is still the process that started it belongs to that one; any other is an orphan. */
async function refuseLivingServer(folder: PostgresFolder): Promise<void> {
  const starter = await readIfPresent(folder.startedBy);
  if (starter === null) return;
  for (const pid of await postgresProcesses(folder.data)) {
    if ((await parentOf(pid)) !== Number(starter)) continue;
    throw new PostgresError("in-use", `process ${starter} runs PostgreSQL on ${folder.root} as process ${pid}`);
  }
}

async function startOnFreePort(start: Start): Promise<{ postmaster: RunningProcess; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await (start.choosePort ?? freePort)();
    const logStart = await fileSize(start.folder.log);
    const postmaster = await startPostmaster(start, port);
    const failure = await untilReady(start, postmaster);
    if (failure === null) return { postmaster, port };
    const said = await textFrom(start.folder.log, logStart);
    const portTaken = said.includes("could not create any TCP/IP sockets");
    if (!portTaken || attempt === portAttempts) throw new PostgresError("not-started", `${failure}\n${said.trim()}`);
    start.log(`port ${port} is taken; trying again`);
  }
}

async function startPostmaster({ folder, binaries, durable }: Start, port: number): Promise<RunningProcess> {
  await writeFile(folder.startedBy, String(process.pid));
  const settings = settingArguments({ port, socketDirectory: folder.socket, durable });
  return startProcess({
    command: [binaries.postgres, "-D", folder.data, ...settings],
    environment: postgresEnvironment,
    workingDirectory: folder.root,
    outputFile: folder.log,
    whenParentDies: "SIGINT",
    neverAsRoot: true,
  });
}

/** Waits for the server's own word that it is ready. Returns null, or why it is not going to be; then it has ended. */
async function untilReady({ folder, log }: Start, postmaster: RunningProcess): Promise<string | null> {
  const startedAt = performance.now();
  let nextProgressMs = progressEveryMs;
  while (performance.now() - startedAt < startDeadlineMs) {
    const file = await readPostmasterFile(folder.data);
    if (file?.pid === postmaster.pid && file.status === "ready") return null;
    if ((await withinTime(postmaster.exited, pollMs)) !== null) return "PostgreSQL ended at start";
    if (performance.now() - startedAt < nextProgressMs) continue;
    log(`PostgreSQL is still starting after ${nextProgressMs / 1000} s`);
    nextProgressMs += progressEveryMs;
  }
  await endings(folder, postmaster).stop();
  return `PostgreSQL was not ready after ${startDeadlineMs / 1000} s`;
}

type Endings = Pick<Cluster, "stop" | "kill" | typeof Symbol.asyncDispose>;

function endings(folder: PostgresFolder, postmaster: RunningProcess): Endings {
  // SIGINT: fast shutdown. SIGQUIT: immediate, with recovery at the next start. Then as by a power cut.
  const inOrder = [
    { signal: "SIGINT", waitMs: stopPatienceMs },
    { signal: "SIGQUIT", waitMs: 10_000 },
    { signal: "SIGKILL", waitMs: 10_000 },
  ] as const;
  const atOnce = [{ signal: "SIGKILL", waitMs: 10_000 }] as const;
  const end = async (steps: typeof inOrder | typeof atOnce): Promise<void> => {
    // After its end the folder may belong to a newer server, so nothing more is done on it.
    if ((await withinTime(postmaster.exited, 0)) !== null) return;
    await endProcess(postmaster, steps);
    await killAll(folder.data);
  };
  return { stop: () => end(inOrder), kill: () => end(atOnce), [Symbol.asyncDispose]: () => end(inOrder) };
}
