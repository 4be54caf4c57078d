// What the vault and the key agent say to each other, and the agent to the process that holds the HSM: frames with a
// length in front, because key bytes in JSON would become strings that nobody can wipe.
import { decodeFields, encodeFields, type Field } from "../fields.ts";

/**
 * A frame, version 1. Integers are big endian.
 *
 *   offset  bytes  what
 *        0      4  length of what follows, 6 to 65,536
 *        4      1  version, 1
 *        5      1  kind
 *        6      4  number of the call: the caller's choice, repeated in the answer; 0 in a notice
 *       10      …  fields of the kind, encoded as in `fields.ts`
 *
 *   kind          fields                                            answer's fields
 *     1 wrap      root key id, secret, context                      wrapped key
 *     2 unwrap    root key id, wrapped key, context                 secret
 *     3 generate  none                                              root key id, created (ms since 1970, or null)
 *     4 status    "store"                                           scheme, sealed (0 or 1), location,
 *                                                                   then id and created of each root key
 *                 "agent": of the agent alone, at once              JSON, see AgentStatus
 *     5 destroy   root key id; between agent and HSM process only   none
 *   128 answer    as above
 *   129 refusal   code, sentence
 *   130 notice    what happened; from the HSM process only
 */
export const frameKinds = {
  wrap: 1,
  unwrap: 2,
  generate: 3,
  status: 4,
  destroy: 5,
  answer: 128,
  refusal: 129,
  notice: 130,
} as const;

export type FrameKind = keyof typeof frameKinds;
export type CallName = "wrap" | "unwrap" | "generate" | "status" | "destroy";

/** Bytes of a frame after its length: far more than a key with its context, or the ids of the 64 root keys of a store. */
export const MAX_FRAME_BYTES = 65_536;

const VERSION = 1;
const LENGTH_BYTES = 4;
const HEAD_BYTES = 6;

/** One frame. Byte fields of a frame that was read are views into its buffer, which `wipe` zeroes. */
export interface Frame {
  readonly kind: FrameKind;
  readonly call: number;
  readonly fields: readonly Field[];
}

export interface ReadFrame extends Frame {
  readonly wipe: () => void;
}

/** Bytes that are no frame: whoever sent them is not the other side of this protocol, or has lost its place. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** The bytes of a frame, length included. The caller wipes them once they are sent. Throws ProtocolError when it is too long. */
export function encodeFrame({ kind, call, fields }: Frame): Buffer {
  const encoded = encodeFields(fields);
  try {
    const length = HEAD_BYTES + encoded.length;
    if (length > MAX_FRAME_BYTES) throw new ProtocolError("a frame is too long");
    const frame = Buffer.alloc(LENGTH_BYTES + length);
    frame.writeUInt32BE(length, 0);
    frame.writeUInt8(VERSION, LENGTH_BYTES);
    frame.writeUInt8(frameKinds[kind], LENGTH_BYTES + 1);
    frame.writeUInt32BE(call, LENGTH_BYTES + 2);
    encoded.copy(frame, LENGTH_BYTES + HEAD_BYTES);
    return frame;
  } finally {
    encoded.fill(0);
  }
}

/** Takes a stream apart: returns a function that takes chunks, wipes them, and gives each whole frame to `onFrame`. */
export function createFrameReader(onFrame: (frame: ReadFrame) => void): {
  /** Throws ProtocolError; the stream is of no use after that. */
  readonly push: (chunk: Buffer) => void;
  /** Whether a frame has begun and not ended. */
  readonly isMidFrame: () => boolean;
} {
  const length = { bytes: Buffer.alloc(LENGTH_BYTES), filled: 0 };
  let body: { bytes: Buffer; filled: number } | null = null;
  const take = (chunk: Buffer): void => {
    let rest = chunk;
    while (rest.length > 0) {
      const target: { bytes: Buffer; filled: number } = body ?? length;
      const copied = rest.copy(target.bytes, target.filled);
      target.filled += copied;
      rest = rest.subarray(copied);
      if (target.filled < target.bytes.length) continue;
      if (body === null) {
        body = { bytes: Buffer.alloc(bodyLength(length.bytes)), filled: 0 };
        length.filled = 0;
      } else {
        body = null;
        onFrame(decodeFrame(target.bytes));
      }
    }
  };
  const push = (chunk: Buffer): void => {
    try {
      take(chunk);
    } finally {
      chunk.fill(0);
    }
  };
  return { push, isMidFrame: () => body !== null || length.filled > 0 };
}

function bodyLength(prefix: Buffer): number {
  const length = prefix.readUInt32BE(0);
  if (length < HEAD_BYTES || length > MAX_FRAME_BYTES) throw new ProtocolError("a frame has no length that is allowed");
  return length;
}

function decodeFrame(body: Buffer): ReadFrame {
  if (body.readUInt8(0) !== VERSION) throw new ProtocolError("a frame has another version");
  const kind = kindsByNumber.get(body.readUInt8(1));
  if (kind === undefined) throw new ProtocolError("a frame has no kind that is known");
  try {
    const fields = decodeFields(body.subarray(HEAD_BYTES));
    return { kind, call: body.readUInt32BE(2), fields, wipe: () => void body.fill(0) };
  } catch (cause) {
    throw new ProtocolError("the fields of a frame are malformed", { cause });
  }
}

const kindsByNumber: ReadonlyMap<number, FrameKind> = new Map(
  (Object.keys(frameKinds) as FrameKind[]).map((kind) => [frameKinds[kind], kind]),
);
