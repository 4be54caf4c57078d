// The vault as a process of the sandbox: with the flags, the permissions and the end of production, and nothing more
// to read than its own code and the files that its settings name.
import path from "node:path";
import type { vaultSettings } from "@cofferdam/cde/vault/config.ts";
import { processFlags, vaultMain } from "@cofferdam/cde/vault/process-flags.ts";
import { fileSize, textFrom } from "./output-file.ts";
import { makePrivateDirectory } from "./private-file.ts";
import { endProcess, startProcess, withinTime, type ProcessExit, type RunningProcess } from "./running-process.ts";

/** Settings of the vault, by the names of its environment variables. */
export type VaultEnvironment = Readonly<Partial<Record<keyof typeof vaultSettings, string>>>;

/** How a vault is started. */
export interface VaultOptions {
  /** Working directory; holds vault.log and, when allowed, the core image. Made when absent. */
  readonly directory: string;
  /**
   * The vault may read the files that these settings name, and write the checkpoint directory. Paths are absolute.
   * Ports are any free ones and the log is on, unless set here.
   */
  readonly environment: VaultEnvironment;
  /** More files and folders that it may read. */
  readonly readPaths?: readonly string[];
  /** Allows a core image, for the hunt for card numbers in one. Default false. */
  readonly coreDumps?: boolean;
  /** Default 15,000. */
  readonly readyWithinMs?: number;
  /** The program to run in place of the vault's main. */
  readonly program?: string;
}

/** A vault that answers. Disposing of it stops it. */
export interface RunningVault extends AsyncDisposable {
  readonly pid: number;
  /** Base URL of the data plane (mutual TLS). */
  readonly url: string;
  /** Base URL of metrics and probes (plain HTTP). */
  readonly opsUrl: string;
  /** Everything it wrote to standard output and standard error, of earlier runs too. */
  readonly logFile: string;
  /** Settles when it has ended, whoever ended it. */
  readonly exited: Promise<ProcessExit>;
  /** SIGTERM: it drains and ends; killed when it takes longer than 20 seconds. May be called twice. */
  readonly stop: () => Promise<ProcessExit>;
  /** SIGKILL: nothing is drained. */
  readonly kill: () => Promise<ProcessExit>;
}

const repository = path.resolve(import.meta.dirname, "..");
const pollMs = 20;
const startLogLimitBytes = 1_048_576;

const defaults: VaultEnvironment = {
  VAULT_HOST: "127.0.0.1",
  VAULT_PORT: "0",
  VAULT_OPS_HOST: "127.0.0.1",
  VAULT_OPS_PORT: "0",
  VAULT_POLICY_DIRECTORY: path.join(repository, "policies/authorization"),
  VAULT_CRYPTOPERIODS_FILE: path.join(repository, "policies/cryptoperiods.yaml"),
  VAULT_PROBLEM_PAGES: path.join(repository, "docs/problems"),
};

/**
 * Starts the vault and returns when it says that it is ready. Throws with the end of its log when it ends first or is
 * not ready in time; then it is not running any more.
 */
export async function startVault(options: VaultOptions): Promise<RunningVault> {
  const directory = await makePrivateDirectory(options.directory);
  const logFile = path.join(directory, "vault.log");
  const logStart = await fileSize(logFile);
  const environment = { ...defaults, ...options.environment };
  const running = await startProcess({
    command: vaultCommand(environment, options),
    environment,
    workingDirectory: directory,
    outputFile: logFile,
    whenParentDies: "SIGTERM",
    coreDumps: options.coreDumps ?? false,
  });
  const ports = await portsWhenReady(running, () => textFrom(logFile, logStart, startLogLimitBytes), options);
  const stop = (): Promise<ProcessExit> => end(running);
  return {
    pid: running.pid,
    url: `https://${authority(environment.VAULT_HOST, ports.port)}`,
    opsUrl: `http://${authority(environment.VAULT_OPS_HOST, ports.opsPort)}`,
    logFile,
    exited: running.exited,
    stop,
    kill: () => endProcess(running, [{ signal: "SIGKILL", waitMs: 10_000 }]),
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}

function vaultCommand(environment: VaultEnvironment, { readPaths = [], program = vaultMain }: VaultOptions): string[] {
  return [process.execPath, ...processFlags({ environment, readPaths }).map(({ flag }) => flag), program];
}

interface Ports {
  readonly port: number;
  readonly opsPort: number;
}

async function portsWhenReady(
  running: RunningProcess,
  readLog: () => Promise<string>,
  { readyWithinMs = 15_000 }: VaultOptions,
): Promise<Ports> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < readyWithinMs) {
    const exit = await withinTime(running.exited, pollMs);
    const said = await readLog();
    const ports = portsIn(said);
    if (exit !== null) throw new Error(`the vault ended at start (${JSON.stringify(exit)})\n${lastLines(said)}`);
    if (ports !== null) return ports;
  }
  await endProcess(running, [{ signal: "SIGKILL", waitMs: 10_000 }]);
  throw new Error(`the vault was not ready after ${readyWithinMs} ms\n${lastLines(await readLog())}`);
}

/** The ports in the line `{"msg":"vault ready","port":…,"ops_port":…}`; null while there is no such line. */
function portsIn(log: string): Ports | null {
  const line = log.split("\n").find((text) => text.includes('"msg":"vault ready"') && text.endsWith("}"));
  if (line === undefined) return null;
  const ready: unknown = JSON.parse(line);
  if (typeof ready !== "object" || ready === null || !("port" in ready) || !("ops_port" in ready)) return null;
  return { port: Number(ready.port), opsPort: Number(ready.ops_port) };
}

function end(running: RunningProcess): Promise<ProcessExit> {
  return endProcess(running, [
    { signal: "SIGTERM", waitMs: 20_000 },
    { signal: "SIGKILL", waitMs: 10_000 },
  ]);
}

function authority(host: string | undefined, port: number): string {
  return host?.includes(":") === true ? `[${host}]:${port}` : `${host ?? "127.0.0.1"}:${port}`;
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-20).join("\n");
}
