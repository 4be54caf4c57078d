/**
 * Bodies in one buffer that can be wiped.
 *
 * A card number in a JavaScript string stays in memory until the collector comes by, and then some. So bodies are
 * gathered as bytes outside V8's heap, where nothing copies them, and every chunk they came in is zeroed.
 */
import type { IncomingMessage } from "node:http";

import { Problem } from "./problem.ts";

export interface Body {
  /** Exactly the bytes that were sent. */
  readonly bytes: Buffer;
  /** Zeroes the bytes. Call it in `finally`; calling it twice does no harm. */
  wipe(): void;
}

export interface BodyLimits {
  readonly limitBytes: number;
  /** From now until the last byte. */
  readonly deadlineMs: number;
}

export interface DiscardLimits {
  readonly limitBytes: number;
  /** How long nothing may come. */
  readonly idleMs: number;
}

/** Buffers of up to 64 bytes live on V8's heap, where the collector moves them and leaves copies. */
const leastOffHeapBytes = 65;

const jsonType = /^application\/json(?:; ?charset=utf-8)?$/i;

/**
 * Reads a JSON body whole. Throws Problem `unsupported-media-type`, `body-too-large`, `request-timeout` or
 * `malformed-request` (it ended early); by then every byte that arrived is zeroed.
 */
export async function readBody(request: IncomingMessage, { limitBytes, deadlineMs }: BodyLimits): Promise<Body> {
  const { "content-type": contentType = "", "content-length": declared } = request.headers;
  if (!jsonType.test(contentType)) throw new Problem("unsupported-media-type", { detail: "send application/json" });
  const declaredBytes = declared === undefined ? limitBytes : Number(declared);
  if (declaredBytes > limitBytes) throw tooLarge(limitBytes);
  const buffer = Buffer.allocUnsafeSlow(Math.max(declaredBytes, leastOffHeapBytes));
  const wipe = (): void => {
    buffer.fill(0);
  };
  try {
    const length = await gather(request, buffer.subarray(0, declaredBytes), deadlineMs);
    return { bytes: buffer.subarray(0, length), wipe };
  } catch (error) {
    wipe();
    throw error;
  }
}

function tooLarge(limitBytes: number): Problem {
  return new Problem("body-too-large", { detail: `at most ${limitBytes} bytes are accepted here` });
}

/**
 * Reads what is left of a refused request and zeroes it: unread, it would lie in buffers that nobody can reach. Resolves
 * when the body has ended, or at the bounds: then the connection is of no use any more.
 */
export function discardBody(request: IncomingMessage, { limitBytes, idleMs }: DiscardLimits): Promise<void> {
  if (request.readableEnded || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let length = 0;
    const timer = setTimeout(resolve, idleMs);
    const finish = (): void => {
      clearTimeout(timer);
      resolve();
    };
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      chunk.fill(0);
      timer.refresh();
      if (length > limitBytes) finish();
    });
    for (const event of ["end", "error", "close"]) request.once(event, finish);
    request.resume();
  });
}

/** @returns the number of bytes that came. Goes on zeroing chunks after it has refused, until the connection ends. */
function gather(request: IncomingMessage, target: Buffer, deadlineMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let length = 0;
    let isRefused = false;
    const refuse = (problem: Problem): void => {
      isRefused = true;
      clearTimeout(timer);
      request.off("close", endEarly);
      reject(problem);
    };
    const endEarly = (): void => {
      refuse(new Problem("malformed-request", { detail: "the body ended early" }));
    };
    const timer = setTimeout(() => {
      refuse(new Problem("request-timeout", { detail: "the body took too long to arrive" }));
    }, deadlineMs);
    request.on("data", (chunk: Buffer) => {
      // Once refused the target has been wiped: nothing may be copied there any more.
      if (!isRefused && length + chunk.length > target.length) refuse(tooLarge(target.length));
      if (!isRefused) length += chunk.copy(target, length);
      chunk.fill(0);
    });
    request.once("end", () => {
      clearTimeout(timer);
      request.off("close", endEarly);
      resolve(length);
    });
    request.once("error", endEarly);
    request.once("close", endEarly);
  });
}
