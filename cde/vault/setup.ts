// What a deployer runs before the vault: migrations, a root key, the first tenants. Each step may be run again.
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { openDatabase, type Database } from "@cofferdam/kit/database.ts";
import { createLogger } from "@cofferdam/kit/log.ts";
import { createRootKeyFile } from "./keys/root-key-file.ts";
import { openRootKey } from "./keys/open-root-key.ts";
import type { RootKey } from "./keys/root-key.ts";
import { migrateVault } from "./migrate-vault.ts";
import { defaultRetentionClasses, provisionTenant, type KeyOperation } from "./tenants/provision-tenant.ts";
import { rotateDataKey } from "./tenants/rotate-data-key.ts";

const help = `Sets up what the vault needs. Secrets are read from files, never from arguments.

Usage:
  node cde/vault/setup.ts migrate --database-url-file <file>
  node cde/vault/setup.ts root-key --out <file> --passphrase-file <file>
  node cde/vault/setup.ts tenant --database-url-file <file> --root-key file:<path> --passphrase-file <file>
                                 --id <uuid> --name <text>
  node cde/vault/setup.ts rotate-data-key --database-url-file <file> --root-key file:<path> --passphrase-file <file>
                                 --id <uuid>
  node cde/vault/setup.ts --help

migrate    applies migrations as cofferdam_owner (the four roles must exist)
root-key   makes a root key sealed under a passphrase of at least 15 bytes; never overwrites
tenant     creates a tenant with its keys, retention classes and audit log, as cofferdam_rotator
rotate-data-key
           gives a tenant a new data key, as cofferdam_rotator: running vaults seal under it within seconds and
           still open everything that was sealed before

Options:
  --json     one JSON object on standard output

Exit codes: 0 done, or done before; 1 failed, nothing half-written; 2 wrong usage

Example:
  node cde/vault/setup.ts root-key --out /etc/cofferdam/root-key.json --passphrase-file /run/secrets/passphrase
`;

const options = {
  "database-url-file": { type: "string" },
  "root-key": { type: "string" },
  "passphrase-file": { type: "string" },
  out: { type: "string" },
  id: { type: "string" },
  name: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

type Arguments = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>["values"];

class UsageError extends Error {}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const log = createLogger({ service: "setup", level: "error" });

const commands: Readonly<Record<string, (values: Arguments) => Promise<string>>> = {
  migrate,
  "root-key": rootKey,
  tenant: createTenant,
  "rotate-data-key": rotate,
};

async function migrate(values: Arguments): Promise<string> {
  await migrateVault(await fileOf(values, "database-url-file"), log);
  return "migrations applied";
}

async function rootKey(values: Arguments): Promise<string> {
  await createRootKeyFile(valueOf(values, "out"), await fileOf(values, "passphrase-file"), new Date());
  return "root key made";
}

async function createTenant(values: Arguments): Promise<string> {
  const name = valueOf(values, "name");
  const tenant = { id: tenantIdOf(values), name, retentionClasses: defaultRetentionClasses };
  const isNew = await withKeys(values, (database, root) => provisionTenant(database, root, tenant, operation()));
  return isNew ? "tenant created" : "tenant exists already";
}

async function rotate(values: Arguments): Promise<string> {
  const id = tenantIdOf(values);
  const version = await withKeys(values, (database, root) => rotateDataKey(database, root, id, operation()));
  return `data key version ${version} is the primary`;
}

function operation(): KeyOperation {
  return { now: new Date(), build: "setup", actor: { workload: "management/setup", clientId: "setup" } };
}

async function withKeys<Result>(
  values: Arguments,
  work: (database: Database, rootKey: RootKey) => Promise<Result>,
): Promise<Result> {
  const passphrase = await fileOf(values, "passphrase-file");
  const root = await openRootKey(valueOf(values, "root-key"), { passphrase, production: true });
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
  if (!UUID.test(id)) throw new UsageError("--id must be a UUID in lower case");
  return id;
}

function valueOf(
  values: Arguments,
  name: "out" | "id" | "name" | "root-key" | "database-url-file" | "passphrase-file",
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
    const command = commands[positionals[0] ?? ""];
    if (values.help) return print(help, 0);
    if (command === undefined || positionals.length !== 1)
      throw new UsageError(`one of: ${Object.keys(commands).join(", ")}`);
    const done = await command(values);
    return print(values.json ? `${JSON.stringify({ ok: true, done })}\n` : `${done}\n`, 0);
  } catch (error) {
    const isUsage =
      error instanceof UsageError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS") === true;
    process.stderr.write(`setup: ${(error as Error).message}\n${isUsage ? "Try --help.\n" : ""}`);
    return isUsage ? 2 : 1;
  }
}

function print(text: string, exitCode: number): number {
  process.stdout.write(text);
  return exitCode;
}

process.exitCode = await main();
