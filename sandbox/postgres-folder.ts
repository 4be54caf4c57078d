// The folder of a cluster, and making the cluster in it.
import { randomBytes } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import path from "node:path";
import type { PostgresBinaries } from "./postgres-binaries.ts";
import { PostgresError } from "./postgres-error.ts";
import { keepPrivateFile, makePrivateDirectory, readIfPresent } from "./private-file.ts";
import { runProgram } from "./running-process.ts";

/** PostgreSQL's whole environment: PGDATA and its kind would change what it does. */
export const postgresEnvironment = { LC_ALL: "C", TZ: "UTC" };

const initdbDeadlineMs = 120_000; // Half a second here; a slow disk may need a minute to sync.
const longestSocketPath = 107; // sun_path holds 108 bytes with the closing zero (unix(7)).

/** Paths in the folder of a cluster, without links. */
export interface PostgresFolder {
  readonly root: string;
  readonly data: string;
  /** Everything the server writes to standard error. */
  readonly log: string;
  /** The superuser's password. */
  readonly password: string;
  /** Process id of the process that started the server last. */
  readonly startedBy: string;
  /** Folder of the Unix socket; null when the path would not fit into a socket's address. */
  readonly socket: string | null;
}

/** Opens the folder of a cluster (mode 0700), making it when absent. */
export async function openPostgresFolder(directory: string): Promise<PostgresFolder> {
  const root = await makePrivateDirectory(directory);
  const socket = await makePrivateDirectory(path.join(root, "socket"));
  return {
    root,
    data: path.join(root, "data"),
    log: path.join(root, "postgres.log"),
    password: path.join(root, "superuser-password"),
    startedBy: path.join(root, "started-by"),
    socket: Buffer.byteLength(`${socket}/.s.PGSQL.65535`) > longestSocketPath ? null : socket,
  };
}

/** How a cluster is made. */
export interface ClusterMaking {
  readonly binaries: PostgresBinaries;
  /** False skips the wait for the disk. */
  readonly durable: boolean;
  readonly log: (line: string) => void;
}

/**
 * Makes the cluster unless it is there, and returns the superuser's password.
 *
 * @throws PostgresError `wrong-version`, `password-lost`, `not-created`.
 */
export async function openCluster(folder: PostgresFolder, making: ClusterMaking): Promise<string> {
  const madeBy = await readIfPresent(path.join(folder.data, "PG_VERSION"));
  if (madeBy !== null) await checkCluster(folder, Number(madeBy), making.binaries.majorVersion);
  const password = await keepPrivateFile(folder.password, () => randomBytes(24).toString("base64url"));
  if (madeBy === null) await makeCluster(folder, making);
  return password;
}

async function checkCluster(folder: PostgresFolder, madeBy: number, ours: number): Promise<void> {
  if (madeBy !== ours) {
    throw new PostgresError("wrong-version", `PostgreSQL ${madeBy} made ${folder.root}; this is PostgreSQL ${ours}`);
  }
  if ((await readIfPresent(folder.password)) === null) {
    throw new PostgresError("password-lost", `${folder.password} is gone: remove ${folder.root} to begin afresh`);
  }
}

/** Runs initdb beside the final place, so that a half-made cluster is never taken for a whole one. */
async function makeCluster(folder: PostgresFolder, { binaries, durable, log }: ClusterMaking): Promise<void> {
  log(`creating a PostgreSQL ${binaries.majorVersion} cluster in ${folder.root}`);
  const startedAt = performance.now();
  const draft = path.join(folder.root, "data.draft");
  await rm(draft, { recursive: true, force: true });
  await runInitdb(binaries.initdb, [
    `--pgdata=${draft}`,
    "--username=postgres",
    `--pwfile=${folder.password}`,
    "--auth=scram-sha-256",
    "--data-checksums",
    "--encoding=UTF8",
    "--locale=C",
    ...(durable ? [] : ["--no-sync"]),
  ]);
  await rename(draft, folder.data);
  log(`created it in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

async function runInitdb(program: string, args: readonly string[]): Promise<void> {
  try {
    await runProgram([program, ...args], postgresEnvironment, initdbDeadlineMs);
  } catch (cause) {
    throw new PostgresError("not-created", `initdb failed: ${cause instanceof Error ? cause.message : ""}`, { cause });
  }
}
