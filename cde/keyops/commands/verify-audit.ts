// `keyops verify-audit`: the audit log's own verifier, where custodians look for it.
import type { Output } from "../../vault/audit/progress.ts";
import { verifyAudit as verify } from "../../vault/audit/verify-audit.ts";
import type { Command } from "../command.ts";
import { UsageError } from "../errors.ts";

const repeated = ["public-key", "tenant", "kept"] as const;

export const verifyAudit: Command = {
  name: "verify-audit",
  summary: "recompute exported audit logs and compare them with their checkpoints",
  description: "Offline, with nothing but the export and the public key that signs checkpoints.",
  words: [],
  options: {
    export: { value: "<folder>", help: "what export-audit wrote: a folder for each tenant" },
    "public-key": {
      value: "<file>",
      help: "the key that signs checkpoints, PEM or a verifier key; once more for each before it",
      isRepeated: true,
    },
    tenant: { value: "<id>", help: "only this tenant", isRepeated: true },
    kept: { value: "<file>", help: "a checkpoint that you kept from earlier", isRepeated: true },
  },
  isOnline: false,
  examples: [
    "verify-audit --export ./audit-export --public-key checkpoint-key.pem",
    "verify-audit --export ./audit-export --public-key checkpoint-key.pem --kept ./january.checkpoint --json",
  ],
  exitCodes: { 1: "a log is broken; the report names the first broken entry" },
  run: ({ options, terminal }) => {
    const isJson = options.flag("json");
    const given = repeated.flatMap((name) => options.texts(name).flatMap((value) => [`--${name}`, value]));
    const args = ["--export", options.text("export"), ...given, ...(isJson ? ["--json"] : [])];
    let [report, mistake] = ["", ""];
    const stderr: Output = {
      isTTY: terminal.stderr.isTTY === true,
      write: (text: string) => {
        if (text.startsWith(itsName)) mistake = text.slice(itsName.length).split("\n")[0] ?? "";
        else if (!isJson) terminal.stderr.write(text);
      },
    };
    const code = verify(args, { stdout: { write: (text) => (report += text) }, stderr, now: terminal.now });
    if (code === 2) throw new UsageError(mistake);
    const json = isJson ? (JSON.parse(report) as Readonly<Record<string, unknown>>) : {};
    return Promise.resolve({ text: report, json, exitCode: code });
  },
};

/** How the verifier begins what it says of a mistake in its options. */
const itsName = "verify-audit: ";
