// The database logins of the vault, and a database that only they may enter. A deployer's administrator runs the same
// statements from `setup.ts roles --print`.
import { randomBytes } from "node:crypto";
import {
  closingStatements,
  databaseStatement,
  loginStatements,
  roleNames,
  roles,
  type Role,
} from "@cofferdam/cde/vault/setup/database-roles.ts";
import { type Client, escapeLiteral } from "pg";
import { alone, asAdmin, urlOf } from "./admin-client.ts";
import { keepPrivateFile } from "./private-file.ts";

export { roleNames, type Role } from "@cofferdam/cde/vault/setup/database-roles.ts";

/** A connection URL for each login. They contain passwords. */
export type RoleUrls = Readonly<Record<Role, string>>;

/** Where the logins are made. */
export interface RoleOptions {
  /** Connects a superuser. */
  readonly adminUrl: string;
  /** Keeps the passwords between calls (mode 0600). Made when absent. */
  readonly passwordFile: string;
}

/**
 * Makes the logins and the database, or brings existing ones back to what they should be, passwords included. What is
 * in the database stays. Callers that arrive together, even in several processes, do it one after the other.
 */
export async function createRoles(options: RoleOptions & { readonly database?: string }): Promise<RoleUrls> {
  const database = options.database ?? "cofferdam";
  return asAdmin(options.adminUrl, (client) =>
    alone(client, async () => {
      const passwords = await ensureLogins(client, options.passwordFile);
      await ensureDatabase(client, database);
      await closeDatabase(options.adminUrl, database);
      return roleUrls(options.adminUrl, database, passwords);
    }),
  );
}

/** The passwords of the logins, made and set when needed. The caller is alone on the cluster. */
export async function ensureLogins(client: Client, passwordFile: string): Promise<RolePasswords> {
  const passwords = await keepPasswords(passwordFile);
  for (const role of roles) {
    for (const statement of loginStatements(role, escapeLiteral(passwords[role]))) await client.query(statement);
  }
  return passwords;
}

/** Takes from everybody what PostgreSQL gives to everybody, then lets the logins in. */
export async function closeDatabase(adminUrl: string, database: string): Promise<void> {
  await asAdmin(
    adminUrl,
    async (client) => {
      for (const statement of closingStatements(database)) await client.query(statement);
    },
    database,
  );
}

/** A URL per login for one database. */
export function roleUrls(adminUrl: string, database: string, passwords: RolePasswords): RoleUrls {
  const url = (role: Role): string => urlOf(adminUrl, { database, user: roleNames[role], password: passwords[role] });
  return { owner: url("owner"), api: url("api"), auditor: url("auditor"), rotator: url("rotator") };
}

/** The password of each login. */
export type RolePasswords = Readonly<Record<Role, string>>;

async function keepPasswords(file: string): Promise<RolePasswords> {
  const makeAll = (): string => JSON.stringify(Object.fromEntries(roles.map((role) => [role, newPassword()])));
  return JSON.parse(await keepPrivateFile(file, makeAll)) as RolePasswords;
}

function newPassword(): string {
  return randomBytes(24).toString("base64url");
}

async function ensureDatabase(client: Client, database: string): Promise<void> {
  const found = await client.query("select from pg_database where datname = $1", [database]);
  if (found.rowCount !== 0) return;
  await client.query(databaseStatement(database));
}
