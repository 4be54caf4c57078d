import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Database, Transaction } from "@cofferdam/kit/database.ts";
import fc from "fast-check";
import {
  appendLeaf,
  emptyFrontier,
  encodeFrontier,
  leafHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from "./merkle.ts";
import type { SubtreeHash } from "./merkle.ts";
import { AuditProofError, consistencyProof, inclusionProof, rootAt } from "./proofs.ts";
import { makeAuditDatabase } from "./testdata/audit-database.ts";
import type { AuditDatabase } from "./testdata/audit-database.ts";
import { harbourCoffee, lanternBooks } from "./testdata/sample-entries.ts";

/** Past 2^16, so that a subtree of level 16 is stored and used. */
const logSize = 2 ** 16 + 1_000;
const leaves = Array.from({ length: logSize }, (_, at) => leafHash(`entry ${at}`));
const roots = new Map<number, Buffer>();

let database: AuditDatabase;
let auditor: Database;

before(async () => {
  database = await makeAuditDatabase();
  auditor = database.openAs("cofferdam_auditor");
  await storeLog(database);
});

after(async () => {
  await database[Symbol.asyncDispose]();
});

test("proofs of any entry, size and pair of sizes verify, and read hundreds of rows at most", async (context) => {
  const seed = Number(process.env["FAST_CHECK_SEED"] ?? Date.now() % 2 ** 31);
  context.diagnostic(`FAST_CHECK_SEED=${seed}`);
  const sizes = fc.oneof(
    fc.integer({ min: 1, max: logSize }),
    fc.constantFrom(1, 255, 256, 257, 2 ** 16, 2 ** 16 + 1, logSize),
  );
  let mostRows = 0;
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(), fc.nat(), async (size, anyIndex, anyFrom) => {
      const [index, from] = [anyIndex % size, anyFrom % (size + 1)];
      const [inclusion, consistency] = await auditor.asTenant(harbourCoffee, async (tx) => {
        const counted = countingRows(tx, (rows) => (mostRows = Math.max(mostRows, rows)));
        return [await inclusionProof(counted, index, size), await consistencyProof(counted, from, size)] as const;
      });
      const leaf = leafHash(`entry ${index}`);
      assert.ok(verifyInclusion({ leafHash: leaf, index, size, root: trueRoot(size), proof: inclusion }));
      const claim = { from, to: size, fromRoot: trueRoot(from), toRoot: trueRoot(size), proof: consistency };
      assert.ok(verifyConsistency(claim));
      assert.deepEqual(await auditor.asTenant(harbourCoffee, (tx) => rootAt(tx, from)), trueRoot(from));
    }),
    { seed, numRuns: 150 },
  );
  // 255 on each of the levels 0 and 8 for the path, as many for the right edge, and level 16.
  assert.ok(mostRows <= 2 * 255, `${mostRows} rows`);
});

test("a proof of entries that are not there is refused", async () => {
  const asked = (work: (tx: Transaction) => Promise<unknown>): Promise<unknown> =>
    auditor.asTenant(harbourCoffee, work);
  await assert.rejects(
    asked((tx) => inclusionProof(tx, 0, logSize + 1)),
    AuditProofError,
  );
  await assert.rejects(
    asked((tx) => consistencyProof(tx, 5, logSize + 1)),
    AuditProofError,
  );
  await assert.rejects(
    asked((tx) => rootAt(tx, logSize + 1)),
    AuditProofError,
  );
  await assert.rejects(
    asked(async (tx) => inclusionProof(tx, logSize, logSize)),
    RangeError,
  );
  await assert.rejects(
    auditor.asTenant(lanternBooks, (tx) => inclusionProof(tx, 3, 9)),
    AuditProofError,
  );
});

function trueRoot(size: number): Buffer {
  const root = roots.get(size);
  assert.ok(root);
  return root;
}

/** As the log of many appends would be, but written at once; also fills `roots`. */
async function storeLog(target: AuditDatabase): Promise<void> {
  let frontier = emptyFrontier;
  const subtrees: SubtreeHash[] = [];
  roots.set(0, rootOf(frontier));
  for (const leaf of leaves) {
    const appended = appendLeaf(frontier, leaf);
    frontier = appended.frontier;
    subtrees.push(...appended.completed);
    roots.set(frontier.size, rootOf(frontier));
  }
  await target.asSuperuser(
    `insert into vault.audit_event (tenant_id, sequence, entry, leaf_hash)
     select $1, position - 1, 'entry ' || position - 1, leaf from unnest($2::bytea[]) with ordinality as given (leaf, position)`,
    [harbourCoffee, leaves],
  );
  await target.asSuperuser(
    `insert into vault.audit_subtree (tenant_id, level, node_index, hash)
     select $1, * from unnest($2::smallint[], $3::bigint[], $4::bytea[])`,
    [
      harbourCoffee,
      subtrees.map((node) => node.level),
      subtrees.map((node) => node.index),
      subtrees.map((node) => node.hash),
    ],
  );
  await target.asSuperuser("insert into vault.audit_head values ($1, $2, $3, now())", [
    harbourCoffee,
    logSize,
    encodeFrontier(frontier),
  ]);
}

/** Tells how many rows one proof has read. */
function countingRows(tx: Transaction, told: (rows: number) => void): Transaction {
  return {
    rows: async <Row extends object>(...asked: Parameters<Transaction["rows"]>) => {
      const rows = await tx.rows<Row>(...asked);
      told(rows.length);
      return rows;
    },
  };
}
