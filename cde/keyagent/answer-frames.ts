// The answering end of a connection that carries frames: the agent's to the vault, and the HSM process's to the agent.
import type { Socket } from "node:net";
import { refusalOf } from "../vault/keys/root/agent-calls.ts";
import {
  ProtocolError,
  createFrameReader,
  encodeFrame,
  frameKinds,
  type CallName,
  type Frame,
  type ReadFrame,
} from "../vault/keys/root/agent-protocol.ts";
import type { Field } from "../vault/keys/fields.ts";
import { RootKeyError } from "../vault/keys/root/root-key.ts";

export interface AnsweringEnd {
  /** The calls that are taken. Any other frame ends the connection. */
  readonly calls: readonly CallName[];
  /** Does a call. Byte fields of the answer are wiped when they are sent; a ProtocolError ends the connection. */
  readonly answer: (call: CallName, fields: readonly Field[]) => Promise<readonly Field[]>;
}

const MAX_CALLS_IN_FLIGHT = 64;
// A frame that has begun must end: half of one would hold its place in the agent for ever.
const FRAME_DEADLINE_MS = 2_000;

/** Answers the calls of one connection until it ends. Whoever sends what is no frame is cut off. */
export function answerFrames(socket: Socket, end: AnsweringEnd): void {
  let inFlight = 0;
  let frameDeadline: NodeJS.Timeout | undefined;

  const send = (frame: Frame): Promise<void> => {
    const bytes = encodeFrame(frame);
    return new Promise((resolve) => {
      socket.write(bytes, () => {
        bytes.fill(0);
        resolve();
      });
    });
  };
  const respond = async (frame: ReadFrame & { readonly kind: CallName }): Promise<void> => {
    inFlight += 1;
    try {
      // A caller that does not read its answers comes to this limit as well: they count until they are sent.
      if (inFlight > MAX_CALLS_IN_FLIGHT) throw new RootKeyError("unavailable", "too many calls at once");
      const fields = await end.answer(frame.kind, frame.fields);
      const sent = send({ kind: "answer", call: frame.call, fields });
      wipeBytes(fields);
      await sent;
    } catch (error) {
      if (error instanceof ProtocolError) socket.destroy();
      else await send(refusalOf(frame.call, error));
    } finally {
      frame.wipe();
      inFlight -= 1;
    }
  };
  const reader = createFrameReader((frame) => {
    if (!isCall(frame, end.calls)) throw new ProtocolError("a frame is no call that is taken here");
    void respond(frame);
  });
  socket.on("data", (chunk: Buffer) => {
    clearTimeout(frameDeadline);
    try {
      reader.push(chunk);
    } catch {
      socket.destroy();
    }
    if (reader.isMidFrame()) frameDeadline = setTimeout(() => socket.destroy(), FRAME_DEADLINE_MS);
  });
  socket.on("end", () => socket.end());
  socket.on("close", () => {
    clearTimeout(frameDeadline);
  });
}

/** Wipes what an answer held. */
export function wipeBytes(fields: readonly Field[]): void {
  for (const field of fields) if (field instanceof Uint8Array) field.fill(0);
}

function isCall(frame: ReadFrame, calls: readonly CallName[]): frame is ReadFrame & { readonly kind: CallName } {
  return calls.some((call) => frameKinds[call] === frameKinds[frame.kind]);
}
