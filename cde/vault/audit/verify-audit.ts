// The command `verify-audit`: verifies an export of the audit log offline, with nothing but the export and a public key.

import { createPublicKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { CheckpointError, noteOfHistoryLine } from "./checkpoint.ts";
import { exportedTenants, openExport } from "./export-folder.ts";
import { startProgress } from "./progress.ts";
import type { Output, Progress } from "./progress.ts";
import { NoteError, parseVerifierKey, verifierKey } from "./signed-note.ts";
import { reportText, reportsJson } from "./verify-report.ts";
import { verifyLog } from "./verify.ts";
import type { Report } from "./verify.ts";

const help = `verify-audit: recompute exported audit logs and compare them with their signed checkpoints

Usage
  node cde/vault/audit/verify-audit.ts --export <folder> --public-key <file> [--public-key <file>]…
                                       [--tenant <id>]… [--kept <file>]… [--json]

Options
  --export <folder>      what export-audit wrote: a folder for each tenant
  --public-key <file>    the key that signs checkpoints: PEM, or a verifier key (name+id+base64);
                         once more for each key that signed before it
  --tenant <id>          only this tenant; otherwise all in the folder
  --kept <file>          a checkpoint that you kept from earlier or got from somebody else: a log that was
                         rewritten together with its published checkpoints is found out by it
  --json                 the report as JSON on standard output
  --help                 this text

Examples
  node cde/vault/audit/verify-audit.ts --export ./audit-export --public-key checkpoint-key.pem
  node cde/vault/audit/verify-audit.ts --export ./audit-export --public-key checkpoint-key.pem --kept ./january.checkpoint

Exit codes
  0  every log is intact
  1  a log is broken; the report names the first broken entry
  2  the command could not be carried out as given
`;

/** Where the command writes, and its clock in milliseconds. */
export interface CommandContext {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly now: () => number;
}

/** Runs the command with arguments as after `node verify-audit.ts`; gives the exit code. Reads files, writes none. */
export function verifyAudit(args: readonly string[], context: CommandContext): 0 | 1 | 2 {
  try {
    const options = optionsFrom(args);
    if (options === "help") {
      context.stdout.write(help);
      return 0;
    }
    const reports = new Map(options.tenants.map((tenant) => [tenant, verified(options, tenant, context)]));
    context.stdout.write(
      options.json ? reportsJson(reports) : [...reports].map(([id, report]) => reportText(id, report)).join(""),
    );
    return [...reports.values()].every((report) => report.verdict === "intact") ? 0 : 1;
  } catch (error) {
    context.stderr.write(
      `verify-audit: ${error instanceof Error ? error.message : String(error)}\nTry verify-audit --help\n`,
    );
    return 2;
  }
}

interface Options {
  readonly exportFolder: string;
  readonly tenants: readonly string[];
  readonly publicKeys: readonly KeyObject[];
  readonly kept: readonly string[];
  readonly json: boolean;
}

function optionsFrom(args: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      export: { type: "string" },
      "public-key": { type: "string", multiple: true },
      tenant: { type: "string", multiple: true },
      kept: { type: "string", multiple: true },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const { export: exportFolder, "public-key": keyFiles, kept = [], json } = values;
  if (exportFolder === undefined || keyFiles === undefined) throw new Error("--export and --public-key are needed");
  return {
    exportFolder,
    tenants: tenantsFrom(exportFolder, values.tenant),
    publicKeys: keyFiles.map((file) => publicKeyFrom(readFileSync(file, "utf8"))),
    kept: kept.map((file) => keptNote(file, exportFolder)),
    json,
  };
}

/** A kept checkpoint that no log is compared with would give false comfort. */
function keptNote(file: string, exportFolder: string): string {
  const note = readFileSync(file, "utf8");
  const isOfExport = exportedTenants(exportFolder).some((tenantId) => isOfTenant(note, tenantId));
  if (!isOfExport) throw new Error(`${file} is not a checkpoint of a log in ${exportFolder}`);
  return note;
}

function tenantsFrom(exportFolder: string, asked: readonly string[] | undefined): readonly string[] {
  const exported = exportedTenants(exportFolder);
  const unknown = asked?.find((tenant) => !exported.includes(tenant));
  if (unknown !== undefined) throw new Error(`there is no export of tenant ${unknown} in ${exportFolder}`);
  if (exported.length === 0) throw new Error(`there is no export of any tenant in ${exportFolder}`);
  return asked ?? exported;
}

/** PEM, or the text form of a verifier key, whose name says nothing here: the log names its key. */
function publicKeyFrom(text: string): KeyObject {
  try {
    return text.includes("-----BEGIN") ? createPublicKey(text) : parseVerifierKey(text.trim()).publicKey;
  } catch (error) {
    const reason = error instanceof NoteError ? error.message : "it is not PEM";
    throw new Error(`the public key cannot be read: ${reason}`, { cause: error });
  }
}

function verified({ exportFolder, publicKeys, kept }: Options, tenantId: string, context: CommandContext): Report {
  const files = openExport(exportFolder, tenantId);
  const witnessed = kept.filter((note) => isOfTenant(note, tenantId));
  const origin = originIn([files.checkpoint ?? "", ...witnessed, ...firstNote(files.history)], tenantId);
  const progress = startProgress(context.stderr, tenantId, "entries", context.now);
  const keys = publicKeys.map((key) => verifierKey(origin, key));
  const report = verifyLog({ ...files, tenantId, keys, entries: counted(files.entries, progress), witnessed });
  progress.end();
  return report;
}

/** A log names itself in what is signed; all that is asked of the name here is that it is this tenant's. */
function originIn(notes: readonly string[], tenantId: string): string {
  const note = notes.find((each) => isOfTenant(each, tenantId));
  return note === undefined ? `audit/${tenantId}` : originOfNote(note);
}

function firstNote(history: Iterable<string>): readonly string[] {
  try {
    for (const line of history) return [noteOfHistoryLine(line)];
  } catch (error) {
    // The verifier meets the same line and reports it.
    if (!(error instanceof CheckpointError)) throw error;
  }
  return [];
}

function isOfTenant(note: string, tenantId: string): boolean {
  return /^\S+$/.test(originOfNote(note)) && originOfNote(note).endsWith(`/audit/${tenantId}`);
}

function originOfNote(note: string): string {
  return note.slice(0, note.indexOf("\n"));
}

function* counted(lines: Iterable<string>, progress: Progress): Generator<string> {
  for (const line of lines) {
    yield line;
    progress.add(1);
  }
}

if (import.meta.main) {
  const { stdout, stderr } = process;
  process.exitCode = verifyAudit(process.argv.slice(2), { stdout, stderr, now: () => performance.now() });
}
