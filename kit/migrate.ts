/**
 * Forward-only schema changes: plain SQL files, applied once each, in order.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";

import type { Logger } from "./log.ts";

export interface MigrateOptions {
  /** Of the role that owns the schema. The running service logs in as another, which may change no table. */
  readonly url: string;
  /** Holds `0001_name.sql`, `0002_other_name.sql` and so on without gaps, and nothing else that ends in `.sql`. */
  readonly directory: string;
  readonly log: Logger;
}

/**
 * - `files`: the directory does not hold a gapless row of migrations.
 * - `edited`: an applied file has changed since. Restore it and write the change as a new migration.
 * - `failed`: the server refused a file; that file changed nothing, those before it stay applied.
 */
export type MigrationErrorCode = "files" | "edited" | "failed";

export class MigrationError extends Error {
  override readonly name = "MigrationError";
  readonly code: MigrationErrorCode;

  constructor(code: MigrationErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}

interface Migration {
  readonly id: number;
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

const connectTimeoutMs = 10_000;
/** For the advisory lock and for tables in use: a migration that waits longer holds up every request behind it. */
const lockTimeoutMs = 30_000;
const statementTimeoutMs = 600_000;
/** Spells `coff` `dam` in ASCII; any fixed number that no other program uses for its advisory lock would do. */
const advisoryLock = [0x636f6666, 0x64616d] as const;

const history = `
create schema if not exists migration;
create table if not exists migration.cofferdam_migration (
  id integer primary key,
  name text not null,
  sha256 text not null,
  applied_at timestamptz not null default pg_catalog.now()
);`;

/**
 * Brings the schema to the newest migration, each file in a transaction of its own. Does nothing when it is there;
 * processes that start together take turns. Names in the files carry their schema: the search path is `pg_catalog`.
 *
 * A database that is ahead of the files, after a roll-back of the code, is left as it is.
 *
 * @returns the number of files applied.
 * @throws MigrationError, or the driver's error when the connection fails.
 */
export async function migrate({ url, directory, log }: MigrateOptions): Promise<number> {
  const migrations = await readMigrations(directory);
  const client = new pg.Client({
    connectionString: url,
    application_name: "cofferdam-migrate",
    connectionTimeoutMillis: connectTimeoutMs,
    lock_timeout: lockTimeoutMs,
    statement_timeout: statementTimeoutMs,
    options: "-c search_path=pg_catalog",
  });
  client.on("error", () => undefined);
  await client.connect();
  try {
    await client.query("select pg_advisory_lock($1, $2)", [...advisoryLock]);
    await client.query(history);
    const pending = unapplied(migrations, await readHistory(client));
    for (const migration of pending) {
      await apply(client, migration);
      log.info({ migration: migration.name }, "migration applied");
    }
    return pending.length;
  } finally {
    await client.end();
  }
}

async function readMigrations(directory: string): Promise<readonly Migration[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith(".sql")).sort();
  if (files.length === 0) throw new MigrationError("files", `${directory} holds no migrations`);
  return Promise.all(files.map((file, index) => readMigration(directory, file, index + 1)));
}

async function readMigration(directory: string, file: string, id: number): Promise<Migration> {
  const expected = String(id).padStart(4, "0");
  if (!/^\d{4}_[a-z0-9_]+\.sql$/.test(file) || !file.startsWith(expected)) {
    throw new MigrationError("files", `${file}: expected ${expected}_lower_case_name.sql here`);
  }
  const sql = await readFile(join(directory, file), "utf8");
  return { id, name: file, sql, sha256: createHash("sha256").update(sql).digest("hex") };
}

type Applied = Pick<Migration, "id" | "name" | "sha256">;

async function readHistory(client: pg.Client): Promise<readonly Applied[]> {
  const { rows } = await client.query<Applied>(
    "select id, name, sha256 from migration.cofferdam_migration order by id",
  );
  return rows;
}

function unapplied(migrations: readonly Migration[], applied: readonly Applied[]): readonly Migration[] {
  for (const { id, name, sha256 } of applied) {
    const file = migrations[id - 1];
    if (file !== undefined && (file.name !== name || file.sha256 !== sha256)) {
      throw new MigrationError("edited", `${file.name} was edited after it was applied as ${name}`);
    }
  }
  return migrations.slice(applied.length);
}

async function apply(client: pg.Client, { id, name, sql, sha256 }: Migration): Promise<void> {
  try {
    await client.query("begin");
    await client.query(sql);
    if (client.getTransactionStatus() !== "T") throw new Error("the file ends the transaction it runs in");
    await client.query("insert into migration.cofferdam_migration (id, name, sha256) values ($1, $2, $3)", [
      id,
      name,
      sha256,
    ]);
    await client.query("commit");
  } catch (error) {
    throw new MigrationError("failed", `${name}: ${error instanceof Error ? error.message : "unknown"}`, {
      cause: error,
    });
  }
}
