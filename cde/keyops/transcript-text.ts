// What a transcript says, for somebody who was not there: all of it out of the note that the vault signed. Pure.
import type { TranscriptReport } from "../vault/keys/ceremony/ceremony-verification.ts";
import { withoutEnvelopes } from "./proposal-text.ts";
import { factLines, resultLines } from "./text.ts";

/**
 * Who asked for what and why, who signed when, and what came of it, in this order. Parameters and result stand apart: they
 * bring names of their own, which shall not pass for ours. Empty for a note that nobody has signed; a statement that does
 * not verify is left out.
 */
export function transcriptText({ transcript, file, proposal, approval }: TranscriptReport): string {
  if (transcript === null) return "";
  const signed = (by: typeof proposal): string | null =>
    by === null ? null : `${by.facts.signedAt.toISOString()} by ${by.workload}`;
  const facts = factLines([
    ["proposal", transcript.proposal_id],
    ["operation", transcript.operation],
    ["reason", file?.reason ?? null],
    ["digest", transcript.digest],
    ["proposed", signed(proposal)],
    ["approved", signed(approval)],
    ["started", `${transcript.started_at} by ${transcript.started_by}`],
    ["ended", transcript.ended_at],
    ["outcome", transcript.outcome],
  ]);
  const asked = section("It was asked for with:", file?.parameters ?? {});
  return `${facts}${asked}${section("What came of it:", withoutEnvelopes(transcript.result))}`;
}

function section(title: string, facts: Readonly<Record<string, unknown>>): string {
  return Object.keys(facts).length === 0 ? "" : `\n${title}\n${resultLines(facts)}`;
}
