import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { openDatabase } from "./database.ts";
import type { Database, DatabaseError, Statement, Transaction } from "./database.ts";
import { createTestDatabase } from "./testdata/test-database.ts";
import type { TestDatabase } from "./testdata/test-database.ts";
import { createTestProxy } from "./testdata/test-proxy.ts";
import type { Verdict } from "./testdata/test-proxy.ts";

const harbour = "11111111-1111-4111-8111-111111111111";
const lantern = "22222222-2222-4222-8222-222222222222";

const schema = `
create schema shop;
create table shop.item (tenant_id uuid not null, id integer not null, primary key (tenant_id, id));
alter table shop.item enable row level security;
alter table shop.item force row level security;
create policy tenant on shop.item using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
create role app_ROLE login password 'app_ROLE';
grant usage on schema shop to app_ROLE;
grant select, insert, delete on shop.item to app_ROLE;
create function shop.warn() returns trigger language plpgsql as $$ begin raise warning 'late'; return null; end $$;
create constraint trigger warn after insert on shop.item deferrable initially deferred
  for each row when (new.id = 666) execute function shop.warn();`;

const insertItem: Statement = { name: "insert_item", text: "insert into shop.item (tenant_id, id) values ($1, $2)" };
const countItems: Statement = { name: "count_items", text: "select count(*) as count from shop.item" };
const clearItems: Statement = { name: "clear_items", text: "delete from shop.item" };
const currentTenant: Statement = {
  name: "current_tenant",
  text: "select current_setting('app.tenant_id', true) as tenant",
};
const sleepLong: Statement = { name: "sleep_long", text: "select pg_sleep(30)" };
const failToSerialize: Statement = {
  name: "fail_to_serialize",
  text: "do $$ begin raise exception 'try again' using errcode = '40001'; end $$",
};

let cluster: TestDatabase;
let role: string;

before(async () => {
  cluster = await createTestDatabase();
  role = `app_${new URL(cluster.url).pathname.slice(1)}`;
  await cluster.execute(schema.replaceAll("app_ROLE", role));
});

after(async () => {
  await cluster.execute(`drop owned by ${role}; drop role ${role}`);
  await cluster[Symbol.asyncDispose]();
});

interface OpenedDatabase extends Database, AsyncDisposable {}

function open(options: { readonly port?: number; readonly maxConnections?: number } = {}): OpenedDatabase {
  const url = new URL(cluster.url);
  url.username = role;
  url.password = role;
  if (options.port !== undefined) url.port = String(options.port);
  const database = openDatabase({
    url: url.href,
    applicationName: "test",
    maxConnections: options.maxConnections ?? 2,
    connectTimeoutMs: 2_000,
    checkoutTimeoutMs: 300,
    statementTimeoutMs: 400,
    lockTimeoutMs: 200,
  });
  return { ...database, [Symbol.asyncDispose]: () => database.close() };
}

function through(judge: (chunk: Buffer) => Verdict): ReturnType<typeof createTestProxy> {
  return createTestProxy(Number(new URL(cluster.url).port || 5432), judge);
}

async function tenantSeen(tx: Transaction): Promise<string> {
  const [row] = await tx.rows<{ tenant: string | null }>(currentTenant, []);
  return row?.tenant ?? "";
}

async function countOf(database: Database, tenantId: string): Promise<number> {
  const [row] = await database.asTenant(tenantId, (tx) => tx.rows<{ count: number }>(countItems, []));
  return row?.count ?? -1;
}

test("commits what the work did and rolls back what it threw away", async () => {
  await using database = open();
  await database.asTenant(harbour, (tx) => tx.rows(insertItem, [harbour, 1]));
  const refusal = new Error("changed my mind");
  const thrown = database.asTenant(harbour, async (tx) => {
    await tx.rows(insertItem, [harbour, 2]);
    throw refusal;
  });
  await assert.rejects(thrown, refusal);
  assert.equal(await countOf(database, harbour), 1);
  await database.asTenant(harbour, (tx) => tx.rows(clearItems, []));
});

