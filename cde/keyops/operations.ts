// Which command starts which operation. Pure.
import { Refusal } from "./errors.ts";

/** Operation of a ceremony file -> the words that start it, `<proposal>` for the proposal's id. */
const starts: ReadonlyMap<string, string> = new Map([
  ["rotate-root-key", "rotate root <proposal>"],
  ["rotate-data-key", "rotate data <proposal>"],
  ["rotate-index-key", "rotate index <proposal>"],
  ["rotate-request-key", "rotate request <proposal>"],
  ["destroy-key", "destroy key <proposal>"],
  ["destroy-root-key", "destroy root-key <proposal>"],
  ["destroy-tenant", "destroy tenant <proposal>"],
  ["add-wrap", "wraps add <proposal>"],
  ["remove-wrap", "wraps remove <proposal>"],
  ["export-keys", "export <proposal> --out <file>"],
  ["import-keys", "import <proposal> --bundle <file>"],
  ["initialise-custodians", "init <proposal> --envelopes-out <folder>"],
  ["redistribute-shares", "init <proposal> --envelopes-out <folder>"],
]);

/** Every operation that is proposed by one custodian and approved by another. */
export const sharedOperations: readonly string[] = [...starts.keys()];

/** The command that starts a proposal, as it is typed. */
export function startCommand(operation: string, proposalId: string): string {
  return `keyops ${(starts.get(operation) ?? "proposals <proposal>").replace("<proposal>", proposalId)}`;
}

/** Throws Refusal, with the right command, when a proposal is for another operation than the command would start. */
export function demandOperation(
  proposal: { readonly operation: string; readonly proposal_id: string },
  operations: readonly string[],
): void {
  if (operations.includes(proposal.operation)) return;
  throw new Refusal(
    `the proposal is for ${proposal.operation}`,
    startCommand(proposal.operation, proposal.proposal_id),
  );
}
