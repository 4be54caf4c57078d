import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { Database } from "@cofferdam/kit/database.ts";
import { createLogger } from "@cofferdam/kit/log.ts";
import { appendEvents, lockHead, readHead } from "./audit-store.ts";
import { createCheckpointPublisher } from "./checkpoint-publisher.ts";
import type { CheckpointPublisher, PublisherOptions } from "./checkpoint-publisher.ts";
import { noteOfHistoryLine, openCheckpoint, originOf, signCheckpoint } from "./checkpoint.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { rootOf } from "./merkle.ts";
import { verifierKey } from "./signed-note.ts";
import { makeAuditDatabase } from "./testdata/audit-database.ts";
import type { AuditDatabase } from "./testdata/audit-database.ts";
import { harbourCoffee, lanternBooks, sampleDigest, sampleEvent } from "./testdata/sample-entries.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");

let database: AuditDatabase;
let api: Database;
let directory: string;
let publishers: CheckpointPublisher[];
let logged: string[];

before(async () => {
  database = await makeAuditDatabase();
  api = database.openAs("cofferdam_api");
});

after(() => database[Symbol.asyncDispose]());

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "cofferdam-checkpoints-"));
  [publishers, logged] = [[], []];
  await database.asSuperuser("truncate vault.audit_event, vault.audit_subtree, vault.audit_head");
});

afterEach(async () => {
  await Promise.all(publishers.map((publisher) => publisher.stop()));
  await rm(directory, { recursive: true });
});

test("publishes the head of each log, and each head once", async () => {
  const publisher = await startedPublisher();
  assert.equal(publisher.latest(harbourCoffee), null);
  await append(harbourCoffee, 300);
  await append(lanternBooks, 5);
  await publisher.publishAll();
  await publisher.publishAll();
  await append(harbourCoffee, 1);
  await publisher.publishAll();

  assert.deepEqual(await published(harbourCoffee), await headOf(harbourCoffee));
  assert.equal(publisher.latest(harbourCoffee), await fileOf(harbourCoffee, "checkpoint"));
  assert.deepEqual(await historySizes(harbourCoffee), [300, 301]);
  assert.deepEqual(await historySizes(lanternBooks), [5]);
  assert.deepEqual([...publisher.state().alarms, ...publisher.state().failing], []);
  assert.equal(publisher.state().lastCleanPassMs, now());
});

test("a thousand entries are published without waiting for the interval", async () => {
  const publisher = await startedPublisher();
  await append(harbourCoffee, 999);
  publisher.noteGrowth(harbourCoffee, 999);
  assert.equal(publisher.latest(harbourCoffee), null);
  await append(harbourCoffee, 1);
  publisher.noteGrowth(harbourCoffee, 1_000);
  publisher.noteGrowth(harbourCoffee, 1_000);
  await eventually(() => publisher.latest(harbourCoffee) !== null);
  assert.deepEqual(await historySizes(harbourCoffee), [1_000]);
});

test("what was written last is published when the process ends", async () => {
  const publisher = await startedPublisher();
  await append(harbourCoffee, 3);
  await publisher.stop();
  assert.equal((await published(harbourCoffee)).size, 3);
});

test("a database that was rolled back raises an alarm, and the larger checkpoint stays", async () => {
  const publisher = await startedPublisher();
  await append(harbourCoffee, 10);
  const backup = await database.asSuperuser("select * from vault.audit_head");
  await append(harbourCoffee, 10);
  await publisher.publishAll();
  await database.asSuperuser("delete from vault.audit_event where sequence >= 10");
  await database.asSuperuser("update vault.audit_head set size = $1, frontier = $2", [
    backup[0]?.["size"],
    backup[0]?.["frontier"],
  ]);
  await append(lanternBooks, 1);
  await publisher.publishAll();

  assert.deepEqual([...publisher.state().alarms], [[harbourCoffee, "log_shrunk"]]);
  assert.equal((await published(harbourCoffee)).size, 20);
  assert.equal((await published(lanternBooks)).size, 1, "the other tenant goes on");
  assert.match(logged.join(""), /"reason":"log_shrunk"/);

  await append(harbourCoffee, 30);
  await publisher.publishAll();
  assert.deepEqual([...publisher.state().alarms], [[harbourCoffee, "log_rewritten"]], "growing again hides nothing");
  assert.equal((await published(harbourCoffee)).size, 20);
});

