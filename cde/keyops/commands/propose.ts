// `keyops propose`: puts a ceremony file before the other custodians.
import { randomUUID } from "node:crypto";
import { maxCeremonyBytes, readCeremonyFile, type CeremonyFile } from "../../vault/keys/ceremony/ceremony-file.ts";
import { signStatement } from "../../vault/keys/ceremony/ceremony-statement.ts";
import type { ProposalView } from "../admin-client.ts";
import type { Call, Command, Connection, Outcome } from "../command.ts";
import { Refusal, UsageError } from "../errors.ts";
import { readLimited } from "../files.ts";
import { nextCommand, proposalJson } from "../proposal-text.ts";
import { factLines, resultFacts } from "../text.ts";

export const propose: Command = {
  name: "propose",
  summary: "propose what a ceremony file says, signed with your certificate's key",
  description:
    "Signs a statement over the file's digest and sends both. Nothing is done to a key: another custodian has to approve, and one of you starts it. Tells who may approve until when, and the command for it.",
  words: [],
  options: {
    ceremony: { value: "<file>", help: "the ceremony file" },
    "expires-in": {
      value: "<duration>",
      help: "how long it can be approved and started: 24h unless given, 7d at most",
    },
    "dry-run": { help: "only show what would be proposed" },
  },
  isOnline: true,
  examples: ["propose --ceremony rotation.yaml", "propose --ceremony rotation.yaml --expires-in 3d --profile mei.yaml"],
  exitCodes: { 1: "the vault refused it; nothing was proposed", 3: "the vault is not available" },
  run: async (call) => {
    const path = call.options.text("ceremony");
    const file = await readCeremony(path);
    if (file.operation === "revoke-key") {
      throw new Refusal("revoke-key needs no second custodian", "keyops revoke proposes and starts it in one go.");
    }
    const expiresInMs = expiryOf(call);
    if (call.options.flag("dry-run")) return preview(file);
    const connection = await call.connect();
    const view = await proposed(call, connection, file, expiresInMs);
    return proposedOutcome(connection, view, path);
  },
};

/** Reads a ceremony file. Throws FileError, CeremonyFileError. */
export async function readCeremony(path: string): Promise<CeremonyFile> {
  return readCeremonyFile(await readLimited(path, maxCeremonyBytes));
}

/** Signs and sends a proposal, under a new id. */
export async function proposed(
  { terminal }: Call,
  { admin, keys }: Connection,
  file: CeremonyFile,
  expiresInMs: number,
): Promise<ProposalView> {
  const signedAt = new Date(terminal.now());
  const expiresAt = new Date(signedAt.getTime() + expiresInMs);
  const proposalId = randomUUID();
  const { digest } = file;
  const statement = signStatement({ act: "propose", proposalId, digest, expiresAt, signedAt }, keys);
  return admin.propose({ proposal_id: proposalId, ceremony: file.text, statement });
}

/** Says who may approve a proposal until when, and how. */
export async function proposedOutcome({ admin }: Connection, view: ProposalView, path: string): Promise<Outcome> {
  const { custodians, now } = await admin.status();
  const approvers = custodians
    .filter(({ workload, acknowledged_until: until }) => workload !== view.proposed_by && until >= now.slice(0, 10))
    .map(({ name }) => name);
  const next = nextCommand(view, path);
  const text = factLines([
    ["proposal", view.proposal_id],
    ["operation", view.operation],
    ["digest", view.digest],
    ["approval", `by one of ${approvers.join(", ") || "nobody: the roster has no other custodian"}`],
    ["expires", view.expires_at],
    ["next", next],
  ]);
  return { text, json: { proposal: proposalJson(view), approvers, next } };
}

/** What a file says, for whoever is about to sign for it. */
export function ceremonyLines({ operation, reason, parameters, digest }: CeremonyFile): string {
  return factLines([
    ["operation", operation],
    ...resultFacts(parameters),
    ["reason", reason],
    ["digest", digest.toString("hex")],
  ]);
}

const dayMs = 24 * 3_600_000;

function expiryOf({ options }: Call): number {
  const expiresInMs = options.has("expires-in") ? options.durationMs("expires-in") : dayMs;
  if (expiresInMs > 7 * dayMs) throw new UsageError("--expires-in must be 7d at most");
  return expiresInMs;
}

function preview(file: CeremonyFile): Outcome {
  const { operation, reason, parameters, digest } = file;
  return {
    text: `${ceremonyLines(file)}Nothing was proposed: --dry-run.\n`,
    json: { dry_run: true, operation, reason, parameters, digest: digest.toString("hex") },
  };
}
