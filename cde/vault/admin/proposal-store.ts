// The SQL of proposals. They are rows of the vault's own tenant.
import type { Statement, Transaction } from "@cofferdam/kit/database.ts";

export type ProposalState = "proposed" | "approved" | "withdrawn" | "running" | "done" | "failed";

/** An operation from its proposal to its end. Times are milliseconds since 1970; keys are SHA-256 of SPKI, 32 bytes. */
export interface Proposal {
  readonly id: string;
  readonly operation: string;
  /** The ceremony file. */
  readonly ceremony: string;
  readonly digest: Buffer;
  readonly reason: string;
  readonly approvalsNeeded: 0 | 1;
  readonly state: ProposalState;
  readonly proposedBy: string;
  readonly proposedAtMs: number;
  readonly expiresAtMs: number;
  readonly proposerKey: Buffer;
  /** Signed statements as JSON. */
  readonly proposalStatement: string;
  readonly approvedBy: string | null;
  readonly approvedAtMs: number | null;
  readonly approverKey: Buffer | null;
  readonly approvalStatement: string | null;
  readonly startedBy: string | null;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  /** Facts as JSON. */
  readonly result: string | null;
  readonly hasTranscript: boolean;
  readonly hasArtifact: boolean;
}

/** A proposal to store. */
export type NewProposal = Pick<
  Proposal,
  | "id"
  | "operation"
  | "ceremony"
  | "digest"
  | "reason"
  | "approvalsNeeded"
  | "proposedBy"
  | "proposerKey"
  | "proposalStatement"
> & { readonly proposedAt: Date; readonly expiresAt: Date };

interface ProposalRow {
  readonly proposal_id: string;
  readonly operation: string;
  readonly ceremony: string;
  readonly digest: Buffer;
  readonly reason: string;
  readonly approvals_needed: 0 | 1;
  readonly state: ProposalState;
  readonly proposed_by: string;
  readonly proposed_at: Date;
  readonly expires_at: Date;
  readonly proposer_key: Buffer;
  readonly proposal_statement: string;
  readonly approved_by: string | null;
  readonly approved_at: Date | null;
  readonly approver_key: Buffer | null;
  readonly approval_statement: string | null;
  readonly started_by: string | null;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
  readonly result: string | null;
  readonly has_transcript: boolean;
  readonly has_artifact: boolean;
}

const COLUMNS = `proposal_id, operation, ceremony, digest, reason, approvals_needed, state, proposed_by, proposed_at,
      expires_at, proposer_key, proposal_statement, approved_by, approved_at, approver_key, approval_statement, started_by,
      started_at, ended_at, result, transcript is not null as has_transcript, artifact is not null as has_artifact`;

const insertProposal: Statement = {
  name: "insert_key_proposal",
  text: `
    insert into vault.key_proposal
      (tenant_id, proposal_id, operation, ceremony, digest, reason, approvals_needed, state, proposed_by, proposed_at,
       expires_at, proposer_key, proposal_statement)
    values (vault.current_tenant(), $1, $2, $3, $4, $5, $6, 'proposed', $7, $8, $9, $10, $11)
    on conflict do nothing
    returning ${COLUMNS}`,
};

const selectProposal: Statement = {
  name: "select_key_proposal",
  text: `
    select ${COLUMNS}
    from vault.key_proposal
    where tenant_id = vault.current_tenant() and proposal_id = $1`,
};

const selectProposals: Statement = {
  name: "select_key_proposals",
  text: `
    select ${COLUMNS}
    from vault.key_proposal
    where tenant_id = vault.current_tenant()
    order by proposed_at desc, proposal_id
    limit $1`,
};

const selectRunning: Statement = {
  name: "select_running_key_proposals",
  text: `
    select ${COLUMNS}
    from vault.key_proposal
    where tenant_id = vault.current_tenant() and state = 'running'
    order by started_at, proposal_id`,
};

const countByState: Statement = {
  name: "count_key_proposals_by_state",
  text: `
    select
      case when state in ('proposed', 'approved') and expires_at <= $1 then 'expired' else state end as state,
      count(*) as proposals
    from vault.key_proposal
    where tenant_id = vault.current_tenant()
    group by 1`,
};

const updateApproval: Statement = {
  name: "approve_key_proposal",
  text: `
    update vault.key_proposal
    set state = 'approved', approved_by = $2, approved_at = $3, approver_key = $4, approval_statement = $5
    where tenant_id = vault.current_tenant() and proposal_id = $1 and state = 'proposed'
    returning ${COLUMNS}`,
};

const updateWithdrawal: Statement = {
  name: "withdraw_key_proposal",
  text: `
    update vault.key_proposal
    set state = 'withdrawn', ended_at = $2
    where tenant_id = vault.current_tenant() and proposal_id = $1 and state in ('proposed', 'approved')
    returning ${COLUMNS}`,
};

const updateStart: Statement = {
  name: "start_key_proposal",
  text: `
    update vault.key_proposal
    set state = 'running', started_by = $2, started_at = $3
    where tenant_id = vault.current_tenant() and proposal_id = $1 and state in ('proposed', 'approved')
    returning ${COLUMNS}`,
};

const updateEnd: Statement = {
  name: "end_key_proposal",
  text: `
    update vault.key_proposal
    set state = $2, ended_at = $3, result = $4, transcript = $5, artifact = $6
    where tenant_id = vault.current_tenant() and proposal_id = $1 and state = 'running'
    returning ${COLUMNS}`,
};

