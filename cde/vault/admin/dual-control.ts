// Dual control, as rules over a proposal and a verified statement (PCI DSS 3.7.6). Pure. The database states those about
// two people a second time (migration 0004), so that neither a bug here nor a login that writes past it gets around them.
import type { StatementAct, StatementErrorCode, VerifiedStatement } from "../keys/ceremony/ceremony-statement.ts";
import { custodianOf, type Custodian } from "./custodians.ts";
import type { Proposal } from "./proposal-store.ts";

/**
 * What a statement is refused for, besides not being one (`StatementErrorCode`):
 *
 * - `acknowledgement_over`: the custodian's duties were acknowledged too long ago.
 * - `other_key`: it is not signed with the key that the caller shows; `other_custodian`: nor in the caller's name.
 * - `other_trust_domain`, `other_act`, `other_proposal`, `other_digest`, `other_expiry`: it is about something else.
 * - `statement_stale`: signed more than five minutes from now. `window_invalid`: it ends in the past, or after 7 days.
 * - `same_custodian`, `same_key`: the proposer, or the proposer's key, again.
 */
export type StatementRefusal =
  | Exclude<StatementErrorCode, "malformed" | "key_unsuitable">
  | "statement_malformed"
  | "acknowledgement_over"
  | "other_key"
  | "other_trust_domain"
  | "other_act"
  | "other_proposal"
  | "other_digest"
  | "other_expiry"
  | "statement_stale"
  | "window_invalid"
  | "same_custodian"
  | "same_key";

/**
 * What a proposal is not in a state for. `not_proposed`: it does not wait for an approval any more; `already_started`: it
 * runs, or is over; `custodian_left`: one who signed for it is not on the roster any more, or not with that key;
 * `not_signed`: its row says what nobody signed for (`demandSigned`).
 */
export type StateRefusal =
  | "proposal_id_used"
  | "approval_not_needed"
  | "not_proposed"
  | "not_approved"
  | "already_started"
  | "withdrawn"
  | "expired"
  | "custodian_left"
  | "not_signed"
  | "other_operation";

/** A step that dual control refuses. Nothing has changed. */
export class DualControlError extends Error {
  override readonly name = "DualControlError";
  readonly code: StatementRefusal | StateRefusal;

  constructor(code: StatementRefusal | StateRefusal) {
    super(`dual control: ${code}`);
    this.code = code;
  }
}

/** Who calls, as TLS proved it. */
export interface Signer {
  readonly workload: string;
  /** SHA-256 of the public key, 32 bytes. */
  readonly spki: Buffer;
  readonly trustDomain: string;
}

/** What a statement must be about. */
export interface Subject {
  readonly act: StatementAct;
  readonly proposalId: string;
  readonly digest: Buffer;
}

/** How far a statement's time may lie from ours, before or after. */
export const FRESH_MS = 300_000;
/** The longest that a proposal may wait. The database has the same limit. */
export const LONGEST_WINDOW_MS = 7 * 24 * 3_600_000;

/** Refuses a statement that the caller did not sign just now about this subject. Throws DualControlError. */
export function demandStatement(
  { facts, workload, spki, trustDomain }: VerifiedStatement,
  signer: Signer,
  subject: Subject,
  nowMs: number,
): void {
  if (trustDomain !== signer.trustDomain) throw new DualControlError("other_trust_domain");
  if (workload !== signer.workload) throw new DualControlError("other_custodian");
  if (!spki.equals(signer.spki)) throw new DualControlError("other_key");
  if (facts.act !== subject.act) throw new DualControlError("other_act");
  if (facts.proposalId !== subject.proposalId) throw new DualControlError("other_proposal");
  if (!facts.digest.equals(subject.digest)) throw new DualControlError("other_digest");
  if (Math.abs(facts.signedAt.getTime() - nowMs) > FRESH_MS) throw new DualControlError("statement_stale");
}

/** Refuses a proposal that would end in the past or wait for too long. Throws DualControlError `window_invalid`. */
export function demandWindow(expiresAt: Date, nowMs: number): void {
  const windowMs = expiresAt.getTime() - nowMs;
  if (windowMs <= 0 || windowMs > LONGEST_WINDOW_MS) throw new DualControlError("window_invalid");
}

/** Refuses an approval that does not make two people of one. The statement has passed `demandStatement`. */
export function demandApproval(proposal: Proposal, { facts, workload, spki }: VerifiedStatement, nowMs: number): void {
  if (proposal.approvalsNeeded === 0) throw new DualControlError("approval_not_needed");
  if (proposal.state !== "proposed") throw new DualControlError("not_proposed");
  if (nowMs > proposal.expiresAtMs) throw new DualControlError("expired");
  if (facts.expiresAt.getTime() !== proposal.expiresAtMs) throw new DualControlError("other_expiry");
  if (workload === proposal.proposedBy) throw new DualControlError("same_custodian");
  if (spki.equals(proposal.proposerKey)) throw new DualControlError("same_key");
}

/** Refuses to withdraw what has begun. Any custodian may withdraw, with a statement that has passed `demandStatement`. */
export function demandWithdrawal(proposal: Proposal, { facts }: VerifiedStatement): void {
  if (proposal.state !== "proposed" && proposal.state !== "approved") throw new DualControlError("not_proposed");
  if (facts.expiresAt.getTime() !== proposal.expiresAtMs) throw new DualControlError("other_expiry");
}

/**
 * Refuses to start what was not approved, has begun before, is over, is another operation than the caller means, or was
 * signed for by somebody who has left since.
 */
export function demandStart(
  proposal: Proposal,
  { operation, custodians, nowMs }: { operation: string; custodians: readonly Custodian[]; nowMs: number },
): void {
  if (proposal.operation !== operation) throw new DualControlError("other_operation");
  if (proposal.state === "withdrawn") throw new DualControlError("withdrawn");
  if (proposal.state !== "proposed" && proposal.state !== "approved") throw new DualControlError("already_started");
  if (nowMs > proposal.expiresAtMs) throw new DualControlError("expired");
  if (proposal.state === "proposed" && proposal.approvalsNeeded > 0) throw new DualControlError("not_approved");
  const signers = signersOf(proposal);
  if (signers.some((signer) => custodianOf(custodians, signer) === null)) throw new DualControlError("custodian_left");
}

/** Who signed for a proposal: one, or two. */
export function signersOf(proposal: Proposal): readonly Pick<Custodian, "workload" | "publicKey">[] {
  const { proposedBy, proposerKey, approvedBy, approverKey } = proposal;
  const proposer = { workload: proposedBy, publicKey: proposerKey.toString("hex") };
  if (approvedBy === null || approverKey === null) return [proposer];
  return [proposer, { workload: approvedBy, publicKey: approverKey.toString("hex") }];
}
