import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { asAdmin } from "./admin-client.ts";
import type { Cluster } from "./postgres.ts";
import { startTestCluster } from "./test-cluster.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";

let cluster: Cluster;
let migrations = 0;

before(async () => {
  cluster = await startTestCluster();
});

after(() => cluster.stop());

test("gives each of many callers a migrated database of its own, and migrates once", async () => {
  const databases = await Promise.all(Array.from({ length: 5 }, () => create("house")));
  assert.equal(migrations, 1);
  assert.equal(new Set(databases.map((database) => database.name)).size, databases.length);
  for (const [index, { urls }] of databases.entries()) {
    await asAdmin(urls.api, (client) => client.query("insert into house.room values ($1)", [index]));
    const { rows } = await asAdmin(urls.api, (client) => client.query<{ n: number }>("select n from house.room"));
    assert.deepEqual(
      rows.map((row) => row.n),
      [index],
    );
  }
  await Promise.all(databases.map((database) => database.drop()));
});

test("refuses what the login may not do", async () => {
  await using database = await create("house");
  const write = asAdmin(database.urls.auditor, (client) => client.query("insert into house.room values (1)"));
  await assert.rejects(write, { code: "42501" });
});

test("drops a database that is still in use", async () => {
  const database = await create("house");
  const waiting = asAdmin(database.urls.api, async (client) => {
    await database.drop();
    await client.query("select 1");
  });
  await assert.rejects(waiting);
  const found = await asAdmin(cluster.url, (client) =>
    client.query("select from pg_database where datname = $1", [database.name]),
  );
  assert.equal(found.rowCount, 0);
});

test("does not take a template whose migration failed for a whole one", async () => {
  const broken = createTestDatabase({ ...options("broken"), migrate: () => Promise.reject(new Error("no house")) });
  await assert.rejects(broken, /no house/);
  await using database = await create("broken");
  await asAdmin(database.urls.api, (client) => client.query("select n from house.room"));
});

function create(template: string): Promise<TestDatabase> {
  return createTestDatabase({ ...options(template), migrate });
}

function options(template: string): { adminUrl: string; passwordFile: string; template: string } {
  return { adminUrl: cluster.url, passwordFile: path.join(cluster.directory, "role-passwords.json"), template };
}

async function migrate(ownerUrl: string): Promise<void> {
  migrations += 1;
  await asAdmin(ownerUrl, (client) =>
    client.query(`create schema house;
      create table house.room (n integer);
      grant usage on schema house to cofferdam_api;
      grant select, insert on house.room to cofferdam_api`),
  );
}
