import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DatabaseError } from "@cofferdam/kit/database-error.ts";
import type { Database, Transaction } from "@cofferdam/kit/database.ts";
import {
  AuditAppendError,
  appendEvents,
  lockHead,
  readEvents,
  readHead,
  readLeafHashes,
  readSubtrees,
} from "./audit-store.ts";
import { AuditEntryError, decodeEntry } from "./event.ts";
import type { AuditEvent } from "./event.ts";
import { appendLeaf, emptyFrontier, leafHash } from "./merkle.ts";
import { makeAuditDatabase } from "./testdata/audit-database.ts";
import type { AuditDatabase } from "./testdata/audit-database.ts";
import { harbourCoffee, lanternBooks, sampleEvent } from "./testdata/sample-entries.ts";

const recording = { now: new Date("2026-01-31T09:00:00.000Z"), build: "0.1.0+test" };

let database: AuditDatabase;
let api: Database;

before(async () => {
  database = await makeAuditDatabase();
  api = database.openAs("cofferdam_api");
});

after(async () => {
  await database[Symbol.asyncDispose]();
});

test("entries follow one another from sequence 0 without a gap, over many transactions", async () => {
  for (const batch of [1, 3, 250, 300, 2]) await append(harbourCoffee, eventsOf(batch));
  const { head, entries, subtrees } = await api.asTenant(harbourCoffee, async (tx) => ({
    head: await readHead(tx),
    entries: await readEvents(tx, 0, 1_000),
    subtrees: await readSubtrees(
      tx,
      [0, 1, 2].map((index) => ({ level: 8, index })),
    ),
  }));
  assert.deepEqual(
    entries.map((each) => each.sequence),
    Array.from({ length: 556 }, (_, at) => at),
  );
  const expected = entries.reduce((tree, { entry }) => appendLeaf(tree, leafHash(entry)).frontier, emptyFrontier);
  assert.deepEqual(head, expected);
  assert.deepEqual(subtrees.map((node) => node.index).sort(), [0, 1]);
  for (const { sequence, entry, leafHash: stored } of entries) {
    const read = decodeEntry(entry);
    assert.equal(read.sequence, sequence);
    assert.equal(read.tenantId, harbourCoffee);
    assert.equal(read.recordedAt, recording.now.toISOString());
    assert.deepEqual(stored, leafHash(entry));
  }
});

test("appends that come together wait for one another and lose nothing", async () => {
  await Promise.all(Array.from({ length: 12 }, () => append(lanternBooks, eventsOf(5))));
  const entries = await api.asTenant(lanternBooks, (tx) => readEvents(tx, 0, 1_000));
  assert.deepEqual(
    entries.map((each) => each.sequence),
    Array.from({ length: 60 }, (_, at) => at),
  );
});

test("a transaction that fails after appending leaves no entry and no head behind", async () => {
  const before = await api.asTenant(harbourCoffee, readHead);
  const effectFailed = new Error("the effect failed");
  await assert.rejects(
    api.asTenant(harbourCoffee, async (tx) => {
      await appendEvents(tx, harbourCoffee, await lockHead(tx, harbourCoffee), eventsOf(3), recording);
      throw effectFailed;
    }),
    effectFailed,
  );
  assert.deepEqual(await api.asTenant(harbourCoffee, readHead), before);
});

test("a card number in an event stops the whole transaction", async () => {
  const events = [sampleEvent(), sampleEvent({ reason: "4242 4242 4242 4242" })];
  await assert.rejects(append(harbourCoffee, events), AuditEntryError);
});

test("appending anywhere but at the end of the log is refused", async () => {
  await assert.rejects(
    api.asTenant(harbourCoffee, async (tx) => {
      const head = await lockHead(tx, harbourCoffee);
      await appendEvents(tx, harbourCoffee, head, eventsOf(1), recording);
      await appendEvents(tx, harbourCoffee, head, eventsOf(1), recording);
    }),
    (error) => error instanceof DatabaseError && error.sqlState === "23505",
  );
  await assert.rejects(
    api.asTenant(harbourCoffee, async (tx) => {
      const head = await lockHead(tx, harbourCoffee);
      const beyond = appendLeaf(head, leafHash("an entry that was never stored")).frontier;
      await appendEvents(tx, harbourCoffee, beyond, eventsOf(1), recording);
    }),
    AuditAppendError,
  );
});

