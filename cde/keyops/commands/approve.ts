// `keyops approve`: the second signature. What is signed for is the approver's own copy of the ceremony file, never what
// the vault says that it was.
import type { CeremonyFile } from "../../vault/keys/ceremony/ceremony-file.ts";
import {
  signStatement,
  verifyStatement,
  type VerifiedStatement,
} from "../../vault/keys/ceremony/ceremony-statement.ts";
import { AdminProblem } from "../admin-problem.ts";
import type { ProposalView } from "../admin-client.ts";
import type { Call, Command, Connection } from "../command.ts";
import { Refusal, UsageError } from "../errors.ts";
import { custodianLines, nextCommand, proposalJson, proposalText } from "../proposal-text.ts";
import { oneLine, printable, resultLines } from "../text.ts";
import { proposalWord } from "./proposals.ts";
import { ceremonyLines, readCeremony } from "./propose.ts";

export const approve: Command = {
  name: "approve",
  summary: "approve what another custodian proposed, after comparing your own ceremony file",
  description:
    "Compares your own copy of the ceremony file with what was proposed, verifies the proposer's signature, shows what would happen, and asks you to type the first 8 characters of the digest. Only then a statement is signed and sent.",
  words: [proposalWord],
  options: {
    ceremony: { value: "<file>", help: "your own copy of the ceremony file, as you have reviewed it" },
    "yes-digest": {
      value: "<hex>",
      help: "for scripts: 8 or more of the digest's first characters, in place of typing them",
    },
    "dry-run": { help: "compare and show, and sign nothing" },
  },
  isOnline: true,
  examples: [
    "approve 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52 --ceremony rotation.yaml",
    "approve 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52 --ceremony rotation.yaml --yes-digest 9f86d081 --json",
  ],
  exitCodes: {
    1: "your file is not what was proposed, or the vault refused; nothing was approved",
    3: "the vault is not available",
  },
  run: async (call) => {
    const file = await readCeremony(call.options.text("ceremony"));
    const connection = await call.connect();
    const view = await connection.admin.proposal(call.word("proposal"));
    const proposer = demandSame(file, view);
    const shown = await whatHappens(connection, view, { file, proposer });
    if (call.options.flag("dry-run")) {
      const text = `${shown}Nothing was signed: --dry-run.\n`;
      return { text, json: { dry_run: true, proposal: proposalJson(view) } };
    }
    await demandConsent(call, file, shown);
    const approved = await connection.admin.approve(view.proposal_id, statementOn(call, connection, view, "approve"));
    const next = nextCommand(approved);
    return { text: proposalText(approved, next), json: { proposal: proposalJson(approved), next } };
  },
};

export const withdraw: Command = {
  name: "withdraw",
  summary: "withdraw a proposal that was not started, your own or another's",
  description:
    "Any custodian may stop a proposal as long as it was not started. It cannot be approved or started any more; propose again if it was a mistake.",
  words: [proposalWord],
  options: { "dry-run": { help: "only show the proposal" } },
  isOnline: true,
  examples: [
    "withdraw 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52",
    "withdraw 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52 --dry-run",
  ],
  exitCodes: { 1: "the vault refused; the proposal is as it was", 3: "the vault is not available" },
  run: async (call) => {
    const connection = await call.connect();
    const view = await connection.admin.proposal(call.word("proposal"));
    if (call.options.flag("dry-run")) {
      const text = `${proposalText(view, null)}Nothing was withdrawn: --dry-run.\n`;
      return { text, json: { dry_run: true, proposal: proposalJson(view) } };
    }
    const withdrawn = await connection.admin.withdraw(
      view.proposal_id,
      statementOn(call, connection, view, "withdraw"),
    );
    return { text: proposalText(withdrawn, null), json: { proposal: proposalJson(withdrawn) } };
  },
};

function statementOn({ terminal }: Call, { keys }: Connection, view: ProposalView, act: "approve" | "withdraw") {
  const { proposal_id: proposalId, expires_at: expiresAt } = view;
  const digest = Buffer.from(view.digest, "hex");
  const signedAt = new Date(terminal.now());
  return signStatement({ act, proposalId, digest, expiresAt: new Date(expiresAt), signedAt }, keys);
}

/**
 * The vault's word counts for nothing here: our file against the digest, and the proposer's own signature over it. Gives
 * the statement of who proposed it.
 */
function demandSame(file: CeremonyFile, view: ProposalView): VerifiedStatement {
  const statement = verifyStatement(view.proposal);
  const { facts } = statement;
  const isProposed = facts.act === "propose" && facts.proposalId === view.proposal_id;
  if (
    !isProposed ||
    facts.digest.toString("hex") !== view.digest ||
    facts.expiresAt.toISOString() !== view.expires_at
  ) {
    throw new Refusal("what the proposer signed is not this proposal", "Do not sign. Tell the other custodians.");
  }
  if (file.digest.equals(facts.digest)) return statement;
  throw new Refusal(
    "your ceremony file is not the one that was proposed",
    `Compare: yours ${file.digest.toString("hex")}, proposed ${view.digest}.`,
  );
}

/** What is decided upon: our file, who signed for it, and, as the vault's own words, what it would do. */
async function whatHappens(
  { admin }: Connection,
  view: ProposalView,
  { file, proposer }: { readonly file: CeremonyFile; readonly proposer: VerifiedStatement },
): Promise<string> {
  const { workload, facts } = proposer;
  const proposed = `proposed by ${workload} at ${facts.signedAt.toISOString()}\n`;
  return printable(`${ceremonyLines(file)}${proposed}${custodianLines(file)}${await previewLines(admin, view)}`);
}

/** What the vault says that would happen. It helps to decide, and is no condition: things may change until the start. */
async function previewLines(admin: Connection["admin"], { proposal_id: id, operation }: ProposalView): Promise<string> {
  try {
    const { preview } = await admin.preview(id, { operation });
    return `\nIt would do this now:\n${resultLines(preview)}`;
  } catch (error) {
    if (!(error instanceof AdminProblem)) throw error;
    return `\nIt could not be done now: ${oneLine(error.problem.detail ?? error.message)}\n`;
  }
}

const fewestTyped = 8;

async function demandConsent({ options, terminal }: Call, file: CeremonyFile, shown: string): Promise<void> {
  const typed = (options.has("yes-digest") ? options.text("yes-digest") : await askedFor(terminal, shown)).trim();
  if (typed.length < fewestTyped || !file.digest.toString("hex").startsWith(typed))
    throw new Refusal(`these are not the first ${fewestTyped} or more characters of the digest; nothing was signed`);
}

async function askedFor({ ask, stderr }: Call["terminal"], shown: string): Promise<string> {
  if (ask === null) throw new UsageError("--yes-digest is needed where nobody can be asked");
  stderr.write(shown);
  return ask(`\nType the first ${fewestTyped} characters of the digest to sign: `);
}
