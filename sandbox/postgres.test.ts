import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtempDisposable, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { freePort } from "./free-port.ts";
import { startPostgres, type Cluster } from "./postgres.ts";
import { hasDebianPostgres } from "./postgres-binaries.ts";
import { PostgresError } from "./postgres-error.ts";
import { postgresProcesses } from "./postmaster.ts";
import { startTestCluster } from "./test-cluster.ts";

const debianSkip = (await hasDebianPostgres()) ? false : "Debian's PostgreSQL is not installed";

for (const version of ["embedded", "debian"] as const) {
  describe(`PostgreSQL ${version}`, { skip: version === "debian" && debianSkip }, () => {
    test("runs with checksums, UTF-8 and C order", async () => {
      await using cluster = await startTestCluster(version);
      assert.deepEqual(await settings(cluster, ["data_checksums", "server_encoding", "fsync", "log_statement"]), {
        data_checksums: "on",
        server_encoding: "UTF8",
        fsync: "off",
        log_statement: "none",
      });
      const [row] = await query(cluster.url, "select 'a' > 'B' as c_order");
      assert.deepEqual(row, { c_order: true });
    });

    test("keeps committed rows and its password through a power cut", async () => {
      await using folder = await temporaryFolder();
      const start = (): Promise<Cluster> => startPostgres({ directory: folder.path, version, durable: true });
      await using before = await start();
      assert.equal((await settings(before, ["fsync", "synchronous_commit"]))["fsync"], "on");
      await query(before.url, "create table kept (n int)");
      await query(before.url, "insert into kept values (7)");
      await before.kill();
      await using after = await start();
      assert.deepEqual(await query(after.url, "select n from kept"), [{ n: 7 }]);
      assert.equal(new URL(after.url).password, new URL(before.url).password);
    });
  });
}

test("lets nobody in without the superuser's password, and nobody but the owner read it", async () => {
  await using cluster = await startTestCluster();
  const wrong = new URL(cluster.url);
  wrong.password = "wrong";
  await assert.rejects(query(wrong.href, "select 1"), { code: "28P01" });
  for (const [name, mode] of [
    ["", 0o700],
    ["data", 0o700],
    ["superuser-password", 0o600],
    ["postgres.log", 0o600],
  ]) {
    const found = await stat(path.join(cluster.directory, String(name)));
    assert.equal(found.mode & 0o777, mode, String(name));
  }
});

test("writes neither statements nor values to its log", async () => {
  await using cluster = await startTestCluster();
  await query(cluster.url, "create table secret (value text primary key, check (value <> 'statement-marker'))");
  for (const value of ["parameter-marker", "parameter-marker", "statement-marker"]) {
    await query(cluster.url, "insert into secret values ($1)", [value]).catch(() => undefined);
  }
  await query(cluster.url, "select broken from statement_marker").catch(() => undefined);
  const log = await readFile(path.join(cluster.directory, "postgres.log"), "utf8");
  assert.match(log, /duplicate key value/);
  assert.match(log, /violates check constraint/);
  assert.doesNotMatch(log, /parameter-marker|statement-marker|select broken/);
});

test("works under a folder of mode 0700, with commas and quotes in its path, or too long for a socket", async () => {
  await using folder = await temporaryFolder();
  for (const name of ["a, \"b\" 'c'", "long".repeat(30)]) {
    const directory = path.join(folder.path, name);
    await mkdir(directory, { mode: 0o700 });
    await using cluster = await startPostgres({ directory, durable: false });
    assert.deepEqual(await query(cluster.url, "select 1 as one"), [{ one: 1 }]);
  }
});

test("asks for another port when the first one is taken", async () => {
  await using folder = await temporaryFolder();
  await using busy = createServer().listen(0, "127.0.0.1");
  await once(busy, "listening");
  const address = busy.address();
  assert(address !== null && typeof address === "object");
  const ports = [address.port, await freePort()];
  const choosePort = (): number => ports.shift() ?? 0;
  await using cluster = await startPostgres({ directory: folder.path, durable: false, choosePort });
  assert.notEqual(cluster.port, address.port);
  assert.equal(ports.length, 0);
});

test("refuses a folder on which a living process runs a server", async () => {
  await using cluster = await startTestCluster();
  await assert.rejects(startPostgres({ directory: cluster.directory, durable: false }), hasPostgresCode("in-use"));
  assert.deepEqual(await query(cluster.url, "select 1 as one"), [{ one: 1 }]);
});

