// POST …/detokenize and POST /v1/detokenize/batch: the only way out for cards.
import { validateDetokenizeBatchRequest, validateDetokenizeRequest } from "@cofferdam/openapi/validate.ts";
import type { Card } from "../../card/card.ts";
import { wipeAnswer } from "../tokens/tenant-commit.ts";
import type { Answer } from "../tokens/commands.ts";
import type { Outcome } from "../tokens/outcome.ts";
import { isToken } from "../tokens/token.ts";
import { cardPieces, joinPieces, type Piece } from "./card-json.ts";
import { fieldProblem, validBody } from "./field-problem.ts";
import { refusalProblem } from "./refusal-problem.ts";
import type { Reply } from "./reply.ts";
import { tokenOf } from "./token-fields.ts";
import type { Call } from "./vault-context.ts";

export async function detokenizeToken(call: Call, body: unknown): Promise<Reply> {
  const token = tokenOf(call);
  const { purpose } = validBody(validateDetokenizeRequest(body));
  return release(call, [token], purpose, ([outcome]) => {
    if (outcome === undefined) throw new Error("a token has one outcome");
    if (!outcome.ok) return { kind: "problem", problem: refusalProblem(outcome.refusal) };
    return { kind: "card", bytes: joinPieces(cardPieces(token, outcome.value)) };
  });
}

export async function detokenizeBatch(call: Call, body: unknown): Promise<Reply> {
  const { tokens, purpose } = validBody(validateDetokenizeBatchRequest(body));
  const wrong = tokens.findIndex((token) => !isToken(token));
  if (wrong !== -1) {
    throw fieldProblem(`/tokens/${wrong}`, "pattern", "Must be a token.");
  }
  return release(call, tokens, purpose, (outcomes) => ({
    kind: "card",
    bytes: joinPieces(batchPieces(call, tokens, outcomes)),
  }));
}

/** Opens the cards, phrases the reply from them, and wipes them. */
async function release(
  call: Call,
  tokens: readonly string[],
  purpose: string,
  phrase: (outcomes: readonly Outcome<Card>[]) => Reply,
): Promise<Reply> {
  call.demandPurpose(purpose);
  const command = { kind: "detokenize", attribution: call.attribution, tokens, purpose } as const;
  const answer: Answer = await call.vault.submit(call.tenant.id, command);
  try {
    if (answer.kind !== "detokenize") throw new Error(`a detokenize command was answered with ${answer.kind}`);
    return phrase(answer.outcomes);
  } finally {
    wipeAnswer(answer);
  }
}

function batchPieces(call: Call, tokens: readonly string[], outcomes: readonly Outcome<Card>[]): readonly Piece[] {
  const succeeded = outcomes.filter((outcome) => outcome.ok).length;
  const summary = JSON.stringify({ total: tokens.length, succeeded, failed: tokens.length - succeeded });
  const items = outcomes.flatMap((outcome, index): readonly Piece[] => {
    const separator = index === 0 ? "" : ",";
    return [separator, ...itemPieces(call, index, tokens[index] ?? "", outcome)];
  });
  return [`{"summary":${summary},"items":[`, ...items, "]}"];
}

function itemPieces(call: Call, index: number, token: string, outcome: Outcome<Card>): readonly Piece[] {
  if (!outcome.ok) {
    const problem = refusalProblem(outcome.refusal, `/tokens/${index}`);
    return [
      JSON.stringify({ index, status: problem.status, token, problem: problem.toDocument(call.attribution.requestId) }),
    ];
  }
  const [opening = "", ...rest] = cardPieces(token, outcome.value);
  return [`{"index":${index},"status":200,`, typeof opening === "string" ? opening.slice(1) : opening, ...rest];
}
