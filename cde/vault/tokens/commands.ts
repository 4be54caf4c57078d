// What can be asked of a tenant's tokens, each with who asks: the language between the edge and the transaction.
import type { Card } from "../../card/card.ts";
import type { Actor, AuditAction } from "../audit/event.ts";
import type { TokenChange } from "./change-token.ts";
import type { Outcome } from "./outcome.ts";
import type { LiveToken } from "./token-row.ts";
import type { TokenRequest, Tokenized } from "./tokenize.ts";

/** Who asks, from where, in which request: what every audit event of a command carries. */
export interface Attribution {
  readonly actor: Actor;
  readonly origin: string;
  readonly requestId: string;
}

/** What a request is known by, under one of the tenant's request keys. */
export interface RequestMacs {
  /** MAC over client, route and key. */
  readonly keyMac: Buffer;
  /** MAC over the request body, under the same key. */
  readonly requestMac: Buffer;
}

/** The caller's promise that a retry is the same request, and how to phrase the answer that a retry gets back. */
export interface Idempotency {
  /** Under the primary request key, under which an answer is kept. */
  readonly current: RequestMacs;
  /** Under request keys of before, whose answers may still be kept. */
  readonly former: readonly RequestMacs[];
  /** Called when at least one card got a token. What did nothing is not kept: the key serves for a corrected request. */
  readonly phrase: (outcomes: readonly Outcome<Tokenized>[]) => PhrasedAnswer;
}

/** An answer as it goes out: kept for retries, so it never holds a card number. */
export interface PhrasedAnswer {
  readonly status: number;
  readonly body: string;
}

export interface TokenizeCommand {
  readonly kind: "tokenize";
  readonly attribution: Attribution;
  readonly requests: readonly TokenRequest[];
  /** Why other items of the same body were no requests, one code an item: they are audited with the rest. */
  readonly unreadable: readonly string[];
  readonly idempotency: Idempotency | null;
}

export interface DetokenizeCommand {
  readonly kind: "detokenize";
  readonly attribution: Attribution;
  readonly tokens: readonly string[];
  readonly purpose: string;
}

export interface ChangeCommand {
  readonly kind: "change";
  readonly attribution: Attribution;
  readonly token: string;
  readonly change: TokenChange;
}

export interface DeleteCommand {
  readonly kind: "delete";
  readonly attribution: Attribution;
  readonly tokens: readonly string[];
  readonly action: "token.delete" | "token.expire";
}

/** Leaves an entry in the audit log and does nothing else: a refusal, a read of the log, a report. */
export interface RecordCommand {
  readonly kind: "record";
  readonly attribution: Attribution;
  readonly action: AuditAction;
  readonly object: string | null;
  readonly outcome: "allowed" | "denied" | "refused";
  readonly reason: string | null;
}

export type Command = TokenizeCommand | DetokenizeCommand | ChangeCommand | DeleteCommand | RecordCommand;

export type Answer =
  | {
      readonly kind: "tokenize";
      readonly outcomes: readonly Outcome<Tokenized>[];
      readonly phrased: PhrasedAnswer | null;
    }
  | { readonly kind: "replay"; readonly phrased: PhrasedAnswer }
  | { readonly kind: "key_reused" }
  | { readonly kind: "answer_changed" }
  | { readonly kind: "detokenize"; readonly outcomes: readonly Outcome<Card>[] }
  | { readonly kind: "change"; readonly outcome: Outcome<LiveToken> }
  | { readonly kind: "delete"; readonly outcomes: readonly Outcome<number>[] }
  | { readonly kind: "record" };

/** How many rows or entries a command writes, about. */
export function weightOf(command: Command): number {
  if (command.kind === "tokenize") return command.requests.length + command.unreadable.length;
  return command.kind === "detokenize" || command.kind === "delete" ? command.tokens.length : 1;
}
