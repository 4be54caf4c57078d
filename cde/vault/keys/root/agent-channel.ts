// The calling end of a connection that carries frames: calls in flight, their deadlines, and what becomes of them when the
// connection ends.
import type { Socket } from "node:net";
import { errorOf, unintelligible, type Exchange } from "./agent-calls.ts";
import { createFrameReader, encodeFrame, type CallName, type ReadFrame } from "./agent-protocol.ts";
import type { Field } from "../fields.ts";
import { RootKeyError } from "./root-key.ts";

export interface ChannelOptions {
  /** How long a call may take. After that it is `unavailable`, whatever still comes. */
  readonly deadlineMs: number;
  /** A connection over which nothing went for so long is closed. Longer than `deadlineMs`; without it, it stays. */
  readonly idleMs?: number;
  /** Told what a notice says. */
  readonly onNotice?: (notice: Field | undefined) => void;
  /** Told when a call was given up. */
  readonly onOverdue?: () => void;
}

/** A connection to whoever answers calls. It keeps the process alive only while a call is in flight. */
export interface AgentChannel {
  /** Rejects with RootKeyError `unavailable` when no answer comes, for whatever reason. */
  readonly exchange: Exchange;
  readonly isOpen: () => boolean;
  readonly close: () => void;
}

const MAX_CALLS_IN_FLIGHT = 64;

interface PendingCall {
  readonly settle: (frame: ReadFrame) => void;
  readonly fail: (error: RootKeyError) => void;
}

/** Takes a socket over, connected or connecting. */
export function openChannel(socket: Socket, options: ChannelOptions): AgentChannel {
  const pending = new Map<number, PendingCall>();
  let lastCall = 0;
  socket.unref();

  const reader = createFrameReader((frame) => {
    const call = frame.kind === "answer" || frame.kind === "refusal" ? pending.get(frame.call) : undefined;
    if (frame.kind === "notice") options.onNotice?.(frame.fields[0]);
    call?.settle(frame);
    frame.wipe();
  });
  socket.on("data", (chunk: Buffer) => {
    try {
      reader.push(chunk);
    } catch {
      socket.destroy();
    }
  });
  if (options.idleMs !== undefined) socket.setTimeout(options.idleMs, () => socket.destroy());
  socket.on("error", () => undefined);
  socket.on("end", () => socket.destroy());
  socket.on("close", () => {
    for (const { fail } of [...pending.values()]) fail(unavailable("the connection to the key agent ended"));
  });

  const exchange: Exchange = (name, fields, read) =>
    new Promise((resolve, reject) => {
      if (socket.destroyed) throw unavailable("the key agent is not there");
      if (pending.size >= MAX_CALLS_IN_FLIGHT) throw unavailable("too many calls to the key agent at once");
      const call = (lastCall = (lastCall % 0xffff_ffff) + 1);
      const bytes = frameOf(name, call, fields);
      const overdue = setTimeout(() => {
        pending.get(call)?.fail(unavailable("the key agent did not answer in time"));
        options.onOverdue?.();
      }, options.deadlineMs);
      const end = (): void => {
        clearTimeout(overdue);
        pending.delete(call);
        if (pending.size === 0) socket.unref();
      };
      pending.set(call, {
        settle: (frame) => {
          end();
          try {
            if (frame.kind === "refusal") throw errorOf(frame);
            resolve(read(frame.fields));
          } catch (error) {
            reject(error instanceof RootKeyError ? error : unintelligible());
          }
        },
        fail: (error) => {
          end();
          reject(error);
        },
      });
      socket.ref();
      socket.write(bytes, () => void bytes.fill(0));
    });
  return { exchange, isOpen: () => !socket.destroyed, close: () => void socket.destroy() };
}

function frameOf(kind: CallName, call: number, fields: readonly Field[]): Buffer {
  try {
    return encodeFrame({ kind, call, fields });
  } catch (cause) {
    throw new RootKeyError("refused", "no root-key store takes so many bytes", { cause });
  }
}

function unavailable(sentence: string): RootKeyError {
  return new RootKeyError("unavailable", sentence);
}
