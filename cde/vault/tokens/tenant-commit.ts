// One transaction for everything that was asked of a tenant at the same time, audit events included.
import type { Database, Transaction } from "@cofferdam/kit/database.ts";
import type { Card } from "../../card/card.ts";
import { wipeCard } from "../../card/card.ts";
import { appendEvents, lockHead } from "../audit/audit-store.ts";
import type { AuditEvent } from "../audit/event.ts";
import { countUses } from "../keys/key-store.ts";
import { changeToken, deleteToken } from "./change-token.ts";
import type {
  Answer,
  ChangeCommand,
  Command,
  DeleteCommand,
  DetokenizeCommand,
  Idempotency,
  PhrasedAnswer,
  TokenizeCommand,
} from "./commands.ts";
import { detokenizeAll } from "./detokenize.ts";
import { changed, deleted, detokenized, recorded, tokenized } from "./events.ts";
import { readIdempotentRequests, storeIdempotentRequests, type IdempotentRequest } from "./idempotency-store.ts";
import type { Outcome } from "./outcome.ts";
import type { Tenant } from "./tenant.ts";
import { tokenizeAll } from "./tokenize.ts";

const IDEMPOTENCY_KEPT_MS = 86_400_000;

export interface CommitOptions {
  readonly database: Database;
  readonly now: () => number;
  /** Version of the running build, for every audit entry. */
  readonly build: string;
  /** Told how long the tenant's audit log is after each commit. */
  readonly onGrowth: (tenantId: string, size: number) => void;
}

/**
 * Carries out commands of one tenant in one transaction: effects and audit events commit together or not at all.
 *
 * The tenant's audit head is locked first, so transactions of one tenant follow one another, in every process; that
 * order is what makes deduplication and idempotency free of races.
 *
 * @returns answers in the order of the commands. Opened cards in them are the receiver's to wipe.
 * @throws DatabaseError, KeyringError: nothing has been written, unless the code is `outcome_unknown`
 */
export async function commitCommands(
  options: CommitOptions,
  tenant: Tenant,
  commands: readonly Command[],
): Promise<readonly Answer[]> {
  const answers = new Map<Command, Answer>();
  try {
    const size = await options.database.asTenant(tenant.id, async (tx) => {
      wipeAnswers(answers);
      const nowMs = options.now();
      const head = await lockHead(tx, tenant.id);
      const events = await applyCommands(tx, tenant, commands, answers, nowMs);
      const grown = await appendEvents(tx, tenant.id, head, events, { now: new Date(nowMs), build: options.build });
      return grown.size;
    });
    options.onGrowth(tenant.id, size);
  } catch (error) {
    wipeAnswers(answers);
    throw error;
  }
  return commands.map((command) => answerTo(answers, command));
}

/** Zeroes the cards in an answer that will not be sent. */
export function wipeAnswer(answer: Answer): void {
  if (answer.kind !== "detokenize") return;
  for (const outcome of answer.outcomes) if (outcome.ok) wipeCard(outcome.value);
}

function wipeAnswers(answers: Map<Command, Answer>): void {
  for (const answer of answers.values()) wipeAnswer(answer);
  answers.clear();
}

async function applyCommands(
  tx: Transaction,
  tenant: Tenant,
  commands: readonly Command[],
  answers: Map<Command, Answer>,
  nowMs: number,
): Promise<readonly AuditEvent[]> {
  const events: AuditEvent[] = [];
  for (const command of commands) {
    if (command.kind === "record") events.push(recordAnswer(command, answers));
    if (command.kind === "change") events.push(await applyChange(tx, tenant, command, answers, nowMs));
    if (command.kind === "delete") events.push(...(await applyDelete(tx, tenant, command, answers, nowMs)));
  }
  const toTokenize = commands.filter((command) => command.kind === "tokenize");
  events.push(...(await applyTokenize(tx, tenant, toTokenize, answers, nowMs)));
  const toDetokenize = commands.filter((command) => command.kind === "detokenize");
  events.push(...(await applyDetokenize(tx, tenant, toDetokenize, answers, nowMs)));
  await countSeals(tx, tenant, events);
  return events;
}

function recordAnswer(command: Extract<Command, { kind: "record" }>, answers: Map<Command, Answer>): AuditEvent {
  answers.set(command, { kind: "record" });
  return recorded(command);
}

async function applyChange(
  tx: Transaction,
  tenant: Tenant,
  command: ChangeCommand,
  answers: Map<Command, Answer>,
  nowMs: number,
): Promise<AuditEvent> {
  const outcome = await changeToken(tx, tenant, command.token, command.change, nowMs);
  answers.set(command, { kind: "change", outcome });
  return changed(command, outcome);
}

