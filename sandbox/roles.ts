// The database logins of the vault, and a database that only they may enter. A deployer's administrator does the same
// by hand; what each login may do with which table is for the migrations to say.
import { randomBytes } from "node:crypto";
import { type Client, escapeLiteral } from "pg";
import { alone, asAdmin, urlOf, withNames } from "./admin-client.ts";
import { keepPrivateFile } from "./private-file.ts";

/** The logins: `owner` owns the schema and runs migrations, nothing else; the others are processes. */
export const roleNames = {
  owner: "cofferdam_owner",
  api: "cofferdam_api",
  auditor: "cofferdam_auditor",
  rotator: "cofferdam_rotator",
} as const;

/** A login, by its short name. */
export type Role = keyof typeof roleNames;

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
  for (const role of roles) await ensureLogin(client, roleNames[role], passwords[role]);
  return passwords;
}

/** Takes from everybody what PostgreSQL gives to everybody, then lets the logins in. */
export async function closeDatabase(adminUrl: string, database: string): Promise<void> {
  await asAdmin(
    adminUrl,
    async (client) => {
      await client.query(withNames("revoke all on database %I from public", database));
      for (const role of roles) {
        await client.query(withNames("grant connect on database %I to %I", database, roleNames[role]));
      }
      await client.query("revoke all on schema public from public");
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

const roles = Object.keys(roleNames) as Role[];

async function keepPasswords(file: string): Promise<RolePasswords> {
  const makeAll = (): string => JSON.stringify(Object.fromEntries(roles.map((role) => [role, newPassword()])));
  return JSON.parse(await keepPrivateFile(file, makeAll)) as RolePasswords;
}

function newPassword(): string {
  return randomBytes(24).toString("base64url");
}

async function ensureLogin(client: Client, name: string, password: string): Promise<void> {
  const found = await client.query("select from pg_roles where rolname = $1", [name]);
  if (found.rowCount === 0) await client.query(withNames("create role %I", name));
  const attributes = "login nosuperuser nobypassrls nocreatedb nocreaterole noreplication noinherit";
  await client.query(withNames(`alter role %I with ${attributes} password ${escapeLiteral(password)}`, name));
}

async function ensureDatabase(client: Client, database: string): Promise<void> {
  const found = await client.query("select from pg_database where datname = $1", [database]);
  if (found.rowCount !== 0) return;
  await client.query(withNames("create database %I owner %I", database, roleNames.owner));
}