test("an entry whose hash was changed under a published checkpoint raises an alarm", async () => {
  const publisher = await startedPublisher();
  await append(harbourCoffee, 20);
  await publisher.publishAll();
  await database.asSuperuser("update vault.audit_event set leaf_hash = $1 where sequence = 16", [
    sampleDigest("forged"),
  ]);
  await append(harbourCoffee, 1);
  await publisher.publishAll();
  assert.deepEqual([...publisher.state().alarms], [[harbourCoffee, "log_rewritten"]]);
  assert.equal((await published(harbourCoffee)).size, 20);
});

test("missing entries raise an alarm", async () => {
  const publisher = await startedPublisher();
  await append(harbourCoffee, 20);
  await publisher.publishAll();
  await database.asSuperuser("delete from vault.audit_event where sequence = 18");
  await append(harbourCoffee, 1);
  await publisher.publishAll();
  assert.deepEqual([...publisher.state().alarms], [[harbourCoffee, "log_incomplete"]]);
});

test("a published checkpoint that was put back, taken away or changed raises an alarm", async () => {
  const publisher = await startedPublisher();
  await append(harbourCoffee, 5);
  await publisher.publishAll();
  const first = await fileOf(harbourCoffee, "checkpoint");
  await append(harbourCoffee, 5);
  await publisher.publishAll();
  const second = await fileOf(harbourCoffee, "checkpoint");
  const forked = signCheckpoint({ ...(await headOf(harbourCoffee)), root: sampleDigest("other") }, privateKey);

  for (const [content, sign] of [
    [first, "checkpoint_replaced"],
    [forked, "checkpoint_replaced"],
    [second.replace("\n10\n", "\n11\n"), "checkpoint_unreadable"],
    ["", "checkpoint_unreadable"],
  ] as const) {
    await writeFile(fileName(harbourCoffee, "checkpoint"), content);
    await publisher.publishAll();
    assert.deepEqual([...publisher.state().alarms], [[harbourCoffee, sign]]);
  }
  await rm(fileName(harbourCoffee, "checkpoint"));
  await publisher.publishAll();
  assert.deepEqual([...publisher.state().alarms], [[harbourCoffee, "checkpoint_replaced"]]);

  await writeFile(fileName(harbourCoffee, "checkpoint"), second);
  await publisher.publishAll();
  assert.deepEqual([...publisher.state().alarms], [], "the alarm ends with the contradiction");
});

test("a crash between the two files, or in the middle of a line, is made good", async () => {
  const publisher = await startedPublisher();
  await append(harbourCoffee, 5);
  await publisher.publishAll();
  const history = await fileOf(harbourCoffee, "history");
  await append(harbourCoffee, 5);
  await publisher.publishAll();
  await writeFile(fileName(harbourCoffee, "history"), `${history}{"published_at":"2026-01`);
  await publisher.publishAll();
  assert.deepEqual(await historySizes(harbourCoffee), [5, 10]);
  assert.deepEqual([...publisher.state().alarms], []);
});

test("several processes publish one history", async () => {
  const several = await Promise.all(
    [1, 2, 3].map(() => startedPublisher({ database: database.openAs("cofferdam_api") })),
  );
  for (let round = 0; round < 8; round++) {
    await append(harbourCoffee, 7);
    await Promise.all(several.map((publisher) => publisher.publishAll()));
  }
  await several[0]?.publishAll();
  const sizes = await historySizes(harbourCoffee);
  assert.deepEqual(
    sizes,
    [...new Set(sizes)].sort((one, other) => one - other),
  );
  assert.equal(sizes.at(-1), 56);
  assert.ok(several.every((publisher) => publisher.state().alarms.size === 0));
});

