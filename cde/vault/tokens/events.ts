// What each command leaves in the audit log: one event an item, with the state of the row after it.
import type { Card } from "../../card/card.ts";
import type { AuditEvent } from "../audit/event.ts";
import type { ChangeCommand, DeleteCommand, DetokenizeCommand, RecordCommand, TokenizeCommand } from "./commands.ts";
import type { Outcome } from "./outcome.ts";
import { rowDigest, type LiveToken } from "./token-row.ts";
import { isOpaqueToken } from "./token.ts";
import type { Tokenized } from "./tokenize.ts";

export function recorded(command: RecordCommand): AuditEvent {
  const { attribution, action, object, outcome, reason } = command;
  return { ...attribution, action, object, outcome, reason, state: null };
}

export function tokenized(command: TokenizeCommand, outcomes: readonly Outcome<Tokenized>[]): readonly AuditEvent[] {
  const refused = (reason: string): AuditEvent => ({
    ...command.attribution,
    action: "token.create",
    object: null,
    outcome: "refused",
    reason,
    state: null,
  });
  const decided = outcomes.map((outcome) => (outcome.ok ? created(command, outcome.value) : refused(outcome.refusal)));
  return [...decided, ...command.unreadable.map(refused)];
}

function created(command: TokenizeCommand, { row, how }: Tokenized): AuditEvent {
  const state = stateOf(row);
  return { ...command.attribution, action: "token.create", object: row.token, outcome: "allowed", reason: how, state };
}

export function detokenized(command: DetokenizeCommand, outcomes: readonly Outcome<Card>[]): readonly AuditEvent[] {
  return outcomes.map((outcome, index) => ({
    ...command.attribution,
    action: "token.detokenize",
    object: objectOf(command.tokens[index], outcome),
    outcome: outcome.ok ? "allowed" : "refused",
    reason: outcome.ok ? command.purpose : outcome.refusal,
    state: null,
  }));
}

export function changed(command: ChangeCommand, outcome: Outcome<LiveToken>): AuditEvent {
  return {
    ...command.attribution,
    action: actionOf(command),
    object: objectOf(command.token, outcome),
    outcome: outcome.ok ? "allowed" : "refused",
    reason: outcome.ok ? null : outcome.refusal,
    state: outcome.ok ? stateOf(outcome.value) : null,
  };
}

export function deleted(command: DeleteCommand, outcomes: readonly Outcome<number>[]): readonly AuditEvent[] {
  return outcomes.map((outcome, index) => ({
    ...command.attribution,
    action: command.action,
    object: objectOf(command.tokens[index], outcome),
    outcome: outcome.ok ? "allowed" : "refused",
    reason: outcome.ok ? null : outcome.refusal,
    state: outcome.ok ? { rowVersion: outcome.value, rowDigest: null } : null,
  }));
}

function stateOf(row: LiveToken): AuditEvent["state"] {
  return { rowVersion: row.rowVersion, rowDigest: rowDigest(row) };
}

function actionOf({ change }: ChangeCommand): AuditEvent["action"] {
  if (change.status === "suspended") return "token.suspend";
  return change.status === "active" ? "token.resume" : "token.update";
}

/** A digit token that does not exist may be a mistyped card number: it is not written down. */
function objectOf(token: string | undefined, outcome: Outcome<unknown>): string | null {
  if (token === undefined) return null;
  const isKnown = outcome.ok || outcome.refusal !== "not_found";
  return isKnown || isOpaqueToken(token) ? token : null;
}
