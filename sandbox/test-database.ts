// A database for one test file: a copy of a template that was migrated once.
import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import { alone, asAdmin, withNames } from "./admin-client.ts";
import { closeDatabase, ensureLogins, roleNames, roleUrls } from "./roles.ts";
import type { RoleOptions, RolePasswords, RoleUrls } from "./roles.ts";

/** What a test database is made from. */
export interface TestDatabaseOptions extends RoleOptions {
  /** Name of the template, in lower case; the first call with it makes the template, later ones copy that. */
  readonly template: string;
  /** Fills the template through a connection of the schema's owner, and closes the connection. */
  readonly migrate: (ownerUrl: string) => Promise<void>;
}

/** A database of its own for a test file. Disposing of it drops it. */
export interface TestDatabase extends AsyncDisposable {
  readonly name: string;
  readonly urls: RoleUrls;
  /** Drops the database, connections and all. */
  readonly drop: () => Promise<void>;
}

/**
 * Makes a database with a random name from the template: about a tenth of a second, the template's first time aside.
 * Test files that arrive together migrate once. A template is never renewed: on a cluster that is kept, change its name
 * with the migrations.
 */
export async function createTestDatabase(options: TestDatabaseOptions): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString("hex")}`;
  const urls = await asAdmin(options.adminUrl, async (client) => {
    const passwords = await alone(client, () => ensureTemplate(client, options));
    await copyDatabase(client, templateName(options), name);
    await closeDatabase(options.adminUrl, name);
    return roleUrls(options.adminUrl, name, passwords);
  });
  const drop = (): Promise<void> => dropDatabase(options.adminUrl, name);
  return { name, urls, drop, [Symbol.asyncDispose]: drop };
}

/** Drops a database and disconnects whoever uses it; no error when there is none. */
export async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  await asAdmin(adminUrl, (client) => client.query(withNames("drop database if exists %I with (force)", name)));
}

function templateName(options: TestDatabaseOptions): string {
  return `template_${options.template}`;
}

/** Makes the template under another name first, so that one that failed half-way is never copied. */
async function ensureTemplate(client: Client, options: TestDatabaseOptions): Promise<RolePasswords> {
  const passwords = await ensureLogins(client, options.passwordFile);
  const name = templateName(options);
  const found = await client.query("select from pg_database where datname = $1", [name]);
  if (found.rowCount !== 0) return passwords;
  const draft = `${name}_draft`;
  await dropDatabase(options.adminUrl, draft);
  await copyDatabase(client, "template1", draft);
  await closeDatabase(options.adminUrl, draft);
  await options.migrate(roleUrls(options.adminUrl, draft, passwords).owner);
  await client.query(withNames("alter database %I with allow_connections false", draft));
  await client.query(withNames("alter database %I rename to %I", draft, name));
  return passwords;
}

async function copyDatabase(client: Client, template: string, name: string): Promise<void> {
  await client.query(withNames("create database %I template %I owner %I", name, template, roleNames.owner));
}