test("a tenant whose folder cannot be written fails alone", async () => {
  await writeFile(path.join(directory, harbourCoffee), "a file where the folder should be");
  await append(harbourCoffee, 1);
  await append(lanternBooks, 1);
  const publisher = await startedPublisher();
  assert.deepEqual([...publisher.state().failing], [harbourCoffee]);
  assert.equal(publisher.state().lastCleanPassMs, null);
  assert.equal((await published(lanternBooks)).size, 1);
  await rm(path.join(directory, harbourCoffee));
  await publisher.publishAll();
  assert.deepEqual([...publisher.state().failing], []);
});

test("a tenant whose publication hangs is started once, and does not hold up the others", async () => {
  await append(lanternBooks, 1);
  let started = 0;
  const hanging: Database = {
    ...api,
    asTenant: (tenantId, work) => {
      if (tenantId !== harbourCoffee) return api.asTenant(tenantId, work);
      started += 1;
      return new Promise(() => undefined);
    },
  };
  const publisher = await startedPublisher({ database: hanging, deadlineMs: 50 });
  await publisher.publishAll();
  assert.deepEqual([...publisher.state().failing], [harbourCoffee]);
  assert.equal(started, 1);
  assert.equal((await published(lanternBooks)).size, 1);
});

test("a new signing key continues what the earlier one signed, if it is told of it", async () => {
  const publisher = await startedPublisher();
  await append(harbourCoffee, 2);
  await publisher.publishAll();
  const successor = generateKeyPairSync("ed25519").privateKey;
  const stranger = await startedPublisher({ privateKey: successor });
  assert.deepEqual([...stranger.state().alarms], [[harbourCoffee, "checkpoint_unreadable"]]);

  await append(harbourCoffee, 2);
  await startedPublisher({ privateKey: successor, earlierKeys: [publicKey] });
  assert.equal((await published(harbourCoffee, createPublicKey(successor))).size, 4);
});

test("an interval that would leave more than ten seconds unpublished is refused", async () => {
  await assert.rejects(startedPublisher({ intervalMs: 10_001 }), RangeError);
});

const now = (): number => Date.parse("2026-01-31T09:00:00.000Z");

async function startedPublisher(change: Partial<PublisherOptions> = {}): Promise<CheckpointPublisher> {
  const publisher = await createCheckpointPublisher({
    database: api,
    directory,
    trustDomain: "cofferdam.test",
    privateKey,
    now,
    tenants: () => Promise.resolve([harbourCoffee, lanternBooks]),
    intervalMs: 10_000,
    deadlineMs: 5_000,
    log: createLogger({
      service: "audit-test",
      level: "info",
      destination: { write: (line) => void logged.push(line) },
    }),
    ...change,
  });
  publishers.push(publisher);
  return publisher;
}

async function append(tenantId: string, count: number): Promise<void> {
  await api.asTenant(tenantId, async (tx) => {
    const events = Array.from({ length: count }, () => sampleEvent());
    await appendEvents(tx, tenantId, await lockHead(tx, tenantId), events, { now: new Date(), build: "0.1.0+test" });
  });
}

async function headOf(tenantId: string): Promise<Checkpoint> {
  const head = await api.asTenant(tenantId, readHead);
  assert.ok(head);
  return { origin: originOf("cofferdam.test", tenantId), size: head.size, root: rootOf(head) };
}

function fileName(tenantId: string, name: string): string {
  return path.join(directory, tenantId, name);
}

function fileOf(tenantId: string, name: string): Promise<string> {
  return readFile(fileName(tenantId, name), "utf8");
}

async function published(tenantId: string, key = publicKey): Promise<Checkpoint> {
  const origin = originOf("cofferdam.test", tenantId);
  await assert.rejects(stat(`${fileName(tenantId, "checkpoint")}.draft`));
  return openCheckpoint(await fileOf(tenantId, "checkpoint"), [verifierKey(origin, key)]);
}

async function historySizes(tenantId: string): Promise<readonly number[]> {
  const lines = (await fileOf(tenantId, "history")).split("\n");
  assert.equal(lines.pop(), "");
  const key = verifierKey(originOf("cofferdam.test", tenantId), publicKey);
  return lines.map((line) => openCheckpoint(noteOfHistoryLine(line), [key]).size);
}

async function eventually(holds: () => boolean): Promise<void> {
  for (let patience = 200; !holds(); patience--) {
    assert.ok(patience > 0, "it did not happen within two seconds");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
