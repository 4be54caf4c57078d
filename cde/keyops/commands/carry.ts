// `keyops export` and `import`: all wrapped keys as one signed file, out of one vault and into another. No key in it is in
// the clear; it opens with the root keys alone.
import { hash } from "node:crypto";
import { readCeremonyFile } from "../../vault/keys/ceremony/ceremony-file.ts";
import type { ProposalView } from "../admin-client.ts";
import type { Command } from "../command.ts";
import { Refusal } from "../errors.ts";
import { mustBeNew, readText, writeNew } from "../files.ts";
import { endedOutcome, nextCommand } from "../proposal-text.ts";
import { proposalWord } from "./proposals.ts";
import { preview, proposalOf, startExitCodes, startOptions, started } from "./start.ts";

export const exportKeys: Command = {
  name: "export",
  summary: "start an approved export of all wrapped keys, and keep the file; only its two signers get it, for 24 hours",
  description:
    "The file holds every tenant's keys as they are wrapped, signed by the vault. It is only useful with the root keys, and is written for its owner alone. Run it again if the connection was lost.",
  words: [proposalWord],
  options: { out: { value: "<file>", help: "the file to make; it must not be there" }, ...startOptions },
  isOnline: true,
  examples: [
    "export 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52 --out keys.bundle",
    "export 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52 --out keys.bundle --dry-run",
  ],
  exitCodes: startExitCodes,
  run: async (call) => {
    const out = call.options.text("out");
    await mustBeNew(out);
    const connection = await call.connect();
    const view = await proposalOf(call, connection, ["export-keys"]);
    if (call.options.flag("dry-run")) return preview(connection, view, {});
    const ended = await started(call, connection, view, {});
    if (ended.state === "failed") return endedOutcome(ended, null);
    const bundle = await connection.admin.artifact(ended.proposal_id);
    demandDigest(bundle, ended.result?.["bundle_sha256"], "the file is not the one that the vault says it made");
    await writeNew(out, bundle);
    const { text, json } = endedOutcome(ended, nextCommand(ended));
    return { text: `${text}written to ${out}\n`, json: { ...json, written: out } };
  },
};

/** The admin process takes no longer body. */
const maxBundleBytes = 16 * 1_024 * 1_024;

export const importKeys: Command = {
  name: "import",
  summary: "start an approved import of a file that an export made",
  description:
    "The ceremony file names the SHA-256 of the bundle (parameter bundle_sha256), so what is brought in is what two custodians have seen. The root keys that wrapped it must be there.",
  words: [proposalWord],
  options: { bundle: { value: "<file>", help: "what keyops export wrote; at most 16 MiB" }, ...startOptions },
  isOnline: true,
  examples: [
    "import 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52 --bundle keys.bundle --dry-run",
    "import 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52 --bundle keys.bundle",
  ],
  exitCodes: startExitCodes,
  run: async (call) => {
    const bundle = await readText(call.options.text("bundle"), maxBundleBytes);
    const connection = await call.connect();
    const view = await proposalOf(call, connection, ["import-keys"]);
    demandDigest(bundle, signedDigest(view), "the bundle is not the one that the ceremony file names");
    if (call.options.flag("dry-run")) return preview(connection, view, { bundle });
    const ended = await started(call, connection, view, { bundle });
    return endedOutcome(ended, nextCommand(ended));
  },
};

function signedDigest({ ceremony }: ProposalView): unknown {
  return readCeremonyFile(Buffer.from(ceremony)).parameters["bundle_sha256"];
}

function demandDigest(bundle: string, expected: unknown, otherwise: string): void {
  if (hash("sha256", bundle, "hex") !== expected) throw new Refusal(otherwise, "Compare it with sha256sum.");
}
