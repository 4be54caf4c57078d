// The way to the key agent's custody socket, for the admin process alone: destroying root keys, and what custodians do.
// JSON in lines, for shares travel encrypted and nothing else here is secret.
import { connect, type Socket } from "node:net";
import { readLine } from "./custody-line.ts";

/** A custody call, as JSON: `{ "call": …, "argument": … }` in one line. */
export interface CustodyRequest {
  readonly call: string;
  readonly argument: unknown;
}

/** Its answer, in one line: `{ "answer": … }`, or `{ "refusal": { "code": …, "message": … } }`. */
export type CustodyReply =
  { readonly answer: unknown } | { readonly refusal: { readonly code: string; readonly message: string } };

/**
 * A custody call that was not done, or whose outcome is not known: code `unavailable` when the agent gave no answer, else
 * the code that it refused with (`CustodyErrorCode`, `RootKeyErrorCode`, or `unknown_call`). Holds no input.
 */
export class CustodyRefusal extends Error {
  override readonly name = "CustodyRefusal";
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface CustodyClient {
  /** Does one call of the agent's list, e.g. `begin`, with a JSON value. Rejects with CustodyRefusal. */
  readonly call: (name: string, argument?: unknown) => Promise<unknown>;
  /** Destroys a root key for good; one that is gone is no error. Rejects with CustodyRefusal. */
  readonly destroy: (rootKeyId: string) => Promise<void>;
}

// Making and proving a sharing takes longer than a call for a key, and nobody waits for it on an event loop.
const DEADLINE_MS = 20_000;

/** A client that makes a connection for each call: custody calls are rare and keep nothing open. */
export function openCustodyClient(socketPath: string): CustodyClient {
  const call = async (name: string, argument: unknown = null): Promise<unknown> => {
    const request: CustodyRequest = { call: name, argument };
    const reply = replyIn(await answerTo(connect(socketPath), `${JSON.stringify(request)}\n`));
    if ("refusal" in reply) throw new CustodyRefusal(reply.refusal.code, reply.refusal.message);
    return reply.answer;
  };
  return {
    call,
    destroy: async (rootKeyId) => {
      await call("destroy", { root_key_id: rootKeyId });
    },
  };
}

/** The first line that comes back. */
async function answerTo(socket: Socket, line: string): Promise<string> {
  try {
    socket.write(line);
    return await readLine(socket, DEADLINE_MS);
  } catch (cause) {
    throw new CustodyRefusal("unavailable", "the key agent gave no answer", { cause });
  } finally {
    socket.destroy();
  }
}

function replyIn(line: string): CustodyReply {
  const reply = parsed(line) as Partial<CustodyReply> | null;
  if (reply !== null && typeof reply === "object" && ("answer" in reply || "refusal" in reply)) {
    return reply as CustodyReply;
  }
  throw new CustodyRefusal("unavailable", "the key agent gave an answer that cannot be understood");
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
