// The way to the key agent's custody socket, for the admin process alone: destroying root keys, and what custodians do.
// JSON in lines, for shares travel encrypted and nothing else here is secret.
import { connect, type Socket } from "node:net";
import type { CustodianStore } from "./custodian-store.ts";
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

/** What the custody socket does. The calls of custodians are there when the agent's root keys are in their file. */
export type CustodyClient = Pick<
  CustodianStore,
  "initialise" | "begin" | "submit" | "seal" | "redistribute" | "handOver" | "custody" | "destroy"
>;

// Making and proving a sharing takes longer than a call for a key, and nobody waits for it on an event loop.
const DEADLINE_MS = 20_000;

/**
 * A client that makes a connection for each call: custody calls are rare and keep nothing open. Every call rejects with
 * CustodyRefusal. The agent is a process of ours: its answers are taken to have the form of their calls.
 */
export function openCustodyClient(socketPath: string): CustodyClient {
  const calling =
    <Answer>(call: string) =>
    async (argument: unknown = null): Promise<Answer> =>
      (await ask(socketPath, { call, argument })) as Answer;
  const destroy = calling<undefined>("destroy");
  return {
    initialise: calling("initialise"),
    begin: calling("begin"),
    submit: calling("submit"),
    seal: calling("seal"),
    redistribute: calling("redistribute"),
    handOver: calling("hand_over"),
    custody: calling("custody"),
    destroy: (rootKeyId) => destroy({ root_key_id: rootKeyId }),
  };
}

async function ask(socketPath: string, request: CustodyRequest): Promise<unknown> {
  const reply = replyIn(await answerTo(connect(socketPath), `${JSON.stringify(request)}\n`));
  if ("refusal" in reply) throw new CustodyRefusal(reply.refusal.code, reply.refusal.message);
  return reply.answer;
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
