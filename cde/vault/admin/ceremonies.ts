// Proposing, approving and withdrawing: what custodians sign, checked and stored. Every step stands behind the lock of the
// vault's own log, so steps follow one another, and commits together with its event.
import type { Database } from "@cofferdam/kit/database.ts";
import { readCeremonyFile, type CeremonyFile } from "../keys/ceremony/ceremony-file.ts";
import { verifyStatement, type SignedStatement, type VerifiedStatement } from "../keys/ceremony/ceremony-statement.ts";
import { audited } from "../rotation/key-events.ts";
import type { Attribution, Operation, OperationContext } from "../rotation/operation.ts";
import { SYSTEM_TENANT_ID } from "../tenants/system-tenant.ts";
import {
  DualControlError,
  demandApproval,
  demandStatement,
  demandWindow,
  demandWithdrawal,
  type Signer,
} from "./dual-control.ts";
import {
  dropArtifacts,
  readProposal,
  readProposals,
  storeApproval,
  storeProposal,
  storeWithdrawal,
  type Proposal,
} from "./proposal-store.ts";

/** What a step works with. */
export interface CeremonyContext {
  readonly database: Database;
  readonly attribution: Attribution;
  readonly now: () => number;
  readonly build: string;
  readonly signer: Signer;
}

/** A ceremony file asks for an operation that there is none of. Nothing has changed. */
export class UnknownOperationError extends Error {
  override readonly name = "UnknownOperationError";
}

const NEWEST = 100;

/**
 * Puts a ceremony file before the other custodians.
 *
 * @throws CeremonyFileError, UnknownOperationError, OperationError `malformed`, StatementError, DualControlError
 */
export async function propose(
  context: CeremonyContext,
  operations: ReadonlyMap<string, Operation>,
  proposed: { readonly proposalId: string; readonly ceremony: string; readonly statement: SignedStatement },
): Promise<Proposal> {
  const { proposalId, statement } = proposed;
  const file = readCeremonyFile(Buffer.from(proposed.ceremony));
  const { approvalsNeeded } = checkedOperation(operations, file);
  const verified = verifyStatement(statement);
  const subject = { act: "propose", proposalId, digest: file.digest } as const;
  demandStatement(verified, context.signer, subject, context.now());
  demandWindow(verified.facts.expiresAt, context.now());
  return audited(context, SYSTEM_TENANT_ID, async (tx) => {
    const proposal = await storeProposal(tx, {
      id: proposalId,
      operation: file.operation,
      ceremony: file.text,
      digest: file.digest,
      reason: file.reason,
      approvalsNeeded,
      proposedBy: verified.workload,
      proposedAt: new Date(context.now()),
      expiresAt: verified.facts.expiresAt,
      proposerKey: verified.spki,
      proposalStatement: JSON.stringify(statement),
    });
    if (proposal === null) throw new DualControlError("proposal_id_used");
    return {
      value: proposal,
      events: [{ action: "ceremony.propose", object: proposalId, reason: nameOf(file.digest) }],
    };
  });
}

/** Approves what another custodian proposed. Null when there is no such proposal. Throws StatementError, DualControlError. */
export function approve(
  context: CeremonyContext,
  proposalId: string,
  statement: SignedStatement,
): Promise<Proposal | null> {
  return step(context, proposalId, async (tx, proposal) => {
    const verified = signedFor(context, proposal, "approve", statement);
    const at = new Date(context.now());
    demandApproval(proposal, verified, at.getTime());
    const approval = { by: verified.workload, at, key: verified.spki, statement: JSON.stringify(statement) };
    const approved = await storeApproval(tx, proposalId, approval);
    if (approved === null) throw new DualControlError("not_proposed");
    return { proposal: approved, action: "ceremony.approve" };
  });
}

/** Withdraws a proposal that has not begun. Null when there is none. Throws StatementError, DualControlError. */
export function withdraw(
  context: CeremonyContext,
  proposalId: string,
  statement: SignedStatement,
): Promise<Proposal | null> {
  return step(context, proposalId, async (tx, proposal) => {
    demandWithdrawal(proposal, signedFor(context, proposal, "withdraw", statement));
    const withdrawn = await storeWithdrawal(tx, proposalId, new Date(context.now()));
    if (withdrawn === null) throw new DualControlError("not_proposed");
    return { proposal: withdrawn, action: "ceremony.withdraw" };
  });
}

/** One proposal; null when there is none. */
export function findProposal({ database }: Pick<OperationContext, "database">, id: string): Promise<Proposal | null> {
  return database.asTenant(SYSTEM_TENANT_ID, (tx) => readProposal(tx, id));
}

/** The newest 100. */
export function listProposals({ database }: Pick<OperationContext, "database">): Promise<readonly Proposal[]> {
  return database.asTenant(SYSTEM_TENANT_ID, (tx) => readProposals(tx, NEWEST));
}

/** How long what an operation made can be fetched after its end: long enough to come back when the line was bad. */
const ARTIFACT_KEPT_MS = 24 * 3_600_000;

/** Forgets what was made a day ago or before. Gives how many there were. */
export function dropOldArtifacts({ database, now }: Pick<CeremonyContext, "database" | "now">): Promise<number> {
  return database.asTenant(SYSTEM_TENANT_ID, (tx) => dropArtifacts(tx, new Date(now() - ARTIFACT_KEPT_MS)));
}

/** A digest as the audit log has it: base64url. */
export function nameOf(digest: Buffer): string {
  return digest.toString("base64url");
}

type Step = (
  tx: Parameters<typeof readProposal>[0],
  proposal: Proposal,
) => Promise<{ readonly proposal: Proposal; readonly action: "ceremony.approve" | "ceremony.withdraw" }>;

function step(context: CeremonyContext, proposalId: string, take: Step): Promise<Proposal | null> {
  return audited(context, SYSTEM_TENANT_ID, async (tx) => {
    const proposal = await readProposal(tx, proposalId);
    if (proposal === null) return { value: null, events: [] };
    const { proposal: changed, action } = await take(tx, proposal);
    return { value: changed, events: [{ action, object: proposalId, reason: nameOf(changed.digest) }] };
  });
}

function signedFor(
  { signer, now }: CeremonyContext,
  { id: proposalId, digest }: Proposal,
  act: "approve" | "withdraw",
  statement: SignedStatement,
): VerifiedStatement {
  const verified = verifyStatement(statement);
  demandStatement(verified, signer, { act, proposalId, digest }, now());
  return verified;
}

function checkedOperation(operations: ReadonlyMap<string, Operation>, file: CeremonyFile): Operation {
  const operation = operations.get(file.operation);
  if (operation === undefined) throw new UnknownOperationError("there is no such operation");
  operation.check(file.parameters);
  return operation;
}
