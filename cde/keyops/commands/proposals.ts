// `keyops proposals`: what was proposed, and how it stands.
import { uuid } from "@cofferdam/kit/uuid.ts";
import type { ProposalView } from "../admin-client.ts";
import type { Command, CommandWord } from "../command.ts";
import { endedOutcome, nextCommand, proposalJson } from "../proposal-text.ts";
import { table } from "../text.ts";

/** The word `<proposal>` of every command that is about one. */
export const proposalWord: CommandWord = { name: "proposal", form: uuid };

export const proposals: Command = {
  name: "proposals",
  summary: "list proposals, or show one with what comes next",
  description:
    "Without a word the newest proposals; with a proposal's id all about it, how far it is, and what came of it.",
  words: [{ ...proposalWord, isOptional: true }],
  options: { open: { help: "only those that wait for somebody, or run" } },
  isOnline: true,
  examples: ["proposals --open", "proposals 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52 --json"],
  exitCodes: { 1: "the vault refused, or the proposal that was asked for has failed", 3: "the vault is not available" },
  run: async (call) => {
    const { admin } = await call.connect();
    if (call.word("proposal") !== "") {
      const view = await admin.proposal(call.word("proposal"));
      return endedOutcome(view, isExpired(view, call.terminal.now()) ? null : nextCommand(view));
    }
    const listed = (await admin.proposals()).proposals.filter(
      (view) => !call.options.flag("open") || isOpen(view, call.terminal.now()),
    );
    const header = ["PROPOSAL", "OPERATION", "STATE", "PROPOSED BY", "EXPIRES"];
    const rows = listed.map((view) => [
      view.proposal_id,
      view.operation,
      isExpired(view, call.terminal.now()) ? "expired" : view.state,
      view.proposed_by,
      view.expires_at,
    ]);
    return { text: table(header, rows, "no proposals"), json: { proposals: listed.map(proposalJson) } };
  },
};

function isOpen(view: ProposalView, nowMs: number): boolean {
  return ["proposed", "approved", "running"].includes(view.state) && !isExpired(view, nowMs);
}

function isExpired({ state, expires_at: expiresAt }: ProposalView, nowMs: number): boolean {
  return ["proposed", "approved"].includes(state) && Date.parse(expiresAt) <= nowMs;
}
