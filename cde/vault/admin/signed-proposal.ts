// Whether custodians signed for what a row of the database says. Pure. Whoever has the database login of the admin process
// can write rows; a signature of a custodian they cannot write. So nothing is carried out but what holds here, whichever way
// it came to run.
import { CeremonyFileError, readCeremonyFile } from "../keys/ceremony/ceremony-file.ts";
import {
  StatementError,
  verifyStatement,
  type SignedStatement,
  type StatementAct,
  type VerifiedStatement,
} from "../keys/ceremony/ceremony-statement.ts";
import { custodianOf, type Custodian } from "./custodians.ts";
import { DualControlError, FRESH_MS, LONGEST_WINDOW_MS } from "./dual-control.ts";
import type { Proposal } from "./proposal-store.ts";

/** What a row is held against: nothing of it comes from the database. */
export interface SigningRules {
  /** Of the operation as this build knows it. */
  readonly approvalsNeeded: 0 | 1;
  readonly custodians: readonly Custodian[];
  readonly trustDomain: string;
}

/**
 * Refuses a proposal that its row alone speaks for: its file, operation and times must be those that one custodian of the
 * roster signed for, or two with two names and two keys. Throws DualControlError `not_signed`; nothing has been done.
 */
export function demandSigned(proposal: Proposal, rules: SigningRules): void {
  const proposed = statementIn(proposal.proposalStatement);
  const approved = statementIn(proposal.approvalStatement);
  const { approvalsNeeded } = rules;
  const isSigned =
    isOfItsFile(proposal) &&
    proposal.approvalsNeeded === approvalsNeeded &&
    proposed !== null &&
    (approved !== null) === approvalsNeeded > 0 &&
    isAbout(proposed, proposal, "propose", rules) &&
    (approved === null || (isAbout(approved, proposal, "approve", rules) && areTwo(proposed, approved))) &&
    isInside(proposal, proposed, approved) &&
    isOf(proposed, proposal.proposedBy, proposal.proposerKey) &&
    (approved === null || isOf(approved, proposal.approvedBy, proposal.approverKey));
  if (!isSigned) throw new DualControlError("not_signed");
}

function isOfItsFile({ ceremony, digest, operation }: Proposal): boolean {
  try {
    const file = readCeremonyFile(Buffer.from(ceremony));
    return file.digest.equals(digest) && file.operation === operation;
  } catch (error) {
    if (error instanceof CeremonyFileError) return false;
    throw error;
  }
}

function isAbout(
  { facts, workload, spki, trustDomain }: VerifiedStatement,
  proposal: Proposal,
  act: StatementAct,
  rules: SigningRules,
): boolean {
  return (
    facts.act === act &&
    facts.proposalId === proposal.id &&
    facts.digest.equals(proposal.digest) &&
    facts.expiresAt.getTime() === proposal.expiresAtMs &&
    trustDomain === rules.trustDomain &&
    // A statement brings its own certificate; that the key in it is a custodian's, only the roster says.
    custodianOf(rules.custodians, { workload, publicKey: spki.toString("hex") }) !== null
  );
}

function isOf({ workload, spki }: VerifiedStatement, name: string | null, key: Buffer | null): boolean {
  return workload === name && key !== null && spki.equals(key);
}

function areTwo(proposed: VerifiedStatement, approved: VerifiedStatement): boolean {
  return proposed.workload !== approved.workload && !proposed.spki.equals(approved.spki);
}

/** Signed and started in that order, before its end; clocks may lie apart as far as they may for a statement. */
function isInside({ startedAtMs }: Proposal, proposed: VerifiedStatement, approved: VerifiedStatement | null): boolean {
  const [fromMs, untilMs] = [proposed.facts.signedAt.getTime(), proposed.facts.expiresAt.getTime()];
  const lastMs = approved?.facts.signedAt.getTime() ?? fromMs;
  return (
    untilMs - fromMs <= LONGEST_WINDOW_MS + FRESH_MS &&
    isWithin(lastMs, fromMs, untilMs) &&
    startedAtMs !== null &&
    isWithin(startedAtMs, lastMs, untilMs)
  );
}

function isWithin(ms: number, fromMs: number, untilMs: number): boolean {
  return ms >= fromMs - FRESH_MS && ms <= untilMs + FRESH_MS;
}

/** Null for none, and for what is none. */
function statementIn(json: string | null): VerifiedStatement | null {
  if (json === null) return null;
  try {
    return verifyStatement(JSON.parse(json) as SignedStatement);
  } catch (error) {
    if (error instanceof StatementError || error instanceof SyntaxError) return null;
    throw error;
  }
}
