// A database of its own for a test file: the vault's schema up to the audit log, and a login for each role that tests use.
// TEST_DATABASE_URL is a superuser's URL of a throwaway cluster, set by the runner of the suite.

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { openDatabase } from "@cofferdam/kit/database.ts";
import type { Database } from "@cofferdam/kit/database.ts";
import pg from "pg";
import { harbourCoffee, lanternBooks } from "./sample-entries.ts";

export const testDatabaseUrl = process.env["TEST_DATABASE_URL"];

/** For `test(name, needsDatabase, …)`: without a cluster the test says that it was skipped, and why. */
export const needsDatabase = { skip: testDatabaseUrl === undefined ? "TEST_DATABASE_URL is not set" : false };

export interface AuditDatabase extends AsyncDisposable {
  /** Opens a pool as one of the vault's roles. It is closed with the database. */
  openAs(role: "cofferdam_api" | "cofferdam_auditor" | "cofferdam_rotator"): Database;
  /** The attacker with the database administrator's rights: past grants and row-level security. */
  asSuperuser(sql: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
}

export async function makeAuditDatabase(): Promise<AuditDatabase> {
  const name = `audit_test_${randomBytes(6).toString("hex")}`;
  const password = randomBytes(18).toString("hex");
  const cluster = await connected(urlOf("postgres"));
  await cluster.query(makeRoles);
  await cluster.query(`create database ${name} owner cofferdam_owner`);
  const superuser = await connected(urlOf(name));
  await migrate(superuser);
  const [pools, logins]: [Database[], string[]] = [[], []];
  for (const role of ["api", "auditor", "rotator"]) {
    logins.push(`${name}_${role}`);
    await superuser.query(`create role ${name}_${role} login password '${password}' in role cofferdam_${role}`);
  }
  return {
    openAs: (role) => {
      const pool = openDatabase({ ...poolOptions, url: urlOf(name, role.replace("cofferdam", name), password) });
      pools.push(pool);
      return pool;
    },
    asSuperuser: async (sql, values = []) => (await superuser.query<Record<string, unknown>>(sql, [...values])).rows,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(pools.map((pool) => pool.close()));
      await superuser.end();
      await cluster.query(`drop database ${name} with (force)`);
      for (const login of logins) await cluster.query(`drop role ${login}`);
      await cluster.end();
    },
  };
}

async function migrate(superuser: pg.Client): Promise<void> {
  const migrations = new URL("../../migrations/", import.meta.url);
  await superuser.query("set role cofferdam_owner");
  for (const file of ["0001_house.sql", "0002_audit.sql"]) {
    await superuser.query(await readFile(new URL(file, migrations), "utf8"));
  }
  await superuser.query("reset role");
  await superuser.query(
    "insert into vault.tenant (tenant_id, name, status, created_at) values ($1, $2, 'active', now()), ($3, $4, 'active', now())",
    [harbourCoffee, "Harbour Coffee", lanternBooks, "Lantern Books"],
  );
}

/** Roles belong to the cluster, so test files that start together may both make them. */
const makeRoles = `
  do $$
  declare
    name text;
  begin
    foreach name in array array['cofferdam_owner', 'cofferdam_api', 'cofferdam_auditor', 'cofferdam_rotator']
    loop
      begin
        execute format('create role %I', name);
      exception when duplicate_object or unique_violation then
        null;
      end;
    end loop;
  end $$`;

const poolOptions = {
  applicationName: "audit-test",
  maxConnections: 4,
  connectTimeoutMs: 5_000,
  checkoutTimeoutMs: 10_000,
  statementTimeoutMs: 10_000,
  lockTimeoutMs: 5_000,
};

function urlOf(database: string, user?: string, password?: string): string {
  const url = new URL(testDatabaseUrl ?? "");
  url.pathname = `/${database}`;
  if (user !== undefined) url.username = user;
  if (password !== undefined) url.password = password;
  return url.href;
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}
