// A proposal in words, and as JSON without what belongs to single custodians. Pure.
import type { CeremonyFile } from "../vault/keys/ceremony/ceremony-file.ts";
import type { ProposalView } from "./admin-client.ts";
import type { Outcome } from "./command.ts";
import { startCommand } from "./operations.ts";
import { factLines, resultLines, table } from "./text.ts";

/** What a proposal says, where it stands, and the command that comes next. */
export function proposalText(view: ProposalView, next: string | null): string {
  const { progress } = view;
  return factLines([
    ["proposal", view.proposal_id],
    ["operation", view.operation],
    ["state", progress === null ? view.state : `${view.state}, ${progress.done} of ${progress.total}`],
    ["digest", view.digest],
    ["reason", view.reason],
    ["proposed", `${view.proposed_at} by ${view.proposed_by}`],
    ["approved", view.approved_by === null ? null : `${view.approved_at ?? ""} by ${view.approved_by}`],
    ["started", view.started_by === null ? null : `${view.started_at ?? ""} by ${view.started_by}`],
    ["ended", view.ended_at],
    ["expires", view.started_by === null ? view.expires_at : null],
    ["next", next],
  ]);
}

/** What a proposal that is over says of what came of it. Exit code 1 when it failed. */
export function endedOutcome(view: ProposalView, next: string | null): Outcome {
  const result = view.result === null ? "" : `\n${resultLines(withoutEnvelopes(view.result))}`;
  return {
    text: `${proposalText(view, next)}${result}`,
    json: { proposal: proposalJson(view), ...(next !== null && { next }) },
    exitCode: view.state === "failed" ? 1 : 0,
  };
}

export function proposalJson(view: ProposalView): Readonly<Record<string, unknown>> {
  return { ...view, result: view.result === null ? null : withoutEnvelopes(view.result) };
}

/** The command that comes next for a proposal as it stands; null when there is none. */
export function nextCommand(view: ProposalView, ceremonyFile = "<file>"): string | null {
  if (view.state === "proposed" && view.approvals_needed > 0)
    return `keyops approve ${view.proposal_id} --ceremony ${ceremonyFile}`;
  if (view.state === "proposed" || view.state === "approved") return startCommand(view.operation, view.proposal_id);
  if (view.state === "done") return `keyops transcript ${view.proposal_id} --out ${view.proposal_id}.transcript`;
  return null;
}

/**
 * Who is to get a share by a ceremony file, and the key that it would be encrypted to: to be compared with what each of them
 * reads out. Empty for a file without custodians.
 */
export function custodianLines({ parameters: { custodians } }: CeremonyFile): string {
  if (!Array.isArray(custodians)) return "";
  const rows = custodians.map((custodian: { readonly name?: unknown; readonly share_key?: unknown }) => [
    String(custodian.name),
    String(custodian.share_key),
  ]);
  return `\n${table(["CUSTODIAN", "SHARE KEY"], rows, "nobody gets a share")}`;
}

/** An envelope goes into its custodian's file, and into no terminal's history, though it is encrypted. */
export function withoutEnvelopes(result: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { envelopes, ...others } = result;
  return Array.isArray(envelopes) ? { ...others, shares: envelopes.length } : result;
}