test("dies with the process that started it, even when that one is killed", async () => {
  await using folder = await temporaryFolder();
  const program = `
    import { startPostgres } from ${JSON.stringify(import.meta.resolve("./postgres.ts"))};
    await startPostgres({ directory: ${JSON.stringify(folder.path)}, durable: false });
    process.kill(process.pid, "SIGKILL");`;
  const starter = spawn(process.execPath, ["--input-type=module-typescript", "--eval", program], { stdio: "inherit" });
  const [, signal] = (await once(starter, "exit")) as [number | null, string | null];
  assert.equal(signal, "SIGKILL");
  const data = path.join(folder.path, "data");
  for (let tries = 0; (await postgresProcesses(data)).length > 0; tries += 1) {
    assert(tries < 200, "the server outlived its starter by 2 seconds");
    await delay(10);
  }
  await using again = await startPostgres({ directory: folder.path, durable: false });
  assert.deepEqual(await query(again.url, "select 1 as one"), [{ one: 1 }]);
});

test("ends and replaces a server that outlived its starter", async () => {
  await using folder = await temporaryFolder();
  await using orphan = await startPostgres({ directory: folder.path, durable: false });
  // A file that names another starter is what an orphan looks like: its parent is not who started it.
  await writeFile(path.join(folder.path, "started-by"), "1");
  await using heir = await startPostgres({ directory: folder.path, durable: false });
  assert.deepEqual(await orphan.exited, { code: 0, signal: null });
  assert.deepEqual(await query(heir.url, "select 1 as one"), [{ one: 1 }]);
});

test("is not deceived by a postmaster.pid that names a stranger", async () => {
  await using folder = await temporaryFolder();
  const first = await startPostgres({ directory: folder.path, durable: false });
  const pidFile = path.join(folder.path, "data", "postmaster.pid");
  const text = await readFile(pidFile, "utf8");
  await first.kill();
  await writeFile(pidFile, text.replace(/^\d+/, String(process.pid)));
  await using second = await startPostgres({ directory: folder.path, durable: false });
  assert.deepEqual(await query(second.url, "select 1 as one"), [{ one: 1 }]);
});

test("says what is wrong with a cluster it cannot open", async () => {
  await using folder = await temporaryFolder();
  const start = (): Promise<Cluster> => startPostgres({ directory: folder.path, durable: false });
  await (await start()).stop();
  await writeFile(path.join(folder.path, "data", "postgresql.conf"), "no_such_setting = 1\n");
  await assert.rejects(start, hasPostgresCode("not-started", /no_such_setting/));
  await rm(path.join(folder.path, "superuser-password"));
  await assert.rejects(start, hasPostgresCode("password-lost"));
  await writeFile(path.join(folder.path, "data", "PG_VERSION"), "9\n");
  await assert.rejects(start, hasPostgresCode("wrong-version"));
});

test("leaves no process behind when it stops, and stopping twice is no error", async () => {
  const cluster = await startTestCluster();
  const data = path.join(cluster.directory, "data");
  await using client = await connected(cluster.url);
  assert(client.processId > 0);
  assert((await postgresProcesses(data)).length > 1);
  await cluster.stop();
  await cluster.stop();
  assert.deepEqual(await postgresProcesses(data), []);
});

function temporaryFolder(): ReturnType<typeof mkdtempDisposable> {
  return mkdtempDisposable(path.join(tmpdir(), "cofferdam-test-"));
}

async function query(url: string, text: string, values: readonly string[] = []): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    const result = await client.query<Record<string, unknown>>(text, [...values]);
    return result.rows.map((row) => ({ ...row }));
  } finally {
    await client.end();
  }
}

async function settings(cluster: Cluster, names: readonly string[]): Promise<Record<string, string>> {
  const rows = (await query(cluster.url, "select name, setting from pg_settings")) as Record<string, string>[];
  const found = new Map(rows.map((row) => [row["name"], row["setting"]]));
  return Object.fromEntries(names.map((name) => [name, found.get(name) ?? ""]));
}

function hasPostgresCode(code: string, message = /./): (error: unknown) => boolean {
  return (error) => error instanceof PostgresError && error.code === code && message.test(error.message);
}

interface OpenClient extends AsyncDisposable {
  readonly processId: number;
}

async function connected(url: string): Promise<OpenClient> {
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return { processId: rows[0]?.pid ?? 0, [Symbol.asyncDispose]: () => client.end() };
}
