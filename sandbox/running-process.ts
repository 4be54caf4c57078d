// A process that the sandbox runs. It dies with the process that started it, even when that one is killed; it leaves
// no core image; it does not hear the terminal's Ctrl-C, so that its starter decides in which order things end.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

/** What surrounds a command. */
export interface Confinement {
  /** What the kernel sends to the process when we die. */
  readonly whenParentDies: NodeJS.Signals;
  /** Allows core images, which go to the working directory. Default false. */
  readonly coreDumps?: boolean;
  /** For programs that refuse to run as root. Default false. */
  readonly neverAsRoot?: boolean;
}

/** How a process is started. */
export interface ProcessOptions extends Confinement {
  /** Program and arguments. */
  readonly command: readonly string[];
  /** The whole environment: nothing of ours is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** Standard output and standard error are appended to this file (mode 0600). */
  readonly outputFile: string;
}

/** How a process ended: by its own code or by a signal. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A started process. */
export interface RunningProcess {
  readonly pid: number;
  /** Settles when the process has ended; never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Sends a signal; does nothing when the process has ended. */
  readonly signal: (name: NodeJS.Signals) => void;
}

/** One step of ending a process: a signal, and how long to wait for its effect. */
export interface EndingStep {
  readonly signal: NodeJS.Signals;
  readonly waitMs: number;
}

/** Starts a process and returns when the kernel has it; throws the system's error when it cannot be started. */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const [program = "", ...args] = confine(options.command, options);
  await using output = await open(options.outputFile, "a", 0o600);
  const child = spawn(program, args, {
    cwd: options.workingDirectory,
    env: options.environment,
    stdio: ["ignore", output.fd, output.fd],
    detached: true,
  });
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once("exit", (code, signal) => {
      resolve({ code, signal });
    });
  });
  await once(child, "spawn");
  if (child.pid === undefined) throw new Error("a started process has no process id");
  const signal = (name: NodeJS.Signals): void => void child.kill(name);
  return { pid: child.pid, exited, signal };
}

/**
 * Runs a short program to its end, at most `deadlineMs`, with `environment` as its whole environment.
 * Throws with what the program wrote to standard error when it fails.
 */
export async function runProgram(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  deadlineMs: number,
): Promise<void> {
  const [program = "", ...args] = confine(command, { whenParentDies: "SIGKILL", neverAsRoot: true });
  try {
    await promisify(execFile)(program, args, { env: environment, timeout: deadlineMs });
  } catch (cause) {
    const said = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : String(cause);
    throw new Error(said, { cause });
  }
}

/** Sends each step's signal and waits, until the process has ended. Throws when the last step did not end it. */
export async function endProcess(running: RunningProcess, steps: readonly EndingStep[]): Promise<ProcessExit> {
  for (const step of steps) {
    running.signal(step.signal);
    const exit = await withinTime(running.exited, step.waitMs);
    if (exit !== null) return exit;
  }
  throw new Error(`process ${running.pid} did not end`);
}

/** The promise's value, or null when it has not settled within `waitMs`. */
export async function withinTime<Value>(promise: Promise<Value>, waitMs: number): Promise<Value | null> {
  const timer = new AbortController();
  try {
    return await Promise.race([promise, delay(waitMs, null, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}

/**
 * Wrappers from util-linux (always there on Debian), each of which replaces itself by the next, so that the process id
 * is the command's own. The user namespace comes first: entering one may undo a death signal that was set before it.
 */
function confine(command: readonly string[], how: Confinement): string[] {
  const namespace = how.neverAsRoot === true && process.getuid?.() === 0 ? ordinaryUserNamespace : [];
  const deathSignal = ["setpriv", "--pdeathsig", how.whenParentDies.replace("SIG", ""), "--"];
  const coreLimit = ["prlimit", how.coreDumps === true ? "--core=unlimited" : "--core=0:0", "--"];
  return [...namespace, ...deathSignal, ...coreLimit, ...command];
}

// In this namespace root is user 1000. It needs no account on the machine, and files stay those of root outside, so
// that a checkout under a folder of mode 0700 works.
const ordinaryUserNamespace = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"];
