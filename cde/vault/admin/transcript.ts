// The transcript of an operation that is over: everything that was signed, and what came of it.
import { formatTranscript, type RosterEntry } from "../keys/ceremony/ceremony-transcript.ts";
import type { SignedStatement } from "../keys/ceremony/ceremony-statement.ts";
import type { Custodian } from "./custodians.ts";
import { signersOf } from "./dual-control.ts";
import type { Proposal } from "./proposal-store.ts";

/** How an operation ended. */
export interface Ending {
  readonly outcome: "done" | "failed";
  readonly result: Readonly<Record<string, unknown>>;
  readonly endedAtMs: number;
  /** The roster as the process knows it. */
  readonly custodians: readonly Custodian[];
  readonly build: string;
}

/** The text to sign. Throws TranscriptError for a proposal that has not begun. */
export function transcriptOf(proposal: Proposal, ending: Ending): string {
  const { startedBy, startedAtMs, approvalStatement } = proposal;
  return formatTranscript({
    proposal_id: proposal.id,
    operation: proposal.operation,
    ceremony: proposal.ceremony,
    digest: proposal.digest.toString("hex"),
    approvals_needed: proposal.approvalsNeeded,
    proposal: JSON.parse(proposal.proposalStatement) as SignedStatement,
    approval: approvalStatement === null ? null : (JSON.parse(approvalStatement) as SignedStatement),
    started_by: startedBy ?? "",
    started_at: new Date(startedAtMs ?? NaN).toISOString(),
    ended_at: new Date(ending.endedAtMs).toISOString(),
    outcome: ending.outcome,
    result: ending.result,
    custodians: rosterThen(proposal, ending.custodians),
    build: ending.build,
  });
}

/** Those who signed were on the roster when it began; who has left while it ran stands in it all the same. */
function rosterThen(proposal: Proposal, custodians: readonly Custodian[]): readonly RosterEntry[] {
  const listed = custodians.map(({ name, workload, publicKey }) => ({ name, workload, spki: publicKey }));
  const left = signersOf(proposal)
    .map(({ workload, publicKey }) => ({ name: workload.split("-").slice(1).join("-"), workload, spki: publicKey }))
    .filter(({ workload, spki }) => !listed.some((each) => each.workload === workload && each.spki === spki));
  return [...listed, ...left];
}
