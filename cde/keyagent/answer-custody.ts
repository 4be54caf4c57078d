// The answering end of the custody socket: one call for each connection, a line of JSON in, a line of JSON out.
import type { Socket } from "node:net";
import type { Logger } from "@cofferdam/kit/log.ts";
import type { CustodyReply, CustodyRequest } from "../vault/keys/custody/custody-client.ts";
import { CustodyError } from "../vault/keys/custody/custody-error.ts";
import { readLine } from "../vault/keys/custody/custody-line.ts";
import { RootKeyError } from "../vault/keys/root/root-key.ts";

/** What the admin process may do, by name. Each takes and gives JSON and checks what it takes. */
export type CustodyCalls = ReadonlyMap<string, (argument: unknown) => Promise<unknown>>;

// For the line that comes, and again for the one that goes.
const LINE_DEADLINE_MS = 5_000;

/** Answers the one call of a connection and ends it, read or unread. A line that is no call ends it without an answer. */
export async function answerCustody(socket: Socket, calls: CustodyCalls, log: Logger): Promise<void> {
  try {
    const { call, argument } = requestIn(await readLine(socket, LINE_DEADLINE_MS));
    const reply = await replyTo(calls.get(call), argument);
    const outcome = "refusal" in reply ? reply.refusal.code : "ok";
    log.info({ route: calls.has(call) ? `custody ${call}` : "custody", outcome }, "custody call");
    endWith(socket, `${JSON.stringify(reply)}\n`);
  } catch (error) {
    log.warn({ err: error }, "custody connection without a call");
    socket.destroy();
  }
}

/** The other side may keep its half open and read nothing: then the place is taken back. */
function endWith(socket: Socket, line: string): void {
  const deadline = setTimeout(() => socket.destroy(), LINE_DEADLINE_MS);
  socket.once("close", () => {
    clearTimeout(deadline);
  });
  socket.end(line, () => socket.destroy());
}

async function replyTo(
  call: ((argument: unknown) => Promise<unknown>) | undefined,
  argument: unknown,
): Promise<CustodyReply> {
  if (call === undefined) return refusal("unknown_call", "this key agent has no such custody call");
  try {
    return { answer: (await call(argument)) ?? null };
  } catch (error) {
    if (error instanceof RootKeyError || error instanceof CustodyError) return refusal(error.code, error.message);
    return refusal("unavailable", "the custody call failed");
  }
}

function refusal(code: string, message: string): CustodyReply {
  return { refusal: { code, message } };
}

function requestIn(line: string): CustodyRequest {
  const request = JSON.parse(line) as Partial<CustodyRequest> | null;
  if (typeof request !== "object" || typeof request?.call !== "string") throw new Error("a custody line is no call");
  return { call: request.call, argument: request.argument };
}
