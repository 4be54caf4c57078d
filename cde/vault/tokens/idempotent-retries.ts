// Retries of requests that carried an Idempotency-Key: the same request gets its first answer again, byte for byte.
import { timingSafeEqual } from "node:crypto";
import type { AuditEvent } from "../audit/event.ts";
import type { SealingKey } from "../keys/envelope.ts";
import { encodeFields } from "../keys/fields.ts";
import { hmacSha256 } from "../keys/hmac.ts";
import type { Tenant } from "../tenants/tenant.ts";
import type { Answer, PhrasedAnswer, RequestMacs, TokenizeCommand } from "./commands.ts";
import { recorded } from "./events.ts";
import { readIdempotentRequests, storeIdempotentRequests, type IdempotentRequest } from "./idempotency-store.ts";
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
  const keyMacs = commands.flatMap((command) => macsOf(command).map(({ keyMac }) => keyMac));
  const before = await readIdempotentRequests(tx, tenant.id, keyMacs, nowMs - IDEMPOTENCY_KEPT_MS);
  return commands.flatMap((command) => {
    const macs = macsOf(command).find(({ keyMac }) => before.has(keyMac.toString("base64")));
    const earlier = before.get(macs?.keyMac.toString("base64") ?? "");
    if (macs === undefined || earlier === undefined) return [];
    const verdict = verdictOn(tenant, earlier, macs.requestMac);
    const phrased = { status: earlier.status, body: earlier.response };
    answers.set(command, verdict === "replayed" ? { kind: "replay", phrased } : { kind: verdict });
    return [retryEvent(command, verdict)];
  });
}

function macsOf({ idempotency }: TokenizeCommand): readonly RequestMacs[] {
  return idempotency === null ? [] : [idempotency.current, ...idempotency.former];
}

type Verdict = "replayed" | "key_reused" | "answer_changed";

/** A kept answer names a token: edited in the database, it would hand out the token of another card. */
function verdictOn(tenant: Tenant, earlier: IdempotentRequest, requestMac: Buffer): Verdict {
  const isOurs = tenant.keys
    .openingAll("request")
    .some((key) => timingSafeEqual(earlier.answerMac, answerMac(key, earlier)));
  if (!isOurs) return "answer_changed";
  return earlier.requestMac.equals(requestMac) ? "replayed" : "key_reused";
}

function answerMac(requestKey: SealingKey, answer: Omit<IdempotentRequest, "answerMac">): Buffer {
  const { keyMac, requestMac, status, response } = answer;
  const fields = encodeFields(["idempotent-answer", keyMac, requestMac, status, response]);
  return hmacSha256(requestKey.secret, fields);
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
    const kept = { ...idempotency.current, status: phrased.status, response: phrased.body };
    return [{ ...kept, answerMac: answerMac(tenant.keys.primary("request"), kept) }];
  });
  await storeIdempotentRequests(tx, tenant.id, kept, nowMs);
}

function phrasedIn(answer: Answer | undefined): PhrasedAnswer | null {
  return answer?.kind === "tokenize" ? answer.phrased : null;
}

function retryEvent(command: TokenizeCommand, reason: Verdict): AuditEvent {
  const verdict = { outcome: reason === "replayed" ? "allowed" : "refused", reason } as const;
  return recorded({
    attribution: command.attribution,
    kind: "record",
    action: "token.create",
    object: null,
    ...verdict,
  });
}
