// The admin process of the sandbox: with the flags, the permissions and the end of production, as `vault-process.ts` runs
// the vault.
import path from "node:path";
import type { adminSettings } from "@cofferdam/cde/vault/admin/config.ts";
import { adminMain, adminProcessFlags } from "@cofferdam/cde/vault/admin/process-flags.ts";
import { fileSize, textFrom } from "./output-file.ts";
import { makePrivateDirectory } from "./private-file.ts";
import { endProcess, startProcess, withinTime, type ProcessExit, type RunningProcess } from "./running-process.ts";

/** Settings of the admin process, by the names of its environment variables. */
export type AdminEnvironment = Readonly<Partial<Record<keyof typeof adminSettings, string>>>;

/** How an admin process is started. */
export interface AdminOptions {
  /** Working directory; holds vault-admin.log. Made when absent. */
  readonly directory: string;
  /** Paths are absolute. Ports are any free ones, unless set here. */
  readonly environment: AdminEnvironment;
  /** More files and folders that it may read. */
  readonly readPaths?: readonly string[];
}

/** An admin process that answers. Disposing of it stops it. */
export interface RunningAdminProcess extends AsyncDisposable {
  readonly pid: number;
  /** Base URL of the admin plane (mutual TLS). */
  readonly url: string;
  /** Base URL of metrics and probes (plain HTTP). */
  readonly opsUrl: string;
  /** Everything it wrote to standard output and standard error, of earlier runs too. */
  readonly logFile: string;
  /** SIGTERM: it drains and ends; killed when it takes longer than 20 seconds. May be called twice. */
  readonly stop: () => Promise<ProcessExit>;
  /** SIGKILL: nothing is drained. */
  readonly kill: () => Promise<ProcessExit>;
}

const repository = path.resolve(import.meta.dirname, "..");
const POLL_MS = 20;
const READY_WITHIN_MS = 15_000;

const defaults: AdminEnvironment = {
  VAULT_ADMIN_PORT: "0",
  VAULT_ADMIN_OPS_PORT: "0",
  VAULT_ADMIN_POLICY_DIRECTORY: path.join(repository, "policies/authorization"),
  VAULT_ADMIN_CRYPTOPERIODS_FILE: path.join(repository, "policies/cryptoperiods.yaml"),
  VAULT_ADMIN_PROBLEM_PAGES: path.join(repository, "docs/problems"),
};

/** Starts it and returns when it says that it is ready. Throws with its log when it ends first or is not ready in time. */
export async function startAdminProcess(options: AdminOptions): Promise<RunningAdminProcess> {
  const directory = await makePrivateDirectory(options.directory);
  const logFile = path.join(directory, "vault-admin.log");
  const logStart = await fileSize(logFile);
  const environment = { ...defaults, ...options.environment };
  const { readPaths = [] } = options;
  const flags = adminProcessFlags({ environment, readPaths }).map(({ flag }) => flag);
  const running = await startProcess({
    command: [process.execPath, ...flags, adminMain],
    environment,
    workingDirectory: directory,
    outputFile: logFile,
    whenParentDies: "SIGTERM",
  });
  const ports = await portsWhenReady(running, () => textFrom(logFile, logStart, 1_048_576));
  const stop = (): Promise<ProcessExit> =>
    endProcess(running, [
      { signal: "SIGTERM", waitMs: 20_000 },
      { signal: "SIGKILL", waitMs: 10_000 },
    ]);
  return {
    pid: running.pid,
    url: `https://127.0.0.1:${ports.port}`,
    opsUrl: `http://127.0.0.1:${ports.opsPort}`,
    logFile,
    stop,
    kill: () => endProcess(running, [{ signal: "SIGKILL", waitMs: 10_000 }]),
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}

interface Ports {
  readonly port: number;
  readonly opsPort: number;
}

async function portsWhenReady(running: RunningProcess, readLog: () => Promise<string>): Promise<Ports> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < READY_WITHIN_MS) {
    const exit = await withinTime(running.exited, POLL_MS);
    const said = await readLog();
    if (exit !== null) throw new Error(`the admin process ended at start (${JSON.stringify(exit)})\n${said}`);
    const ports = portsIn(said);
    if (ports !== null) return ports;
  }
  await endProcess(running, [{ signal: "SIGKILL", waitMs: 10_000 }]);
  throw new Error(`the admin process was not ready in time\n${await readLog()}`);
}

/** The ports in the line `{"msg":"vault admin ready","port":…,"ops_port":…}`; null while there is no such line. */
function portsIn(log: string): Ports | null {
  const line = log.split("\n").find((text) => text.includes('"msg":"vault admin ready"') && text.endsWith("}"));
  if (line === undefined) return null;
  const ready = JSON.parse(line) as { readonly port: number; readonly ops_port: number };
  return { port: ready.port, opsPort: ready.ops_port };
}
