// POST /v1/tokens and POST /v1/tokens/batch: the way in for cards.
import { Problem } from "@cofferdam/kit/problem.ts";
import { wipeCard } from "../../card/card.ts";
import type { Answer, Idempotency, PhrasedAnswer } from "../tokens/commands.ts";
import type { Outcome } from "../tokens/outcome.ts";
import type { TokenRequest, Tokenized } from "../tokens/tokenize.ts";
import { idempotencyKey, requestMacs } from "./idempotency-key.ts";
import { refusalProblem } from "./refusal-problem.ts";
import type { Reply } from "./reply.ts";
import { refusalCode } from "./refusal-code.ts";
import { readTokenBatch, readTokenRequest, type BatchItem } from "./token-request.ts";
import { tokenView } from "./token-view.ts";
import type { Call } from "./vault-context.ts";

// Requests of this process that hold an idempotency key and are not answered yet.
const inFlight = new Set<string>();

/** Tokenises one card. The body is wiped by whoever read it; the card here. */
export async function createToken(call: Call, body: Buffer): Promise<Reply> {
  const request = readTokenRequest(body);
  const answer = await tokenize(call, {
    body,
    operation: "createToken",
    requests: [request],
    unreadable: [],
    phrase: phraseOne,
  });
  const [outcome] = answer.kind === "tokenize" ? answer.outcomes : [];
  if (outcome?.ok === false) return { kind: "problem", problem: refusalProblem(outcome.refusal) };
  return replyOf(answer, phraseOne);
}

/** Tokenises up to 1,000 cards; each has an outcome of its own. */
export async function createTokenBatch(call: Call, body: Buffer): Promise<Reply> {
  const items = readTokenBatch(body);
  const requests = items.flatMap((item) => ("request" in item ? [item.request] : []));
  const phrase = (outcomes: readonly Outcome<Tokenized>[]): PhrasedAnswer => phraseBatch(call, items, outcomes);
  const unreadable = items.flatMap((item) => ("problem" in item ? [refusalCode(item.problem)] : []));
  return replyOf(await tokenize(call, { body, operation: "createTokenBatch", requests, unreadable, phrase }), phrase);
}

interface Work {
  readonly body: Buffer;
  readonly operation: string;
  readonly requests: readonly TokenRequest[];
  readonly unreadable: readonly string[];
  readonly phrase: Idempotency["phrase"];
}

async function tokenize(call: Call, work: Work): Promise<Answer> {
  const { requests, unreadable } = work;
  try {
    const idempotency = idempotencyOf(call, work);
    const command = { kind: "tokenize", attribution: call.attribution, requests, unreadable, idempotency } as const;
    return await onlyOnce(call, idempotency, () => call.vault.submit(call.tenant.id, command));
  } finally {
    for (const request of requests) wipeCard(request.card);
  }
}

function idempotencyOf(call: Call, { body, operation, phrase }: Work): Idempotency | null {
  const key = idempotencyKey(call.request.get("idempotency-key"));
  if (key === null) return null;
  const request = { clientId: call.caller.clientId, operation, key, body };
  const primary = call.tenant.keys.primary("request");
  // Answers that were kept before the request key was replaced are still given out, for their day.
  const formerKeys = call.tenant.keys.openingAll("request").filter(({ id }) => id !== primary.id);
  return {
    current: requestMacs(primary, request),
    former: formerKeys.map((former) => requestMacs(former, request)),
    phrase,
  };
}

async function onlyOnce(call: Call, idempotency: Idempotency | null, act: () => Promise<Answer>): Promise<Answer> {
  if (idempotency === null) return act();
  const name = `${call.tenant.id}:${idempotency.current.keyMac.toString("base64")}`;
  if (inFlight.has(name)) throw new Problem("idempotency-in-flight", { retryAfterSeconds: 1 });
  inFlight.add(name);
  try {
    return await act();
  } finally {
    inFlight.delete(name);
  }
}

function replyOf(answer: Answer, phrase: Idempotency["phrase"]): Reply {
  if (answer.kind === "replay") return { kind: "json", ...answer.phrased, isReplay: true };
  if (answer.kind === "key_reused") return { kind: "problem", problem: new Problem("idempotency-key-reused") };
  if (answer.kind === "answer_changed") return { kind: "problem", problem: new Problem("integrity-failure") };
  if (answer.kind !== "tokenize") throw new Error(`a tokenize command was answered with ${answer.kind}`);
  return { kind: "json", ...(answer.phrased ?? phrase(answer.outcomes)) };
}

function phraseOne([outcome]: readonly Outcome<Tokenized>[]): PhrasedAnswer {
  if (outcome?.ok !== true) throw new Error("only a token that was made is phrased");
  return { status: 201, body: JSON.stringify(tokenView(outcome.value.row)) };
}

function phraseBatch(call: Call, items: readonly BatchItem[], outcomes: readonly Outcome<Tokenized>[]): PhrasedAnswer {
  let next = 0;
  const answers = items.map((item, index) => {
    const outcome = "request" in item ? outcomes[next++] : undefined;
    if (outcome?.ok === true) return { index, status: 201, token: tokenView(outcome.value.row) };
    const problem =
      "problem" in item ? item.problem : refusalProblem(outcome?.refusal ?? "integrity", `/items/${index}`);
    return { index, status: problem.status, problem: problem.toDocument(call.attribution.requestId) };
  });
  const succeeded = answers.filter((answer) => answer.status === 201).length;
  const summary = { total: items.length, succeeded, failed: items.length - succeeded };
  return { status: 200, body: JSON.stringify({ summary, items: answers }) };
}