const selectTranscript: Statement = {
  name: "select_key_proposal_transcript",
  text: `
    select transcript as text
    from vault.key_proposal
    where tenant_id = vault.current_tenant() and proposal_id = $1 and transcript is not null`,
};

const selectArtifact: Statement = {
  name: "select_key_proposal_artifact",
  text: `
    select artifact as text
    from vault.key_proposal
    where tenant_id = vault.current_tenant() and proposal_id = $1 and state = 'done' and artifact is not null`,
};

const clearArtifacts: Statement = {
  name: "clear_key_proposal_artifacts",
  text: `
    update vault.key_proposal
    set artifact = null
    where tenant_id = vault.current_tenant() and artifact is not null and ended_at <= $1
    returning proposal_id`,
};

/** Stores a proposal; null when its id was ever used. */
export function storeProposal(tx: Transaction, proposal: NewProposal): Promise<Proposal | null> {
  return first(tx, insertProposal, [
    proposal.id,
    proposal.operation,
    proposal.ceremony,
    proposal.digest,
    proposal.reason,
    proposal.approvalsNeeded,
    proposal.proposedBy,
    proposal.proposedAt,
    proposal.expiresAt,
    proposal.proposerKey,
    proposal.proposalStatement,
  ]);
}

export function readProposal(tx: Transaction, id: string): Promise<Proposal | null> {
  return first(tx, selectProposal, [id]);
}

/** Proposals, newest first, at most `limit`. */
export async function readProposals(tx: Transaction, limit: number): Promise<readonly Proposal[]> {
  return (await tx.rows<ProposalRow>(selectProposals, [limit])).map(proposalFrom);
}

/** Those that run, in the order in which they were started. */
export async function readRunningProposals(tx: Transaction): Promise<readonly Proposal[]> {
  return (await tx.rows<ProposalRow>(selectRunning, [])).map(proposalFrom);
}

/** How many proposals there are in each state; `expired` are those that nobody can start any more at `now`. */
export function countProposals(
  tx: Transaction,
  now: Date,
): Promise<readonly { readonly state: ProposalState | "expired"; readonly proposals: number }[]> {
  return tx.rows(countByState, [now]);
}

/** Null when it is not waiting for an approval any more. */
export function storeApproval(
  tx: Transaction,
  id: string,
  approval: { readonly by: string; readonly at: Date; readonly key: Buffer; readonly statement: string },
): Promise<Proposal | null> {
  return first(tx, updateApproval, [id, approval.by, approval.at, approval.key, approval.statement]);
}

/** Null when it has begun. */
export function storeWithdrawal(tx: Transaction, id: string, at: Date): Promise<Proposal | null> {
  return first(tx, updateWithdrawal, [id, at]);
}

/** Null when it has begun before. */
export function storeStart(tx: Transaction, id: string, by: string, at: Date): Promise<Proposal | null> {
  return first(tx, updateStart, [id, by, at]);
}

/** Null when it does not run. */
export function storeEnd(
  tx: Transaction,
  id: string,
  end: {
    readonly state: "done" | "failed";
    readonly at: Date;
    readonly result: string;
    readonly transcript: string | null;
    readonly artifact: string | null;
  },
): Promise<Proposal | null> {
  return first(tx, updateEnd, [id, end.state, end.at, end.result, end.transcript, end.artifact]);
}

/** The signed transcript; null until the operation is over. */
export async function readTranscript(tx: Transaction, id: string): Promise<string | null> {
  return (await tx.rows<{ readonly text: string }>(selectTranscript, [id]))[0]?.text ?? null;
}

/** What a done operation made; null when it made nothing, or that was forgotten. */
export async function readArtifact(tx: Transaction, id: string): Promise<string | null> {
  return (await tx.rows<{ readonly text: string }>(selectArtifact, [id]))[0]?.text ?? null;
}

/** Forgets what operations made that ended by then. Gives how many there were. */
export async function dropArtifacts(tx: Transaction, endedBy: Date): Promise<number> {
  return (await tx.rows(clearArtifacts, [endedBy])).length;
}

async function first(tx: Transaction, statement: Statement, values: readonly unknown[]): Promise<Proposal | null> {
  const [row] = await tx.rows<ProposalRow>(statement, values);
  return row === undefined ? null : proposalFrom(row);
}

function proposalFrom(row: ProposalRow): Proposal {
  return {
    id: row.proposal_id,
    operation: row.operation,
    ceremony: row.ceremony,
    digest: row.digest,
    reason: row.reason,
    approvalsNeeded: row.approvals_needed,
    state: row.state,
    proposedBy: row.proposed_by,
    proposedAtMs: row.proposed_at.getTime(),
    expiresAtMs: row.expires_at.getTime(),
    proposerKey: row.proposer_key,
    proposalStatement: row.proposal_statement,
    approvedBy: row.approved_by,
    approvedAtMs: row.approved_at?.getTime() ?? null,
    approverKey: row.approver_key,
    approvalStatement: row.approval_statement,
    startedBy: row.started_by,
    startedAtMs: row.started_at?.getTime() ?? null,
    endedAtMs: row.ended_at?.getTime() ?? null,
    result: row.result,
    hasTranscript: row.has_transcript,
    hasArtifact: row.has_artifact,
  };
}
