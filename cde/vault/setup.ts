// What a deployer runs before the vault: logins, migrations, keys, the first tenants, and with which flags its processes
// start. Each step may be run again.
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { ConfigError } from "@cofferdam/kit/config.ts";
import { uuid } from "@cofferdam/kit/uuid.ts";
import { openDatabase, type Database } from "@cofferdam/kit/database.ts";
import { createLogger } from "@cofferdam/kit/log.ts";
import { createRootKeyFile } from "./keys/root/root-key-file.ts";
import { openRootKeys } from "./keys/root/open-root-keys.ts";
import type { RootKeys } from "./keys/root/root-keys.ts";
import { migrateVault } from "./migrate-vault.ts";
import type { ProcessFlag } from "./permission-flags.ts";
import { createSigningKey } from "./setup/signing-key.ts";
import { rolesScript } from "./setup/database-roles.ts";
import { help } from "./setup/help.ts";
import { programs } from "./setup/programs.ts";
import type { KeyOperation } from "./tenants/key-operation.ts";
import { defaultRetentionClasses, provisionTenant } from "./tenants/provision-tenant.ts";

const options = {
  "database-url-file": { type: "string" },
  "root-keys": { type: "string" },
  "passphrase-file": { type: "string" },
  out: { type: "string" },
  "public-out": { type: "string" },
  database: { type: "string", default: "cofferdam" },
  print: { type: "boolean", default: false },
  program: { type: "string", default: "vault" },
  "print-command": { type: "boolean", default: false },
  id: { type: "string" },
  name: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

type Arguments = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>["values"];

class UsageError extends Error {}

const DATABASE = /^[a-z_][a-z0-9_]{0,62}$/;
const log = createLogger({ service: "setup", level: "error" });

/** What a command has done, in words, or the text that it was asked for; with --json as `done`, or as `json` says. */
interface Outcome {
  readonly text: string;
  readonly json?: Readonly<Record<string, unknown>>;
}

type Command = (values: Arguments) => Outcome | Promise<Outcome>;

const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ["roles", printRoles],
  ["migrate", migrate],
  ["root-key", rootKey],
  ["checkpoint-key", signingKey("checkpoint key made")],
  ["transcript-key", signingKey("transcript key made")],
  ["tenant", createTenant],
  ["flags", printFlags],
]);

function printRoles(values: Arguments): Outcome {
  if (!values.print) throw new UsageError("roles makes nothing itself: --print is required");
  if (!DATABASE.test(values.database)) {
    throw new UsageError("--database must be a name of letters, digits and underscores in lower case");
  }
  const sql = rolesScript(values.database);
  return { text: sql, json: { done: "printed", sql } };
}

async function migrate(values: Arguments): Promise<Outcome> {
  await migrateVault(await fileOf(values, "database-url-file"), log);
  return { text: "migrations applied" };
}

async function rootKey(values: Arguments): Promise<Outcome> {
  await createRootKeyFile(valueOf(values, "out"), await fileOf(values, "passphrase-file"), new Date());
  return { text: "root key made" };
}

function signingKey(done: string): Command {
  return async (values) => {
    await createSigningKey({ privateFile: valueOf(values, "out"), publicFile: valueOf(values, "public-out") });
    return { text: done };
  };
}

async function createTenant(values: Arguments): Promise<Outcome> {
  const name = valueOf(values, "name");
  const tenant = { id: tenantIdOf(values), name, retentionClasses: defaultRetentionClasses };
  const isNew = await withKeys(values, (database, root) => provisionTenant(database, root, tenant, operation()));
  return { text: isNew ? "tenant created" : "tenant exists already" };
}

function printFlags(values: Arguments): Outcome {
  const program = programs.get(values.program);
  if (program === undefined) throw new UsageError(`--program must be one of ${[...programs.keys()].join(", ")}`);
  const flags = program.flags(process.env);
  const command = [process.execPath, ...flags.map(({ flag }) => flag), program.main].map(quotedWord).join(" ");
  return { text: values["print-command"] ? command : table(flags), json: { done: "printed", flags, command } };
}

/** Quotes for a shell; systemd reads these quotes alike. */
function quotedWord(word: string): string {
  return /^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function table(flags: readonly ProcessFlag[]): string {
  const width = Math.max(...flags.map(({ flag }) => flag.length));
  return flags.map(({ flag, reason }) => `${flag.padEnd(width)}  # ${reason}`).join("\n");
}

function operation(): KeyOperation {
  return { now: new Date(), build: "setup", actor: { workload: "management/setup", clientId: "setup" } };
}

async function withKeys<Result>(
  values: Arguments,
  work: (database: Database, rootKeys: RootKeys) => Promise<Result>,
): Promise<Result> {
  const passphrase = values["passphrase-file"] === undefined ? null : await fileOf(values, "passphrase-file");
  const root = await openRootKeys(valueOf(values, "root-keys"), { passphrase, production: true, now: Date.now });
  const database = openDatabase({
    url: await fileOf(values, "database-url-file"),
    applicationName: "cofferdam-setup",
    maxConnections: 1,
    connectTimeoutMs: 5_000,
    checkoutTimeoutMs: 5_000,
    statementTimeoutMs: 10_000,
    lockTimeoutMs: 5_000,
  });
  try {
    return await work(database, root);
  } finally {
    await database.close();
  }
}

function tenantIdOf(values: Arguments): string {
  const id = valueOf(values, "id");
  if (!uuid.test(id)) throw new UsageError("--id must be a UUID in lower case");
  return id;
}

function valueOf(
  values: Arguments,
  name: "out" | "public-out" | "id" | "name" | "root-keys" | "database-url-file" | "passphrase-file",
): string {
  const value = values[name];
  if (value === undefined || value === "") throw new UsageError(`--${name} is required`);
  return value;
}

async function fileOf(values: Arguments, name: "database-url-file" | "passphrase-file"): Promise<string> {
  return (await readFile(valueOf(values, name), "utf8")).trim();
}

async function main(): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (values.help) return print(help, 0);
    const command = commands.get(positionals[0] ?? "");
    if (command === undefined || positionals.length !== 1)
      throw new UsageError(`one of: ${[...commands.keys()].join(", ")}`);
    const { text, json } = await command(values);
    return print(values.json ? JSON.stringify({ ok: true, ...(json ?? { done: text }) }) : text, 0);
  } catch (error) {
    return fail(error as Error);
  }
}

function fail(error: Error): number {
  const isUsage =
    error instanceof UsageError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS") === true;
  process.stderr.write(`setup: ${error.message}\n${isUsage ? "Try --help.\n" : ""}`);
  const exitCode = isUsage || error instanceof ConfigError ? 2 : 1;
  return process.argv.includes("--json")
    ? print(JSON.stringify({ ok: false, error: error.message }), exitCode)
    : exitCode;
}

function print(text: string, exitCode: number): number {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
  return exitCode;
}

process.exitCode = await main();