test("shows a transaction the rows of its tenant only, and none without a tenant", async () => {
  await using database = open();
  await database.asTenant(lantern, (tx) => tx.rows(insertItem, [lantern, 1]));
  assert.equal(await countOf(database, harbour), 0);
  assert.deepEqual(await database.transaction((tx) => tx.rows(countItems, [])), [{ count: 0 }]);
  await assert.rejects(
    database.asTenant(harbour, (tx) => tx.rows(insertItem, [lantern, 2])),
    { code: "refused", sqlState: "42501" },
  );
  await database.asTenant(lantern, (tx) => tx.rows(clearItems, []));
});

test("never lets the tenant of one transaction be seen by the next on its connection", async () => {
  await using database = open({ maxConnections: 3 });
  const visit = async (number: number): Promise<void> => {
    const tenantId = number % 2 === 0 ? harbour : lantern;
    const visited = database.asTenant(tenantId, async (tx) => {
      assert.equal(await tenantSeen(tx), tenantId);
      if (number % 3 === 0) throw new RangeError("abort");
      if (number % 5 === 0) await tx.rows({ name: "divide", text: "select 1 / $1::int" }, [0]);
    });
    await visited.catch((error: unknown) => {
      assert.ok(error instanceof RangeError || (error as DatabaseError).sqlState === "22012");
    });
    assert.equal(await database.transaction(tenantSeen), "");
  };
  for (let number = 0; number < 300; number += 3) await Promise.all([number, number + 1, number + 2].map(visit));
});

test("reaches the first answer of a tenant's work in one round trip", async () => {
  let chunks = 0;
  await using proxy = await through((chunk) => {
    chunks++;
    return chunk;
  });
  await using database = open({ port: proxy.port });
  await countOf(database, harbour);
  chunks = 0;
  await countOf(database, harbour);
  assert.equal(chunks, 2, "begin, tenant and statement in one; commit in another");
});

test("runs statements that were issued together in their order", async () => {
  await using database = open();
  const [, before2, , after2] = await database.asTenant(harbour, (tx) =>
    Promise.all([
      tx.rows(insertItem, [harbour, 1]),
      tx.rows<{ count: number }>(countItems, []),
      tx.rows(clearItems, []),
      tx.rows<{ count: number }>(countItems, []),
    ]),
  );
  assert.deepEqual([before2, after2], [[{ count: 1 }], [{ count: 0 }]]);
});

test("commits nothing on its own when BEGIN fails on a connection that lives on", async () => {
  await using proxy = await through((chunk) =>
    Buffer.from(chunk.toString("latin1").replace("begin\0", "begim\0"), "latin1"),
  );
  await using database = open({ port: proxy.port });
  await assert.rejects(
    database.asTenant(harbour, (tx) => tx.rows(insertItem, [harbour, 1])),
    { code: "refused", sqlState: "42601" },
  );
  await using direct = open();
  assert.equal(await countOf(direct, harbour), 0);
});

test("refuses to call a transaction committed when a statement in it had failed", async () => {
  await using database = open();
  const swallowed = database.asTenant(harbour, async (tx) => {
    await tx.rows(insertItem, [harbour, 1]);
    await tx.rows(insertItem, [harbour, 1]).catch(() => undefined);
  });
  await assert.rejects(swallowed, { code: "refused", message: "a statement had failed, so COMMIT rolled back" });
  assert.equal(await countOf(database, harbour), 0);
});

test("refuses statements after the transaction is over", async () => {
  await using database = open();
  const kept = await database.transaction((tx) => Promise.resolve(tx));
  await assert.rejects(kept.rows(countItems, []), { code: "refused" });
});

test("runs the work again when the server asks for it", async () => {
  await using database = open();
  let attempts = 0;
  await database.transaction(async (tx) => {
    if (++attempts < 4) await tx.rows(failToSerialize, []);
  });
  assert.equal(attempts, 4);
});

test("gives up with a conflict after the fourth attempt", async () => {
  await using database = open();
  let attempts = 0;
  const hopeless = database.transaction((tx) => {
    attempts++;
    return tx.rows(failToSerialize, []);
  });
  await assert.rejects(hopeless, { code: "conflict", sqlState: "40001" });
  assert.equal(attempts, 4);
});

test("a slow statement ends at its deadline and the connection serves on", async () => {
  await using database = open({ maxConnections: 1 });
  await assert.rejects(
    database.transaction((tx) => tx.rows(sleepLong, [])),
    { code: "timeout", sqlState: "57014" },
  );
  await database.ping();
});

