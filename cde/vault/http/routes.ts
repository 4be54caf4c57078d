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
  | { readonly body: "card"; readonly limitBytes: number; readonly handle: (call: Call, body: Buffer) => Promise<Reply> }
  | { readonly body: "json"; readonly limitBytes: number; readonly handle: (call: Call, body: unknown) => Promise<Reply> }
  | { readonly body: "none"; readonly handle: (call: Call) => Promise<Reply> };

export type Route = Handler & {
  readonly method: "get" | "post" | "patch" | "delete";
  readonly path: string;
  /** Name in `openapi/vault.yaml`. */
  readonly operation: string;
  readonly action: VaultAction;
  /** What a refusal is called in the audit log. */
  readonly audit: AuditAction;
  readonly rate: RateClass;
};

const KB = 1_024;

export const routes: readonly Route[] = [
  { method: "post", path: "/v1/tokens", operation: "createToken", action: "tokenize", audit: "token.create", rate: "write", body: "card", limitBytes: 8 * KB, handle: createToken },
  { method: "post", path: "/v1/tokens/batch", operation: "createTokenBatch", action: "tokenize", audit: "token.create", rate: "batch", body: "card", limitBytes: 1_024 * KB, handle: createTokenBatch },
  { method: "get", path: "/v1/tokens/:token", operation: "readToken", action: "readToken", audit: "token.read", rate: "read", body: "none", handle: readToken },
  { method: "patch", path: "/v1/tokens/:token", operation: "updateToken", action: "updateToken", audit: "token.update", rate: "write", body: "json", limitBytes: 16 * KB, handle: updateToken },
  { method: "delete", path: "/v1/tokens/:token", operation: "deleteToken", action: "deleteToken", audit: "token.delete", rate: "write", body: "none", handle: deleteToken },
  { method: "post", path: "/v1/tokens/:token/detokenize", operation: "detokenizeToken", action: "detokenize", audit: "token.detokenize", rate: "reveal", body: "json", limitBytes: 4 * KB, handle: detokenizeToken },
  { method: "post", path: "/v1/detokenize/batch", operation: "detokenizeBatch", action: "detokenize", audit: "token.detokenize", rate: "batch", body: "json", limitBytes: 64 * KB, handle: detokenizeBatch },
  { method: "get", path: "/v1/audit/checkpoint", operation: "readCheckpoint", action: "readAudit", audit: "audit.read", rate: "read", body: "none", handle: readCheckpoint },
  { method: "get", path: "/v1/audit/events", operation: "listAuditEvents", action: "readAudit", audit: "audit.read", rate: "read", body: "none", handle: listAuditEvents },
  { method: "get", path: "/v1/audit/proofs/inclusion", operation: "readInclusionProof", action: "readAudit", audit: "audit.read", rate: "read", body: "none", handle: readInclusionProof },
  { method: "get", path: "/v1/audit/proofs/consistency", operation: "readConsistencyProof", action: "readAudit", audit: "audit.read", rate: "read", body: "none", handle: readConsistencyProof },
];
