// Runs the process that has the HSM's library loaded, from outside: a library that hangs is killed with its process and
// the next call starts a fresh one. The agent itself never waits inside foreign code.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { openChannel, type AgentChannel } from "../vault/keys/root/agent-channel.ts";
import type { Exchange } from "../vault/keys/root/agent-calls.ts";
import { RootKeyError } from "../vault/keys/root/root-key.ts";
import type { PinGate } from "./pin-gate.ts";

export interface HsmSupervisorOptions {
  /** Program and arguments. It answers frames on its descriptor 3. */
  readonly command: () => readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly pinGate: PinGate;
  readonly onStart: () => void;
  /** Told the error's name. */
  readonly onSessionReset: (cause: string) => void;
}

export interface HsmSupervisor {
  /** Calls go to the HSM one after the other, each within 2 s of its arrival. Rejects with RootKeyError. */
  readonly exchange: Exchange;
  readonly processId: () => number | null;
  /** Ends the process, whatever it hangs in. Nothing starts it again. */
  readonly stop: () => Promise<void>;
}

/** From a call's arrival to its answer, and from its handing over to the HSM's process to the end of that process. */
export const HSM_DEADLINE_MS = 2_000;
// A device that is gone makes every start fail: a start costs 0.1 s of a processor.
const PAUSE_BETWEEN_STARTS_MS = 250;
// Time for a process that is not trusted any more to close its sessions at the device.
const CLOSING_MS = 500;

interface HsmProcess {
  readonly child: ChildProcess;
  readonly channel: AgentChannel;
}

export function createHsmSupervisor(options: HsmSupervisorOptions): HsmSupervisor {
  let current: HsmProcess | null = null;
  let lastStartMs = -Infinity;
  let turn: Promise<unknown> = Promise.resolve();
  let isStopped = false;

  const running = async (): Promise<HsmProcess> => {
    if (current?.channel.isOpen() === true) return current;
    await delay(Math.max(0, lastStartMs + PAUSE_BETWEEN_STARTS_MS - performance.now()));
    if (isStopped) throw new RootKeyError("unavailable", "the key agent is ending");
    lastStartMs = performance.now();
    options.onStart();
    return (current = startHsmProcess(options));
  };
  const exchangeNow: Exchange = async (call, fields, read) => {
    const stamp = options.pinGate.pass();
    const used = await running();
    try {
      return await used.channel.exchange(call, fields, read);
    } catch (error) {
      if (!(error instanceof RootKeyError)) throw error;
      if (error.code === "pin_refused") options.pinGate.shut(stamp);
      // It has tried again by itself before it said so. A fresh process has no state that could be wrong.
      if (error.code === "unavailable" || error.code === "pin_refused") void retire(used);
      throw error;
    }
  };
  return {
    exchange: async (call, fields, read) => {
      const arrivedMs = performance.now();
      const before = turn;
      const { promise: done, resolve: end } = Promise.withResolvers<undefined>();
      turn = done;
      try {
        await before;
        if (performance.now() - arrivedMs > HSM_DEADLINE_MS) {
          throw new RootKeyError("unavailable", "the HSM was busy for too long");
        }
        return await exchangeNow(call, fields, read);
      } finally {
        end(undefined);
      }
    },
    processId: () => (current?.channel.isOpen() === true ? (current.child.pid ?? null) : null),
    stop: async () => {
      isStopped = true;
      if (current !== null) await retire(current);
    },
  };
}

function startHsmProcess({ command, environment, onSessionReset }: HsmSupervisorOptions): HsmProcess {
  const [program = "", ...args] = command();
  // What a library prints goes to standard error: standard output carries the log.
  const child = spawn(program, args, { env: environment, stdio: ["ignore", 2, 2, "pipe"] });
  const pipe = child.stdio[3];
  if (!(pipe instanceof Socket)) throw new RootKeyError("unavailable", "the HSM's process has no pipe");
  child.on("error", () => pipe.destroy());
  child.on("exit", () => pipe.destroy());
  child.unref();
  const channel = openChannel(pipe, {
    deadlineMs: HSM_DEADLINE_MS,
    onNotice: (cause) => {
      onSessionReset(String(cause));
    },
    onOverdue: () => {
      child.kill("SIGKILL");
      pipe.destroy();
    },
  });
  return { child, channel };
}

/** The end of its connection tells the process to close its sessions and end; one that hangs is killed. */
async function retire({ child, channel }: HsmProcess): Promise<void> {
  channel.close();
  const patience = setTimeout(() => child.kill("SIGKILL"), CLOSING_MS);
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  clearTimeout(patience);
}