test("a request that finds every connection busy is told so in time", async () => {
  await using database = open({ maxConnections: 1 });
  const busy = database.transaction((tx) => tx.rows(sleepLong, []));
  const waiting = database.ping();
  assert.deepEqual(database.poolState(), { total: 1, idle: 0, waiting: 1 });
  await assert.rejects(waiting, { code: "timeout", message: "no connection became free in time" });
  await assert.rejects(busy, { code: "timeout" });
});

test("a connection that dies during the work is unavailable and is replaced", async () => {
  await using database = open({ maxConnections: 1 });
  const killed = database.transaction((tx) =>
    tx.rows({ name: "die", text: "select pg_terminate_backend(pg_backend_pid())" }, []),
  );
  await assert.rejects(killed, { code: "unavailable" });
  await database.ping();
});

test("a server that nobody can reach is unavailable", async () => {
  await using database = open({ port: 1 });
  await assert.rejects(database.ping(), { code: "unavailable" });
});

test("a connection that dies at COMMIT leaves the outcome unknown, and says so", async () => {
  await using proxy = await through((chunk) => (chunk.includes("commit\0") ? "cut" : chunk));
  await using database = open({ port: proxy.port });
  await assert.rejects(
    database.asTenant(harbour, (tx) => tx.rows(insertItem, [harbour, 1])),
    { code: "outcome_unknown" },
  );
});

test("a COMMIT that is never answered leaves the outcome unknown, in time", async () => {
  await using proxy = await through((chunk) => (chunk.includes("commit\0") ? "hold" : chunk));
  await using database = open({ port: proxy.port });
  await assert.rejects(
    database.asTenant(harbour, (tx) => tx.rows(insertItem, [harbour, 1])),
    { code: "outcome_unknown" },
  );
});

test("a warning at COMMIT leaves the outcome unknown", async () => {
  await using database = open();
  await assert.rejects(
    database.asTenant(harbour, (tx) => tx.rows(insertItem, [harbour, 666])),
    { code: "outcome_unknown" },
  );
  await database.asTenant(harbour, (tx) => tx.rows(clearItems, []));
});

test("errors never quote a parameter", async () => {
  await using database = open();
  const secret = "b0a710ad-secret";
  const badValue = database.asTenant(harbour, (tx) => tx.rows(insertItem, [secret, 1]));
  await assert.rejects(badValue, (error: DatabaseError) => {
    assert.equal(error.sqlState, "22P02");
    assert.doesNotMatch(JSON.stringify([error.message, error.stack, error.cause, error]), /secret/);
    return true;
  });
  const duplicate = database.asTenant(harbour, async (tx) => {
    await tx.rows(insertItem, [harbour, 987_654]);
    await tx.rows(insertItem, [harbour, 987_654]);
  });
  await assert.rejects(duplicate, (error: DatabaseError) => {
    assert.equal(error.constraint, "item_pkey");
    assert.doesNotMatch(JSON.stringify([error.message, error.cause, error]), /987654/);
    return true;
  });
});

test("values arrive as documented", async () => {
  await using database = open();
  const text =
    "select 9007199254740991::bigint as n, date '2026-11-21' as d, '\\x00ff'::bytea as b, " +
    "timestamptz '2026-11-21 09:00:00Z' as t";
  const rows = await database.transaction((tx) => tx.rows({ name: "values", text }, []));
  assert.deepEqual(rows, [
    { n: Number.MAX_SAFE_INTEGER, d: "2026-11-21", t: new Date("2026-11-21T09:00:00Z"), b: Buffer.from([0x00, 0xff]) },
  ]);
  const unsafe = database.transaction((tx) => tx.rows({ name: "unsafe", text: "select 9007199254740993::bigint" }, []));
  await assert.rejects(unsafe, { code: "refused" });
});

test("refuses a URL that would set session parameters", () => {
  for (const parameter of ["options=-c%20row_security%3Doff", "statement_timeout=0", "application_name=x"]) {
    const options = {
      applicationName: "t",
      maxConnections: 1,
      connectTimeoutMs: 1,
      checkoutTimeoutMs: 1,
      statementTimeoutMs: 1,
      lockTimeoutMs: 1,
    };
    assert.throws(() => openDatabase({ url: `postgresql://a@b/c?${parameter}`, ...options }), TypeError);
  }
});
