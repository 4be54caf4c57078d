// What every key operation is: its name, how many people it needs, what it would do, and what it does. The admin plane
// runs them for custodians, the scheduler for the cryptoperiod file; neither knows more of them than this.
import type { Database } from "@cofferdam/kit/database.ts";
import type { AuditEvent } from "../audit/event.ts";
import type { RootKeys } from "../keys/root/root-keys.ts";

/** Who acts, from where, in which request: what every audit event of an operation carries. */
export type Attribution = Pick<AuditEvent, "actor" | "origin" | "requestId">;

/** What operations work with. */
export interface OperationContext {
  /** As cofferdam_rotator. */
  readonly database: Database;
  readonly rootKeys: RootKeys;
  readonly attribution: Attribution;
  readonly now: () => number;
  /** Version of the running build, for every audit entry. */
  readonly build: string;
  /** Signs a certificate as a C2SP note. */
  readonly sign: (text: string) => string;
  /** The text of a note that this vault signed, now or with an earlier key. Throws NoteError. */
  readonly verify: (note: string) => string;
  /** Destroys a root key in its store. Throws OperationError `not_possible` where only somebody else can. */
  readonly destroyRootKey: (rootKeyId: string) => Promise<void>;
  /** Told how far a long operation has got. */
  readonly onProgress: (done: number, total: number) => void;
}

/**
 * What came of an operation: facts for the transcript, never a key or a share in the clear. `artifact`, where there is
 * one, is a file for whoever asked (an export); it is kept beside the transcript, not in it.
 */
export interface OperationResult {
  readonly [fact: string]: unknown;
  readonly artifact?: string;
}

/**
 * One operation. `run` may be called again after a crash with the same parameters: it goes on where it was, finds that
 * there is nothing left to do, or (a rotation) makes one version more than was needed; no row is left behind by it.
 */
export interface Operation {
  readonly name: string;
  /** Second custodians who must have signed for it: 1, or 0 for what only ever makes things safer. */
  readonly approvalsNeeded: 0 | 1;
  /** Checks parameters as they stand in a ceremony file. Throws OperationError `malformed`. */
  readonly check: (parameters: Readonly<Record<string, unknown>>) => void;
  /** Says what `run` would do; changes nothing, audits nothing. Throws OperationError. */
  readonly preview: (
    context: OperationContext,
    parameters: Readonly<Record<string, unknown>>,
  ) => Promise<OperationResult>;
  /** Does it. Throws OperationError, KeyringError, RootKeyError, DatabaseError: what was not audited did not happen. */
  readonly run: (context: OperationContext, parameters: Readonly<Record<string, unknown>>) => Promise<OperationResult>;
}

/**
 * - `malformed`: the ceremony file's parameters are not those of the operation; `pointer` says which.
 * - `unknown_tenant`, `unknown_key`, `unknown_store`: what is named does not exist.
 * - `records_remain`: rows still name the key, or wraps still name the root key.
 * - `uncertified`: no certificate says that no row is left.
 * - `still_needed`: it is the primary, the active root key, or the last wrap.
 * - `not_possible`: the store cannot do it, or the key's state does not allow it.
 */
export type OperationErrorCode =
  | "malformed"
  | "unknown_tenant"
  | "unknown_key"
  | "unknown_store"
  | "records_remain"
  | "uncertified"
  | "still_needed"
  | "not_possible";

/** An operation that cannot be done as asked. Nothing has changed. */
export class OperationError extends Error {
  override readonly name = "OperationError";
  readonly code: OperationErrorCode;
  /** JSON pointer into the parameters, for `malformed`. */
  readonly pointer: string;

  constructor(code: OperationErrorCode, message: string, pointer = "") {
    super(message);
    this.code = code;
    this.pointer = pointer;
  }
}