async function applyDelete(
  tx: Transaction,
  tenant: Tenant,
  command: DeleteCommand,
  answers: Map<Command, Answer>,
  nowMs: number,
): Promise<readonly AuditEvent[]> {
  const outcomes: Outcome<number>[] = [];
  for (const token of command.tokens) outcomes.push(await deleteToken(tx, tenant, token, nowMs));
  answers.set(command, { kind: "delete", outcomes });
  return deleted(command, outcomes);
}

async function applyTokenize(
  tx: Transaction,
  tenant: Tenant,
  commands: readonly TokenizeCommand[],
  answers: Map<Command, Answer>,
  nowMs: number,
): Promise<readonly AuditEvent[]> {
  const fresh = await answerRetries(tx, tenant, commands, answers, nowMs);
  const outcomes =
    fresh.length === 0
      ? []
      : await tokenizeAll(
          tx,
          tenant,
          fresh.flatMap((command) => command.requests),
          nowMs,
        );
  const kept: IdempotentRequest[] = [];
  const events: AuditEvent[] = [];
  let next = 0;
  for (const command of fresh) {
    const own = outcomes.slice(next, (next += command.requests.length));
    const phrased = own.some(({ ok }) => ok) ? (command.idempotency?.phrase(own) ?? null) : null;
    if (command.idempotency !== null && phrased !== null) kept.push(keep(command.idempotency, phrased));
    answers.set(command, { kind: "tokenize", outcomes: own, phrased });
    events.push(...tokenized(command, own));
  }
  await storeIdempotentRequests(tx, tenant.id, kept, nowMs);
  return [...events, ...tokenizedBefore(commands, answers)];
}

/** Answers the commands that were carried out before; returns the others. */
async function answerRetries(
  tx: Transaction,
  tenant: Tenant,
  commands: readonly TokenizeCommand[],
  answers: Map<Command, Answer>,
  nowMs: number,
): Promise<readonly TokenizeCommand[]> {
  const keyMacs = commands.flatMap((command) => command.idempotency?.keyMac ?? []);
  const before = await readIdempotentRequests(tx, tenant.id, keyMacs, nowMs - IDEMPOTENCY_KEPT_MS);
  return commands.filter(({ idempotency }, index) => {
    const earlier = idempotency === null ? undefined : before.get(idempotency.keyMac.toString("base64"));
    if (idempotency === null || earlier === undefined) return true;
    const isSameRequest = earlier.requestMac.equals(idempotency.requestMac);
    const answer: Answer = isSameRequest
      ? { kind: "replay", phrased: { status: earlier.status, body: earlier.response } }
      : { kind: "key_reused" };
    answers.set(commands[index] as TokenizeCommand, answer);
    return false;
  });
}

function tokenizedBefore(
  commands: readonly TokenizeCommand[],
  answers: ReadonlyMap<Command, Answer>,
): readonly AuditEvent[] {
  return commands.flatMap((command) => {
    const kind = answers.get(command)?.kind;
    if (kind !== "replay" && kind !== "key_reused") return [];
    const outcome = kind === "replay" ? "allowed" : "refused";
    const reason = kind === "replay" ? "replayed" : "idempotency_key_reused";
    return [recorded({ ...command, kind: "record", action: "token.create", object: null, outcome, reason })];
  });
}

function keep(idempotency: Idempotency, phrased: PhrasedAnswer): IdempotentRequest {
  return {
    keyMac: idempotency.keyMac,
    requestMac: idempotency.requestMac,
    status: phrased.status,
    response: phrased.body,
  };
}

/** Every event that commits to a row sealed anew is one use of the data key. */
async function countSeals(tx: Transaction, tenant: Tenant, events: readonly AuditEvent[]): Promise<void> {
  const seals = events.filter(
    (event) => event.state !== null && event.state.rowDigest !== null && event.reason !== "known",
  );
  if (seals.length > 0) await countUses(tx, tenant.id, tenant.keys.primary("data").id, seals.length);
}

async function applyDetokenize(
  tx: Transaction,
  tenant: Tenant,
  commands: readonly DetokenizeCommand[],
  answers: Map<Command, Answer>,
  nowMs: number,
): Promise<readonly AuditEvent[]> {
  if (commands.length === 0) return [];
  const outcomes: readonly Outcome<Card>[] = await detokenizeAll(
    tx,
    tenant,
    commands.flatMap((command) => command.tokens),
    nowMs,
  );
  const events: AuditEvent[] = [];
  let next = 0;
  for (const command of commands) {
    const own = outcomes.slice(next, (next += command.tokens.length));
    answers.set(command, { kind: "detokenize", outcomes: own });
    events.push(...detokenized(command, own));
  }
  return events;
}

function answerTo(answers: ReadonlyMap<Command, Answer>, command: Command): Answer {
  const answer = answers.get(command);
  if (answer === undefined) throw new Error(`no answer to a ${command.kind} command`);
  return answer;
}
