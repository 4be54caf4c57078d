// `keyops init`: the ceremony in which the unseal key is split among custodians, for the first time or anew.
import { X509Certificate } from "node:crypto";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { formatCeremonyFile, readCeremonyFile, type CeremonyFile } from "../../vault/keys/ceremony/ceremony-file.ts";
import type { ProposalView } from "../admin-client.ts";
import type { Call, Command, Outcome } from "../command.ts";
import { FileError, Refusal, UsageError } from "../errors.ts";
import { mustBeNew, readText, writeNew } from "../files.ts";
import { custodianLines, endedOutcome, nextCommand } from "../proposal-text.ts";
import { factLines } from "../text.ts";
import { proposalWord } from "./proposals.ts";
import { ceremonyLines, proposed, proposedOutcome } from "./propose.ts";
import { preview, proposalOf, startExitCodes, startOptions, started } from "./start.ts";

export const init: Command = {
  name: "init",
  summary: "split the unseal key among custodians: propose it, then start it and keep the shares",
  description:
    "Without a proposal: writes the ceremony file from the options and proposes it. With an approved one: starts it and writes each custodian's share into a file of its own, encrypted to that custodian's key. Give each their file; nobody else can open it. With --redistribute the key is split anew, and shares of before open nothing.",
  words: [{ ...proposalWord, isOptional: true }],
  options: {
    threshold: { value: "<k>", help: "how many shares open the vault, at least 2" },
    custodian: {
      value: "<name>:<share key>:<certificate>",
      help: "the public file of keyops share-key, and the certificate; once for each",
      isRepeated: true,
    },
    redistribute: { help: "split anew among these, when somebody leaves or comes" },
    reason: { value: "<text>", help: "why: one line of 10 to 500 characters" },
    out: { value: "<file>", help: "the ceremony file to make, for the approver to review" },
    "envelopes-out": { value: "<folder>", help: "with a proposal: where the custodians' share files are made" },
    ...startOptions,
  },
  isOnline: true,
  examples: [
    "init --threshold 2 --custodian mei:mei.pub:mei.pem --custodian ade:ade.pub:ade.pem --custodian lin:lin.pub:lin.pem --reason 'First ceremony, change 2026-1.' --out first.yaml",
    "init 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52 --envelopes-out ./shares",
  ],
  exitCodes: startExitCodes,
  run: (call) => (call.word("proposal") === "" ? proposeSharing(call) : startSharing(call)),
};

async function proposeSharing(call: Call): Promise<Outcome> {
  const { options } = call;
  const file = await sharingCeremony(call);
  if (options.flag("dry-run")) {
    return {
      text: `${ceremonyLines(file)}${custodianLines(file)}Nothing was proposed: --dry-run.\n`,
      json: { dry_run: true, ceremony: file.text },
    };
  }
  const out = options.text("out");
  await mustBeNew(out);
  const connection = await call.connect();
  await writeNew(out, file.text);
  return proposedOutcome(connection, await proposed(call, connection, file, dayMs), out);
}

const dayMs = 24 * 3_600_000;

async function sharingCeremony({ options }: Call): Promise<CeremonyFile> {
  const custodians = await Promise.all(options.texts("custodian").map(custodianOf));
  const text = formatCeremonyFile({
    operation: options.flag("redistribute") ? "redistribute-shares" : "initialise-custodians",
    reason: options.text("reason"),
    parameters: { threshold: options.integer("threshold", { min: 2, max: 15 }), custodians },
  });
  return readCeremonyFile(Buffer.from(text));
}

/** What the ceremony file says of a custodian: two public keys, for shares and for signatures. */
async function custodianOf(given: string) {
  const [name = "", shareKeyFile = "", certificateFile = "", ...rest] = given.split(":");
  if (certificateFile === "" || rest.length > 0)
    throw new UsageError("--custodian must be <name>:<share key>:<certificate>");
  const shareKey = (await readText(shareKeyFile, 1_024)).trim();
  if (!/^[\w-]{43}$/.test(shareKey)) throw new FileError(`${shareKeyFile} is no public file of keyops share-key`);
  return { name, share_key: shareKey, signing_key: signingKeyIn(await readText(certificateFile), certificateFile) };
}

function signingKeyIn(pem: string, file: string): string {
  try {
    return new X509Certificate(pem).publicKey.export({ type: "spki", format: "pem" });
  } catch {
    throw new FileError(`${file} is no certificate in PEM`);
  }
}

async function startSharing(call: Call): Promise<Outcome> {
  const connection = await call.connect();
  const view = await proposalOf(call, connection, ["initialise-custodians", "redistribute-shares"]);
  if (call.options.flag("dry-run")) return preview(connection, view, {});
  const folder = call.options.text("envelopes-out");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of namesIn(view)) await mustBeNew(shareFile(folder, name));
  const ended = await started(call, connection, view, {});
  const outcome = endedOutcome(ended, nextCommand(ended));
  if (ended.state === "failed") return outcome;
  const written = await writeEnvelopes(folder, ended);
  const list = factLines(written.map((file) => ["share file", file]));
  return { ...outcome, text: `${outcome.text}${list}`, json: { ...outcome.json, written } };
}

function shareFile(folder: string, custodian: string): string {
  return path.join(folder, `${custodian}.share`);
}

function namesIn({ ceremony }: ProposalView): readonly string[] {
  const { custodians } = readCeremonyFile(Buffer.from(ceremony)).parameters;
  const names = Array.isArray(custodians) ? custodians.map((each: { readonly name?: unknown }) => each.name) : [];
  return names.filter((name) => typeof name === "string");
}

async function writeEnvelopes(folder: string, { result }: ProposalView): Promise<readonly string[]> {
  const envelopes = result?.["envelopes"];
  if (!Array.isArray(envelopes))
    throw new Refusal("the operation gave no shares", "keyops proposals <proposal> --json");
  return Promise.all(
    envelopes.map(async ({ custodian, envelope }: { readonly custodian: string; readonly envelope: string }) => {
      if (!/^[a-z][a-z0-9-]{0,31}$/.test(custodian))
        throw new Refusal("a share is for nobody that the file could be named after");
      const file = shareFile(folder, custodian);
      await writeNew(file, `${envelope}\n`);
      return file;
    }),
  );
}
