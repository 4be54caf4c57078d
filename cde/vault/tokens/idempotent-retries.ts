// Retries of requests that carried an Idempotency-Key: the same request gets its first answer again, byte for byte.
import type { AuditEvent } from "../audit/event.ts";
import type { Answer, PhrasedAnswer, TokenizeCommand } from "./commands.ts";
import { recorded } from "./events.ts";
import { readIdempotentRequests, storeIdempotentRequests } from "./idempotency-store.ts";
import type { Outcome } from "./outcome.ts";
import type { Round } from "./round.ts";
import type { Tokenized } from "./tokenize.ts";

/** How long an answer is kept for retries. */
export const IDEMPOTENCY_KEPT_MS = 86_400_000;

/** Answers the commands that were carried out before; the others stay without an answer. Gives the events of both. */
export async function answerRetries(
  { tx, tenant, nowMs, answers }: Round,
  commands: readonly TokenizeCommand[],
): Promise<readonly AuditEvent[]> {
  const keyMacs = commands.flatMap((command) => command.idempotency?.keyMac ?? []);
  const before = await readIdempotentRequests(tx, tenant.id, keyMacs, nowMs - IDEMPOTENCY_KEPT_MS);
  return commands.flatMap((command) => {
    const earlier = before.get(command.idempotency?.keyMac.toString("base64") ?? "");
    if (command.idempotency === null || earlier === undefined) return [];
    const isSameRequest = earlier.requestMac.equals(command.idempotency.requestMac);
    const phrased = { status: earlier.status, body: earlier.response };
    answers.set(command, isSameRequest ? { kind: "replay", phrased } : { kind: "key_reused" });
    return [retryEvent(command, isSameRequest)];
  });
}

/** The answer to keep for retries. A request that was refused whole has done nothing: it may be mended and sent again. */
export function phrasedFor(command: TokenizeCommand, outcomes: readonly Outcome<Tokenized>[]): PhrasedAnswer | null {
  return outcomes.some(({ ok }) => ok) ? (command.idempotency?.phrase(outcomes) ?? null) : null;
}

/** Keeps the answers of commands that carried a key and did something. */
export async function keepAnswers(
  { tx, tenant, nowMs, answers }: Round,
  commands: readonly TokenizeCommand[],
): Promise<void> {
  const kept = commands.flatMap(({ idempotency }, index) => {
    const phrased = phrasedIn(answers.get(commands[index] as TokenizeCommand));
    if (idempotency === null || phrased === null) return [];
    const { keyMac, requestMac } = idempotency;
    return [{ keyMac, requestMac, status: phrased.status, response: phrased.body }];
  });
  await storeIdempotentRequests(tx, tenant.id, kept, nowMs);
}

function phrasedIn(answer: Answer | undefined): PhrasedAnswer | null {
  return answer?.kind === "tokenize" ? answer.phrased : null;
}

function retryEvent(command: TokenizeCommand, isSameRequest: boolean): AuditEvent {
  const verdict = isSameRequest
    ? ({ outcome: "allowed", reason: "replayed" } as const)
    : ({ outcome: "refused", reason: "idempotency_key_reused" } as const);
  return recorded({
    attribution: command.attribution,
    kind: "record",
    action: "token.create",
    object: null,
    ...verdict,
  });
}
