// The API as a table: one line an operation. What a line does not say, the operation does not do.
import type { AuditAction } from "../audit/event.ts";
import { listAuditEvents, readCheckpoint, readConsistencyProof, readInclusionProof } from "./audit-log.ts";
import type { VaultAction } from "./authorize.ts";
import { createToken, createTokenBatch } from "./create-tokens.ts";
import { detokenizeBatch, detokenizeToken } from "./detokenize-tokens.ts";
import type { RateClass } from "./rate-limits.ts";
import type { Reply } from "./reply.ts";
import { deleteToken, readToken, updateToken } from "./token-lifecycle.ts";
import type { Call } from "./vault-context.ts";

/** How a body is read: as bytes that are wiped (cards), as strict JSON, or not at all. */
export type Handler =
  | {
      readonly body: "card";
      readonly limitBytes: number;
      readonly handle: (call: Call, body: Buffer) => Promise<Reply>;
    }
  | {
      readonly body: "json";
      readonly limitBytes: number;
      readonly handle: (call: Call, body: unknown) => Promise<Reply>;
    }
  | { readonly body: "none"; readonly handle: (call: Call) => Promise<Reply> };

/** One operation of `openapi/vault.yaml`. */
export interface Route {
  readonly method: "get" | "post" | "patch" | "delete";
  readonly path: string;
  readonly action: VaultAction;
  /** What a refusal is called in the audit log. */
  readonly audit: AuditAction;
  readonly rate: RateClass;
  readonly handler: Handler;
}

type Row = readonly [Route["method"], string, VaultAction, AuditAction, RateClass, Handler];

const KB = 1_024;
const MB = 1_024 * KB;
const cards = (limitBytes: number, handle: (call: Call, body: Buffer) => Promise<Reply>): Handler => ({
  body: "card",
  limitBytes,
  handle,
});
const json = (limitBytes: number, handle: (call: Call, body: unknown) => Promise<Reply>): Handler => ({
  body: "json",
  limitBytes,
  handle,
});
const none = (handle: (call: Call) => Promise<Reply>): Handler => ({ body: "none", handle });

// prettier-ignore
const table: readonly Row[] = [
  ["post",   "/v1/tokens",                   "tokenize",    "token.create",     "write",      cards(8 * KB, createToken)],
  ["post",   "/v1/tokens/batch",             "tokenize",    "token.create",     "batch",      cards(MB, createTokenBatch)],
  ["get",    "/v1/tokens/:token",            "readToken",   "token.read",       "read",       none(readToken)],
  ["patch",  "/v1/tokens/:token",            "updateToken", "token.update",     "write",      json(16 * KB, updateToken)],
  ["delete", "/v1/tokens/:token",            "deleteToken", "token.delete",     "write",      none(deleteToken)],
  ["post",   "/v1/tokens/:token/detokenize", "detokenize",  "token.detokenize", "detokenize", json(4 * KB, detokenizeToken)],
  ["post",   "/v1/detokenize/batch",         "detokenize",  "token.detokenize", "batch",      json(64 * KB, detokenizeBatch)],
  ["get",    "/v1/audit/checkpoint",         "readAudit",   "audit.read",       "read",       none(readCheckpoint)],
  ["get",    "/v1/audit/events",             "readAudit",   "audit.read",       "read",       none(listAuditEvents)],
  ["get",    "/v1/audit/proofs/inclusion",   "readAudit",   "audit.read",       "read",       none(readInclusionProof)],
  ["get",    "/v1/audit/proofs/consistency", "readAudit",   "audit.read",       "read",       none(readConsistencyProof)],
];

export const routes: readonly Route[] = table.map(([method, path, action, audit, rate, handler]) => ({
  method,
  path,
  action,
  audit,
  rate,
  handler,
}));
