// One transaction for everything that was asked of a tenant at the same time, audit events included.
import type { Database, Transaction } from "@cofferdam/kit/database.ts";
import type { Card } from "../../card/card.ts";
import { wipeCard } from "../../card/card.ts";
import { appendEvents, lockHead } from "../audit/audit-store.ts";
import type { AuditEvent } from "../audit/event.ts";
import { countUses, readKeyVersions } from "../keys/key-store.ts";
import { KeyringError, fingerprintOfKeys } from "../keys/keyring.ts";
import { changeToken, deleteToken } from "./change-token.ts";
import type {
  Answer,
  ChangeCommand,
  Command,
  DeleteCommand,
  DetokenizeCommand,
  RecordCommand,
  TokenizeCommand,
} from "./commands.ts";
import { detokenizeAll } from "./detokenize.ts";
import { changed, deleted, detokenized, recorded, tokenized } from "./events.ts";
import { answerRetries, keepAnswers, phrasedFor } from "./idempotent-retries.ts";
import type { Outcome } from "./outcome.ts";
import type { Tenant } from "../tenants/tenant.ts";
import type { Round } from "./round.ts";
import { tokenizeAll } from "./tokenize.ts";

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
 * @throws DatabaseError, KeyringError: nothing has been written, unless the code is `outcome_unknown`. KeyringError `stale`
 * when the tenant's keys are not those in memory any more
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
      const [head] = await Promise.all([lockHead(tx, tenant.id), demandCurrentKeys(tx, tenant)]);
      const events = await applyCommands({ tx, tenant, nowMs, answers }, commands);
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

/**
 * Behind the lock of the audit head, which every change of keys takes too: from the moment that a rotation or a
 * revocation has committed, nothing is sealed, looked up or opened with the keys of before.
 */
async function demandCurrentKeys(tx: Transaction, tenant: Tenant): Promise<void> {
  const stored = await readKeyVersions(tx, tenant.id);
  if (fingerprintOfKeys(stored) !== tenant.keys.fingerprint) throw new KeyringError("stale");
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

async function applyCommands(round: Round, commands: readonly Command[]): Promise<readonly AuditEvent[]> {
  const events: AuditEvent[] = [];
  for (const command of commands) {
    if (command.kind === "record") events.push(applyRecord(round, command));
    if (command.kind === "change") events.push(await applyChange(round, command));
    if (command.kind === "delete") events.push(...(await applyDelete(round, command)));
  }
  const toTokenize = commands.filter((command) => command.kind === "tokenize");
  events.push(...(await applyTokenize(round, toTokenize)));
  const toDetokenize = commands.filter((command) => command.kind === "detokenize");
  events.push(...(await applyDetokenize(round, toDetokenize)));
  await countSeals(round, events);
  return events;
}

function applyRecord({ answers }: Round, command: RecordCommand): AuditEvent {
  answers.set(command, { kind: "record" });
  return recorded(command);
}

async function applyChange({ tx, tenant, nowMs, answers }: Round, command: ChangeCommand): Promise<AuditEvent> {
  const outcome = await changeToken(tx, tenant, command.token, command.change, nowMs);
  answers.set(command, { kind: "change", outcome });
  return changed(command, outcome);
}

async function applyDelete(round: Round, command: DeleteCommand): Promise<readonly AuditEvent[]> {
  const { tx, tenant, nowMs, answers } = round;
  const outcomes: Outcome<number>[] = [];
  for (const token of command.tokens) outcomes.push(await deleteToken(tx, tenant, token, nowMs));
  answers.set(command, { kind: "delete", outcomes });
  return deleted(command, outcomes);
}

async function applyTokenize(round: Round, commands: readonly TokenizeCommand[]): Promise<readonly AuditEvent[]> {
  const { tx, tenant, nowMs, answers } = round;
  const retries = await answerRetries(round, commands);
  const fresh = commands.filter((command) => !answers.has(command));
  const requests = fresh.flatMap((command) => command.requests);
  const outcomes = requests.length === 0 ? [] : await tokenizeAll(tx, tenant, requests, nowMs);
  const events: AuditEvent[] = [];
  let next = 0;
  for (const command of fresh) {
    const own = outcomes.slice(next, (next += command.requests.length));
    answers.set(command, { kind: "tokenize", outcomes: own, phrased: phrasedFor(command, own) });
    events.push(...tokenized(command, own));
  }
  await keepAnswers(round, fresh);
  return [...events, ...retries];
}

/** Every event that commits to a row sealed anew is one use of the data key. */
async function countSeals({ tx, tenant }: Round, events: readonly AuditEvent[]): Promise<void> {
  const seals = events.filter(
    (event) => event.state !== null && event.state.rowDigest !== null && event.reason !== "known",
  );
  if (seals.length > 0) await countUses(tx, tenant.id, tenant.keys.primary("data").id, seals.length);
}

async function applyDetokenize(round: Round, commands: readonly DetokenizeCommand[]): Promise<readonly AuditEvent[]> {
  const { tx, tenant, nowMs, answers } = round;
  const tokens = commands.flatMap((command) => command.tokens);
  const outcomes: readonly Outcome<Card>[] = tokens.length === 0 ? [] : await detokenizeAll(tx, tenant, tokens, nowMs);
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
