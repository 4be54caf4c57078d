// The answering end of a connection that carries frames: the agent's to the vault, and the HSM process's to the agent.
import type { Socket } from "node:net";
import { refusalOf } from "../vault/keys/root/agent-calls.ts";
import {
  ProtocolError,
  createFrameReader,
  encodeFrame,
  frameKinds,
  type CallName,
  type ReadFrame,
} from "../vault/keys/root/agent-protocol.ts";
import type { Field } from "../vault/keys/fields.ts";
import { RootKeyError } from "../vault/keys/root/root-key.ts";

export interface AnsweringEnd {
  /** The calls that are taken. Any other frame ends the connection. */
  readonly calls: readonly CallName[];
  /** Does a call. Byte fields of the answer are wiped when they are sent; a ProtocolError ends the connection. */
  readonly answer: (call: CallName, fields: readonly Field[]) => Promise<readonly Field[]>;
  /** A connection over which nothing went for so long ends. Without it, it may be silent for ever. */
  readonly idleMs?: number;
}

const MAX_CALLS_IN_FLIGHT = 64;
// Refusals wait for their reader too: whoever is refused this often and reads nothing would fill the memory.
const MAX_UNSENT_ANSWERS = 128;
// A frame that has begun must end: half of one would hold its place in the agent for ever.
const FRAME_DEADLINE_MS = 2_000;

/** Answers the calls of one connection until it ends. Whoever sends what is no frame, or too slowly, is cut off. */
export function answerFrames(socket: Socket, end: AnsweringEnd): void {
  const respond = createResponder(socket, end);
  let frameDeadline: NodeJS.Timeout | undefined;
  const endDeadline = (): void => {
    clearTimeout(frameDeadline);
    frameDeadline = undefined;
  };
  const reader = createFrameReader((frame) => {
    endDeadline();
    if (!isCall(frame, end.calls)) throw new ProtocolError("a frame is no call that is taken here");
    respond(frame);
  });
  socket.on("data", (chunk: Buffer) => {
    try {
      reader.push(chunk);
    } catch {
      socket.destroy();
    }
    // From a frame's first byte, and not renewed by the next ones.
    if (reader.isMidFrame()) frameDeadline ??= setTimeout(() => socket.destroy(), FRAME_DEADLINE_MS);
  });
  if (end.idleMs !== undefined) socket.setTimeout(end.idleMs, () => socket.destroy());
  socket.on("end", () => socket.end());
  socket.on("close", endDeadline);
}

type Call = ReadFrame & { readonly kind: CallName };

/** Does calls and sends what comes of them. Throws ProtocolError for one too many. */
function createResponder(socket: Socket, { answer }: AnsweringEnd): (call: Call) => void {
  let inFlight = 0;
  const send = (bytes: Buffer): Promise<void> =>
    new Promise((resolve) => {
      socket.write(bytes, () => {
        bytes.fill(0);
        resolve();
      });
    });
  const respond = async (frame: Call): Promise<void> => {
    inFlight += 1;
    try {
      // A caller that does not read its answers comes to this limit as well: they count until they are sent.
      if (inFlight > MAX_CALLS_IN_FLIGHT) throw new RootKeyError("unavailable", "too many calls at once");
      await send(answerFrame(frame.call, await answer(frame.kind, frame.fields)));
    } catch (error) {
      if (error instanceof ProtocolError) socket.destroy();
      else await send(encodeFrame(refusalOf(frame.call, error)));
    } finally {
      frame.wipe();
      inFlight -= 1;
    }
  };
  return (frame) => {
    if (inFlight >= MAX_UNSENT_ANSWERS) throw new ProtocolError("a caller does not wait for its answers");
    void respond(frame);
  };
}

/** The frame of an answer, whose fields are wiped. One too long must not cost the connection's other calls theirs. */
function answerFrame(call: number, fields: readonly Field[]): Buffer {
  try {
    return encodeFrame({ kind: "answer", call, fields });
  } catch (cause) {
    throw new RootKeyError("unsupported", "the answer is longer than a frame may be", { cause });
  } finally {
    wipeBytes(fields);
  }
}

/** Wipes what an answer held. */
export function wipeBytes(fields: readonly Field[]): void {
  for (const field of fields) if (field instanceof Uint8Array) field.fill(0);
}

function isCall(frame: ReadFrame, calls: readonly CallName[]): frame is Call {
  return calls.some((call) => frameKinds[call] === frameKinds[frame.kind]);
}
