import assert from "node:assert/strict";
import { readFile, rm, stat } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { DatabaseError } from "pg";
import { asAdmin } from "./admin-client.ts";
import type { Cluster } from "./postgres.ts";
import { createRoles, roleNames, type Role, type RoleUrls } from "./roles.ts";
import { startTestCluster } from "./test-cluster.ts";

const roles = Object.keys(roleNames) as Role[];
let cluster: Cluster;
let passwordFile: string;
let urls: RoleUrls;

before(async () => {
  cluster = await startTestCluster();
  passwordFile = path.join(cluster.directory, "role-passwords.json");
  urls = await createRoles({ adminUrl: cluster.url, passwordFile });
});

after(() => cluster.stop());

test("gives every login a connection to the vault's database and no power beyond it", async () => {
  for (const role of roles) {
    const [row] = await rows(
      urls[role],
      `select current_user as name, current_database() as database, rolcanlogin, rolsuper, rolbypassrls, rolcreatedb,
              rolcreaterole, rolreplication, rolinherit
         from pg_roles where rolname = current_user`,
    );
    assert.deepEqual(row, {
      name: roleNames[role],
      database: "cofferdam",
      rolcanlogin: true,
      rolsuper: false,
      rolbypassrls: false,
      rolcreatedb: false,
      rolcreaterole: false,
      rolreplication: false,
      rolinherit: false,
    });
  }
});

test("lets only the owner create anything", async () => {
  for (const role of roles) {
    const attempts = ["create schema mine", "create table public.mine (n int)", "create temporary table mine (n int)"];
    for (const attempt of attempts) {
      const outcome = await rows(urls[role], `begin; ${attempt}; rollback`).then(
        () => "allowed",
        (error: unknown) => (error instanceof DatabaseError ? error.code : error),
      );
      assert.equal(outcome, role === "owner" ? "allowed" : "42501", `${role}: ${attempt}`);
    }
  }
});

test("keeps strangers out of the vault's database", async () => {
  const stranger = new URL(urls.api);
  stranger.username = "stranger";
  await asAdmin(cluster.url, (client) => client.query(`create role stranger login password '${stranger.password}'`));
  await assert.rejects(rows(stranger.href, "select 1"), { code: "42501" });
});

test("gives the same URLs again, and takes back what was granted by hand", async () => {
  await asAdmin(cluster.url, (client) => client.query("alter role cofferdam_api bypassrls createdb"));
  await asAdmin(cluster.url, (client) => client.query("grant connect on database cofferdam to public"), "cofferdam");
  assert.deepEqual(await createRoles({ adminUrl: cluster.url, passwordFile }), urls);
  const found = await rows(urls.api, "select rolbypassrls, rolcreatedb from pg_roles where rolname = current_user");
  assert.deepEqual(found, [{ rolbypassrls: false, rolcreatedb: false }]);
  const [access] = await rows(cluster.url, "select datacl::text from pg_database where datname = 'cofferdam'");
  assert.doesNotMatch(String(access?.["datacl"]), /[{,]=/);
});

test("keeps the passwords where only their owner reads them, and replaces them when the file is gone", async () => {
  assert.equal((await stat(passwordFile)).mode & 0o777, 0o600);
  assert.equal(new Set(Object.values(JSON.parse(await readFile(passwordFile, "utf8")) as object)).size, roles.length);
  await rm(passwordFile);
  const fresh = await createRoles({ adminUrl: cluster.url, passwordFile });
  assert.notEqual(fresh.api, urls.api);
  await assert.rejects(rows(urls.api, "select 1"), { code: "28P01" });
  await rows(fresh.api, "select 1");
  urls = fresh;
});

async function rows(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const result = await asAdmin(url, (client) => client.query<Record<string, unknown>>(text));
  return Array.isArray(result) ? [] : result.rows.map((row) => ({ ...row }));
}