test("no events, no statement: the head stays", async () => {
  const moved = await api.asTenant(harbourCoffee, async (tx) => {
    const head = await lockHead(tx, harbourCoffee);
    return (await appendEvents(tx, harbourCoffee, head, [], recording)) === head;
  });
  assert.ok(moved);
});

test("leaf hashes and subtrees that are not there are left out", async () => {
  const [leaves, subtrees] = await api.asTenant(harbourCoffee, async (tx) => [
    await readLeafHashes(tx, [
      { start: 2, end: 4 },
      { start: 555, end: 9_999 },
    ]),
    await readSubtrees(tx, [{ level: 16, index: 0 }]),
  ]);
  assert.deepEqual(
    [...leaves.keys()].sort((one, other) => one - other),
    [2, 3, 555],
  );
  assert.deepEqual(subtrees, []);
});

test("nobody sees the log of another tenant, and of no tenant nothing is seen", async () => {
  for (const role of ["cofferdam_api", "cofferdam_auditor", "cofferdam_rotator"] as const) {
    const pool = database.openAs(role);
    const [own] = await pool.asTenant(lanternBooks, (tx) => readEvents(tx, 0, 1));
    assert.equal(decodeEntry(own?.entry ?? "").tenantId, lanternBooks);
    assert.deepEqual(await pool.transaction((tx) => readEvents(tx, 0, 1)), []);
    const all = await pool.asTenant(lanternBooks, (tx) => tx.rows(unfiltered, []));
    assert.deepEqual(all, [{ tenant_id: lanternBooks }]);
  }
  await assert.rejects(
    api.asTenant(lanternBooks, async (tx) => {
      await appendEvents(tx, harbourCoffee, emptyFrontier, eventsOf(1), recording);
    }),
    (error) => error instanceof DatabaseError && error.sqlState === "42501",
  );
});

test("no role may change, remove or truncate what is on record", async () => {
  const forbidden = [
    "update vault.audit_event set entry = entry",
    "delete from vault.audit_event",
    "truncate vault.audit_event",
    "update vault.audit_subtree set hash = hash",
    "delete from vault.audit_subtree",
    "delete from vault.audit_head",
    "truncate vault.audit_head",
    "update vault.audit_head set tenant_id = tenant_id",
  ];
  for (const role of ["cofferdam_api", "cofferdam_auditor", "cofferdam_rotator"] as const) {
    const pool = database.openAs(role);
    for (const [at, text] of forbidden.entries()) {
      await assert.rejects(
        pool.asTenant(lanternBooks, (tx) => tx.rows({ name: `forbidden_${at}`, text }, [])),
        (error) => error instanceof DatabaseError && error.sqlState === "42501",
        `${role}: ${text}`,
      );
    }
  }
  await assert.rejects(
    database.openAs("cofferdam_auditor").asTenant(lanternBooks, (tx) => lockHead(tx, lanternBooks)),
    (error) => error instanceof DatabaseError && error.sqlState === "42501",
  );
});

test("a head that was taken away is not replaced by a fresh log over the old entries", async () => {
  const saved = await database.asSuperuser("delete from vault.audit_head where tenant_id = $1 returning *", [
    lanternBooks,
  ]);
  await assert.rejects(
    append(lanternBooks, eventsOf(1)),
    (error) => error instanceof DatabaseError && error.sqlState === "23505",
  );
  const { tenant_id, size, frontier, updated_at } = saved[0] ?? {};
  await database.asSuperuser("insert into vault.audit_head values ($1, $2, $3, $4)", [
    tenant_id,
    size,
    frontier,
    updated_at,
  ]);
  await append(lanternBooks, eventsOf(1));
});

const unfiltered = { name: "unfiltered_heads", text: "select tenant_id from vault.audit_head" };

function eventsOf(count: number): readonly AuditEvent[] {
  return Array.from({ length: count }, () => sampleEvent());
}

async function append(tenantId: string, events: readonly AuditEvent[]): Promise<void> {
  await api.asTenant(tenantId, async (tx: Transaction) => {
    await appendEvents(tx, tenantId, await lockHead(tx, tenantId), events, recording);
  });
}
