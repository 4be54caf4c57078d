// The command `export-audit`: writes the audit logs of tenants where `verify-audit`, or anybody, can read them.

import { readFileSync, readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { openDatabase } from "@cofferdam/kit/database.ts";
import type { Database, Transaction } from "@cofferdam/kit/database.ts";
import { uuid } from "@cofferdam/kit/uuid.ts";
import { exportTenant } from "./export-tenant.ts";
import type { TokenPage } from "./export-tenant.ts";
import { startProgress } from "./progress.ts";
import type { CommandContext } from "./verify-audit.ts";

const help = `export-audit: write audit logs, token row digests and signed checkpoints to files

Usage
  export-audit --database-url-file <file> --checkpoints <folder> --out <folder> [--tenant <id>]…

Options
  --database-url-file <file>   file with the PostgreSQL URL of a login of cofferdam_auditor
  --checkpoints <folder>       where the vault publishes its checkpoints
  --out <folder>               a folder for each tenant is made in it; one that is there is not overwritten
  --tenant <id>                only this tenant; otherwise all that the database or the checkpoints know
  --help                       this text

Each tenant's folder gets
  entries.jsonl   the log, in order      tokens.jsonl   digest and version of each token row; no card data
  checkpoint      the newest checkpoint  history        all checkpoints

Examples
  export-audit --database-url-file /run/secrets/auditor-url --checkpoints /var/lib/checkpoints --out ./audit-export
  verify-audit --export ./audit-export --public-key checkpoint-key.pem

Exit codes
  0  everything was exported
  1  an export failed: what was written is incomplete
  2  the command could not be carried out as given
`;

/** What the log's neighbours know: read by the rooms that own those tables, and passed in. */
export interface Readers {
  readonly readTenantIds: (tx: Transaction) => Promise<readonly string[]>;
  readonly readTokens: TokenPage;
}

/** Runs the command with arguments as after `node export-audit.ts`; gives the exit code. */
export async function exportAudit(
  args: readonly string[],
  context: CommandContext,
  readers: Readers,
): Promise<0 | 1 | 2> {
  try {
    const options = optionsFrom(args);
    if (options === "help") {
      context.stdout.write(help);
      return 0;
    }
    return await exportAll(options, context, readers);
  } catch (error) {
    context.stderr.write(`export-audit: ${messageOf(error)}\nTry export-audit --help\n`);
    return 2;
  }
}

interface Options {
  readonly databaseUrl: string;
  readonly checkpointFolder: string;
  readonly outFolder: string;
  readonly tenants: readonly string[] | undefined;
}

function optionsFrom(args: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      "database-url-file": { type: "string" },
      checkpoints: { type: "string" },
      out: { type: "string" },
      tenant: { type: "string", multiple: true },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const { "database-url-file": urlFile, checkpoints, out, tenant } = values;
  if (urlFile === undefined || checkpoints === undefined || out === undefined) {
    throw new Error("--database-url-file, --checkpoints and --out are needed");
  }
  const databaseUrl = readFileSync(urlFile, "utf8").trim();
  return { databaseUrl, checkpointFolder: checkpoints, outFolder: out, tenants: tenant };
}

async function exportAll(options: Options, context: CommandContext, readers: Readers): Promise<0 | 1> {
  const database = openDatabase({ ...connection, url: options.databaseUrl });
  try {
    const known = await knownTenants(database, options, readers);
    const unknown = options.tenants?.find((tenantId) => !known.includes(tenantId));
    // An export of nothing would look like a new log.
    if (unknown !== undefined) throw new Error(`neither the database nor the checkpoints know tenant ${unknown}`);
    for (const tenantId of options.tenants ?? known) await exportOne(database, tenantId, options, context, readers);
    return 0;
  } catch (error) {
    context.stderr.write(`export-audit: ${messageOf(error)}\n`);
    return 1;
  } finally {
    await database.close();
  }
}

/** A tenant that was taken out of the database still has its checkpoints, and the other way round. */
async function knownTenants(database: Database, options: Options, readers: Readers): Promise<readonly string[]> {
  const published = readdirSync(options.checkpointFolder).filter((name) => uuid.test(name));
  const stored = await database.transaction(readers.readTenantIds);
  return [...new Set([...stored, ...published])].sort();
}

async function exportOne(
  database: Database,
  tenantId: string,
  { checkpointFolder, outFolder }: Options,
  { stdout, stderr, now }: CommandContext,
  { readTokens }: Readers,
): Promise<void> {
  const progress = startProgress(stderr, tenantId, "lines", now);
  const onWritten = (lines: number): void => {
    progress.add(lines);
  };
  const exported = await exportTenant({ database, tenantId, readTokens, checkpointFolder, outFolder, onWritten });
  progress.end();
  stdout.write(`${tenantId}  ${exported.entries} entries, ${exported.tokens} token rows\n`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** One connection: one tenant after another, each in one snapshot. */
const connection = {
  applicationName: "cofferdam-export-audit",
  maxConnections: 1,
  connectTimeoutMs: 5_000,
  checkoutTimeoutMs: 5_000,
  statementTimeoutMs: 30_000,
  lockTimeoutMs: 5_000,
};
