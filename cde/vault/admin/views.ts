// Proposals and jobs in the words of openapi/vault-admin.yaml.
import type { JobView, ProposalView, SignedStatement } from "@cofferdam/openapi/generated/vault-admin-types.ts";
import type { KeyJob } from "../rotation/job-store.ts";
import type { Progress } from "./execution.ts";
import type { Proposal } from "./proposal-store.ts";

/** A proposal with what came of it. */
export function proposalView(proposal: Proposal, progress: Progress | null): ProposalView {
  return {
    proposal_id: proposal.id,
    operation: proposal.operation,
    reason: proposal.reason,
    ceremony: proposal.ceremony,
    digest: proposal.digest.toString("hex"),
    approvals_needed: proposal.approvalsNeeded,
    state: proposal.state,
    proposed_by: proposal.proposedBy,
    proposed_at: time(proposal.proposedAtMs),
    expires_at: time(proposal.expiresAtMs),
    approved_by: proposal.approvedBy,
    approved_at: timeOrNull(proposal.approvedAtMs),
    started_by: proposal.startedBy,
    started_at: timeOrNull(proposal.startedAtMs),
    ended_at: timeOrNull(proposal.endedAtMs),
    progress,
    result: proposal.result === null ? null : (JSON.parse(proposal.result) as ProposalView["result"]),
    has_transcript: proposal.hasTranscript,
    has_artifact: proposal.hasArtifact,
    proposal: statementIn(proposal.proposalStatement),
    approval: proposal.approvalStatement === null ? null : statementIn(proposal.approvalStatement),
  };
}

/** A job; `rowsPerSecond` is the pace of its last step, null when this process does not work at it. */
export function jobView(job: KeyJob, rowsPerSecond: number | null): JobView {
  const left = Math.max(0, job.rowsTotal - job.rowsDone);
  const hasPace = rowsPerSecond !== null && rowsPerSecond > 0;
  return {
    job_id: job.id,
    tenant_id: job.tenantId,
    kind: job.kind,
    from_key_id: job.fromKeyId,
    state: job.state,
    is_urgent: job.priority === 1,
    max_rows_per_second: job.maxRowsPerSecond,
    rows_total: job.rowsTotal,
    rows_done: job.rowsDone,
    rows_per_second: rowsPerSecond === null ? null : Math.round(rowsPerSecond * 10) / 10,
    eta_seconds: hasPace ? Math.ceil(left / rowsPerSecond) : null,
    reason: job.reason,
    created_at: time(job.createdAtMs),
    updated_at: time(job.updatedAtMs),
    ended_at: timeOrNull(job.endedAtMs),
  };
}

/** RFC 3339, UTC, milliseconds. */
export function time(ms: number): string {
  return new Date(ms).toISOString();
}

export function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : time(ms);
}

function statementIn(json: string): SignedStatement {
  return JSON.parse(json) as SignedStatement;
}
