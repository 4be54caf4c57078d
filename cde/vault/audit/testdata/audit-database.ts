// A database of its own for a test file: the vault's schema up to the audit log, and a login for each role that tests use.

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { openDatabase } from "@cofferdam/kit/database.ts";
import type { Database } from "@cofferdam/kit/database.ts";
import { createTestDatabase } from "@cofferdam/kit/testdata/test-database.ts";
import pg from "pg";
import { harbourCoffee, lanternBooks } from "./sample-entries.ts";

const roles = ["cofferdam_api", "cofferdam_auditor", "cofferdam_rotator"] as const;

export interface AuditDatabase extends AsyncDisposable {
  /** Opens a pool as one of the vault's roles. It is closed with the database. */
  openAs(role: (typeof roles)[number]): Database;
  /** The URL of a login of the role, as in a secret file. */
  urlOf(role: (typeof roles)[number]): string;
  /** The attacker with the database administrator's rights: past grants and row-level security. */
  asSuperuser(sql: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
}

export async function makeAuditDatabase(): Promise<AuditDatabase> {
  const created = await createTestDatabase();
  const superuser = new pg.Client({ connectionString: created.url });
  await superuser.connect();
  await migrate(superuser);
  const login = `audit_${randomBytes(6).toString("hex")}`;
  const password = randomBytes(18).toString("hex");
  for (const role of roles)
    await superuser.query(`create role ${login}_${role} login password '${password}' in role ${role}`);
  const pools: Database[] = [];
  const urlOf = (role: string): string => withLogin(created.url, `${login}_${role}`, password);
  return {
    urlOf,
    openAs: (role) => {
      const pool = openDatabase({ ...poolOptions, url: urlOf(role) });
      pools.push(pool);
      return pool;
    },
    asSuperuser: async (sql, values = []) => (await superuser.query<Record<string, unknown>>(sql, [...values])).rows,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(pools.map((pool) => pool.close()));
      for (const role of roles) await superuser.query(`drop role ${login}_${role}`);
      await superuser.end();
      await created[Symbol.asyncDispose]();
    },
  };
}

async function migrate(superuser: pg.Client): Promise<void> {
  const migrations = new URL("../../migrations/", import.meta.url);
  await superuser.query(makeRoles);
  await superuser.query(`alter database ${superuser.database ?? ""} owner to cofferdam_owner`);
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

function withLogin(databaseUrl: string, user: string, password: string): string {
  const url = new URL(databaseUrl);
  url.username = user;
  url.password = password;
  return url.href;
}
