// The key agent as a process of the sandbox: with the flags and the permissions of production.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { keyAgentSettings } from "@cofferdam/cde/keyagent/config.ts";
import { keyAgentFlags, keyAgentMain } from "@cofferdam/cde/keyagent/process-flags.ts";
import { readConfig } from "@cofferdam/kit/config.ts";
import { fileSize, textFrom } from "./output-file.ts";
import { makePrivateDirectory } from "./private-file.ts";
import { endProcess, startProcess, withinTime, type ProcessExit } from "./running-process.ts";
import type { SoftHsm } from "./soft-hsm.ts";

/** Settings of the agent, by the names of its environment variables. */
export type KeyAgentEnvironment = Readonly<Partial<Record<keyof typeof keyAgentSettings, string>>>;

export interface KeyAgentOptions {
  /** Working directory; holds keyagent.log and both sockets. Made when absent. Short: a socket's path has 107 bytes. */
  readonly directory: string;
  /** Backend and whatever differs from: both sockets here, both for this user alone. */
  readonly environment: KeyAgentEnvironment & Readonly<Record<string, string>>;
  /** More flags of Node for the agent. */
  readonly flags?: readonly string[];
  /** The program to run in place of the agent's main. */
  readonly program?: string;
}

/** An agent that listens. Disposing of it stops it. */
export interface RunningKeyAgent extends AsyncDisposable {
  readonly pid: number;
  readonly serviceSocket: string;
  readonly custodySocket: string;
  /** Everything it wrote to standard output and standard error, of earlier runs too. */
  readonly readLog: () => Promise<string>;
  readonly stop: () => Promise<ProcessExit>;
  /** SIGKILL: nothing is closed. */
  readonly kill: () => Promise<ProcessExit>;
}

const readyWithinMs = 15_000;

/** What the agent is told to use a SoftHSM. */
export function softHsmEnvironment(hsm: SoftHsm): KeyAgentOptions["environment"] {
  return {
    KEYAGENT_BACKEND: `pkcs11:${hsm.library}`,
    KEYAGENT_TOKEN_LABEL: hsm.tokenLabel,
    KEYAGENT_PIN_FILE: hsm.pinFile,
    ...hsm.environment,
  };
}

/** Starts the agent and returns when it listens. Throws with its log when it does not; then it is not running. */
export async function startKeyAgent(options: KeyAgentOptions): Promise<RunningKeyAgent> {
  const directory = await makePrivateDirectory(options.directory);
  const logFile = path.join(directory, "keyagent.log");
  const logStart = await fileSize(logFile);
  const user = String(process.getuid?.() ?? 0);
  const environment = {
    KEYAGENT_SERVICE_SOCKET: path.join(directory, "service.sock"),
    KEYAGENT_CUSTODY_SOCKET: path.join(directory, "custody.sock"),
    KEYAGENT_SERVICE_UIDS: user,
    KEYAGENT_CUSTODY_UIDS: user,
    ...options.environment,
  };
  const flags = keyAgentFlags(readConfig(keyAgentSettings, environment)).map(({ flag }) => flag);
  const running = await startProcess({
    command: [process.execPath, ...flags, ...(options.flags ?? []), options.program ?? keyAgentMain],
    environment,
    workingDirectory: directory,
    outputFile: logFile,
    whenParentDies: "SIGTERM",
  });
  const said = (): Promise<string> => textFrom(logFile, logStart);
  const stop = (): Promise<ProcessExit> =>
    endProcess(running, [
      { signal: "SIGTERM", waitMs: 10_000 },
      { signal: "SIGKILL", waitMs: 10_000 },
    ]);
  await listening(running.exited, said, stop);
  return {
    pid: running.pid,
    serviceSocket: environment.KEYAGENT_SERVICE_SOCKET,
    custodySocket: environment.KEYAGENT_CUSTODY_SOCKET,
    readLog: () => readFile(logFile, "utf8"),
    stop,
    kill: () => endProcess(running, [{ signal: "SIGKILL", waitMs: 10_000 }]),
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}

async function listening(
  exited: Promise<ProcessExit>,
  readLog: () => Promise<string>,
  stop: () => Promise<ProcessExit>,
): Promise<void> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < readyWithinMs) {
    const exit = await withinTime(exited, 20);
    const said = await readLog();
    if (exit !== null) throw new Error(`the key agent ended at start (${JSON.stringify(exit)})\n${said}`);
    if (said.includes('"msg":"key agent ready"')) return;
  }
  await stop();
  throw new Error(`the key agent was not ready after ${readyWithinMs} ms\n${await readLog()}`);
}
