import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { createLogger } from "./log.ts";
import { migrate } from "./migrate.ts";
import { createTestDatabase } from "./testdata/test-database.ts";

const log = createLogger({ service: "test", level: "silent" });

interface Folder extends AsyncDisposable {
  readonly path: string;
  write(files: Readonly<Record<string, string>>): Promise<void>;
}

async function folder(files: Readonly<Record<string, string>>): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), "migrate-"));
  const write = async (contents: Readonly<Record<string, string>>): Promise<void> => {
    for (const [name, sql] of Object.entries(contents)) await writeFile(join(path, name), sql);
  };
  await write(files);
  return { path, write, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

const first = { "0001_shop.sql": "create schema shop; create table shop.item (id integer);" };
const second = {
  "0002_price.sql": "alter table shop.item add column price integer; insert into shop.item values (1, 2);",
};

test("applies each file once, in order, also when several processes start together", async () => {
  await using database = await createTestDatabase();
  await using files = await folder({ ...second, ...first });
  const start = (): Promise<number> => migrate({ url: database.url, directory: files.path, log });
  const applied = await Promise.all([start(), start(), start()]);
  assert.deepEqual(applied.toSorted(), [0, 0, 2]);
  assert.deepEqual(await database.execute("select id, price from shop.item"), [{ id: 1, price: 2 }]);
  assert.equal(await start(), 0);
});

test("applies only what is new", async () => {
  await using database = await createTestDatabase();
  await using files = await folder(first);
  assert.equal(await migrate({ url: database.url, directory: files.path, log }), 1);
  await files.write(second);
  assert.equal(await migrate({ url: database.url, directory: files.path, log }), 1);
});

test("refuses a file that was edited after it was applied", async () => {
  await using database = await createTestDatabase();
  await using files = await folder(first);
  await migrate({ url: database.url, directory: files.path, log });
  await files.write({ "0001_shop.sql": "create schema shop;" });
  await assert.rejects(migrate({ url: database.url, directory: files.path, log }), {
    code: "edited",
    message: "0001_shop.sql was edited after it was applied as 0001_shop.sql",
  });
});

test("leaves a database alone that is ahead of its files", async () => {
  await using database = await createTestDatabase();
  await using newer = await folder({ ...first, ...second });
  await using older = await folder(first);
  await migrate({ url: database.url, directory: newer.path, log });
  assert.equal(await migrate({ url: database.url, directory: older.path, log }), 0);
});

test("a file that fails changes nothing", async () => {
  await using database = await createTestDatabase();
  await using files = await folder({ ...first, "0002_bad.sql": "create table shop.other (id integer); select 1/0;" });
  await assert.rejects(migrate({ url: database.url, directory: files.path, log }), { code: "failed" });
  assert.deepEqual(await database.execute("select to_regclass('shop.other') as other"), [{ other: null }]);
  await files.write({ "0002_bad.sql": second["0002_price.sql"] });
  assert.equal(await migrate({ url: database.url, directory: files.path, log }), 1);
});

test("refuses a file that commits on its own", async () => {
  await using database = await createTestDatabase();
  await using files = await folder({ "0001_commit.sql": "commit; create schema shop;" });
  await assert.rejects(migrate({ url: database.url, directory: files.path, log }), { code: "failed" });
});

test("refuses a name without a schema", async () => {
  await using database = await createTestDatabase();
  await using files = await folder({ "0001_item.sql": "create table item (id integer);" });
  await assert.rejects(migrate({ url: database.url, directory: files.path, log }), { code: "failed" });
});

for (const files of [
  {},
  { "0002_a.sql": "" },
  { "0001_a.sql": "", "0003_b.sql": "" },
  { "1_a.sql": "" },
  { "0001_a.sql": "", "0001_b.sql": "" },
]) {
  test(`refuses a folder that holds ${JSON.stringify(Object.keys(files))}`, async () => {
    await using odd = await folder(files);
    await assert.rejects(migrate({ url: "postgresql://nowhere", directory: odd.path, log }), { code: "files" });
  });
}
