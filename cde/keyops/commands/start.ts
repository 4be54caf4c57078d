// `keyops rotate`, `destroy`, and `wraps`: start what two custodians have signed for, and wait for its end.
import type { Execution, ProposalView } from "../admin-client.ts";
import type { Call, Command, CommandOption, Connection, Outcome } from "../command.ts";
import { NotFinished, Refusal, UsageError } from "../errors.ts";
import { followProposal } from "../follow.ts";
import { demandOperation } from "../operations.ts";
import { endedOutcome, nextCommand } from "../proposal-text.ts";
import { resultLines, table } from "../text.ts";
import { proposalWord } from "./proposals.ts";

/** Options of every command that starts a proposal. */
export const startOptions = {
  "no-wait": { help: "start it, and do not wait for its end" },
  "dry-run": { help: "only say what it would do now; it need not be approved yet" },
} as const satisfies Readonly<Record<string, CommandOption>>;

export const startExitCodes = {
  1: "refused, and nothing was changed; or it began and failed, and the proposal says why",
  3: "it runs, and its end was not waited for or not seen; or the vault is not available",
} as const;

export const rotate: Command = {
  name: "rotate",
  summary: "start an approved rotation of the root key, or of a tenant's key",
  description:
    "A new key version protects new data from then on. After a data or index key, rows move to it in the background: keyops jobs shows how far they are.",
  words: [{ name: "key", choices: ["root", "data", "index", "request"] }, proposalWord],
  options: startOptions,
  isOnline: true,
  examples: [
    "rotate root 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52 --dry-run",
    "rotate data 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52",
  ],
  exitCodes: startExitCodes,
  run: (call) => start(call, [`rotate-${call.word("key")}-key`]),
};

const destructions: Readonly<Record<string, string>> = {
  key: "destroy-key",
  "root-key": "destroy-root-key",
  tenant: "destroy-tenant",
};

export const destroy: Command = {
  name: "destroy",
  summary: "start an approved destruction of a key version, a root key or a tenant's keys",
  description:
    "What is destroyed never comes back. A key version needs a certificate that no row is under it (keyops retire); a root key must wrap nothing; of a tenant all keys go, and its cards with them.",
  words: [{ name: "what", choices: Object.keys(destructions) }, proposalWord],
  options: startOptions,
  isOnline: true,
  examples: [
    "destroy key 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52 --dry-run",
    "destroy tenant 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52",
  ],
  exitCodes: startExitCodes,
  run: (call) => start(call, [destructions[call.word("what")] ?? ""]),
};

export const wraps: Command = {
  name: "wraps",
  summary: "wrap all keys under one more store, or no longer; list what wraps them",
  description:
    "Every key can lie under root keys of several stores, so that one store may fail or be left. add and remove start an approved proposal; the last wrap of a key is never removed.",
  words: [
    { name: "act", choices: ["list", "add", "remove"] },
    { ...proposalWord, isOptional: true },
  ],
  options: startOptions,
  isOnline: true,
  examples: ["wraps list", "wraps add 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52"],
  exitCodes: startExitCodes,
  run: (call) => (call.word("act") === "list" ? listWraps(call) : start(call, [`${call.word("act")}-wrap`])),
};

async function listWraps(call: Call): Promise<Outcome> {
  const { root_keys: rootKeys } = await (await call.connect()).admin.status();
  const rows = rootKeys.map(({ id, state, wraps: keys, activated_at, ends_at }) => [
    id,
    state,
    String(keys),
    activated_at,
    ends_at ?? "",
  ]);
  const header = ["ROOT KEY", "STATE", "WRAPS", "ACTIVE SINCE", "ENDS"];
  return { text: table(header, rows, "no root keys"), json: { root_keys: rootKeys } };
}

/** Starts the proposal of the call, or says with --dry-run what it would do. Gives what came of it. */
export async function start(call: Call, operations: readonly string[]): Promise<Outcome> {
  const connection = await call.connect();
  const view = await proposalOf(call, connection, operations);
  if (call.options.flag("dry-run")) return preview(connection, view, {});
  const ended = await started(call, connection, view, {});
  return endedOutcome(ended, nextCommand(ended));
}

/** The proposal that the call names. Throws Refusal when it is for another operation. */
export async function proposalOf(
  call: Call,
  { admin }: Connection,
  operations: readonly string[],
): Promise<ProposalView> {
  if (call.word("proposal") === "") throw new UsageError("<proposal> is needed");
  const view = await admin.proposal(call.word("proposal"));
  demandOperation(view, operations);
  return view;
}

/** Says what an operation would do now. */
export async function preview(
  { admin }: Connection,
  { proposal_id: id, operation }: ProposalView,
  body: Pick<Execution, "bundle">,
): Promise<Outcome> {
  const answer = await admin.preview(id, { operation, ...body });
  const facts = resultLines(answer.preview);
  return { text: `It would do this now:\n${facts}Nothing was started: --dry-run.\n`, json: { ...answer } };
}

/**
 * Starts an operation and waits for its end. One that runs already is only waited for, and one that is over is given as it
 * is, so that a command whose connection was lost can be repeated. Throws Refusal, NotFinished, AdminProblem.
 */
export async function started(
  call: Call,
  connection: Connection,
  view: ProposalView,
  body: Pick<Execution, "bundle">,
): Promise<ProposalView> {
  const { proposal_id: id, operation, state } = view;
  if (state === "withdrawn") throw new Refusal("the proposal was withdrawn", "keyops propose --ceremony <file>");
  const isNew = state === "proposed" || state === "approved";
  const begun = isNew ? await connection.admin.execute(id, { operation, ...body }) : view;
  if (call.options.flag("no-wait") && begun.state === "running") {
    throw new NotFinished("it has begun, and goes on", `keyops proposals ${id}`);
  }
  return followProposal(call, connection, begun);
}
