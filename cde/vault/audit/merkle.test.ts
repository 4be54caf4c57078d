import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import {
  appendLeaf,
  consistencyPath,
  decodeFrontier,
  emptyFrontier,
  encodeFrontier,
  fullSubtrees,
  inclusionPath,
  leafHash,
  nodeHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from "./merkle.ts";
import type { Frontier, LeafRange, SubtreeHash } from "./merkle.ts";

const seed = Number(process.env["FAST_CHECK_SEED"] ?? Date.now() % 2 ** 31);

test("gives the published verdict on all 98 inclusion cases of transparency-dev/merkle", () => {
  const { cases } = readJson("inclusion.json") as { cases: readonly InclusionCase[] };
  assert.equal(cases.length, 98);
  for (const each of cases) {
    const verdict = verifyInclusion({
      leafHash: Buffer.from(each.leafHash, "base64"),
      index: each.leafIdx,
      size: each.treeSize,
      root: Buffer.from(each.root, "base64"),
      proof: (each.proof ?? []).map((hash) => Buffer.from(hash, "base64")),
    });
    assert.equal(verdict, !each.wantErr, each.file);
  }
});

test("gives the published roots of the trees of 0 to 8 leaves", () => {
  const published = readJson("rfc6962_roots.json") as PublishedRoots;
  const inputs = published.leaf_inputs_hex.map((hex) => Buffer.from(hex, "hex"));
  published.roots_hex_by_size.forEach((root, size) => {
    assert.equal(rootOf(treeOf(inputs.slice(0, size).map(leafHash)).frontier).toString("hex"), root);
  });
});

test("asks for the hashes of the example proofs of RFC 9162 §2.1.5", () => {
  // The tree of seven leaves d0…d6: a…f are leaf hashes' parents and j is leaf d6, named as in the RFC.
  const [b, c, f, g, h, i, j, k, l] = [
    range(1, 2),
    range(2, 3),
    range(5, 6),
    range(0, 2),
    range(2, 4),
    range(4, 6),
    range(6, 7),
    range(0, 4),
    range(4, 7),
  ];
  const [d] = [range(3, 4)];
  assert.deepEqual(inclusionPath(0, 7), [b, h, l]);
  assert.deepEqual(inclusionPath(3, 7), [c, g, l]);
  assert.deepEqual(inclusionPath(4, 7), [f, j, k]);
  assert.deepEqual(inclusionPath(6, 7), [i, k]);
  assert.deepEqual(consistencyPath(3, 7), [c, d, g, l]);
  assert.deepEqual(consistencyPath(4, 7), [l]);
  assert.deepEqual(consistencyPath(6, 7), [i, j, k]);
});

test("appending gives the same root as hashing the whole tree, and every proof of it verifies", (context) => {
  context.diagnostic(`FAST_CHECK_SEED=${seed}`);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 700 }), fc.nat(), fc.nat(), (size, anyIndex, anyFrom) => {
      const [index, from] = [anyIndex % size, anyFrom % (size + 1)];
      const leaves = sampleLeaves.slice(0, size);
      const root = rootOf(treeOf(leaves).frontier);
      assert.deepEqual(root, naiveRoot(leaves));
      const hashOf = ({ start, end }: LeafRange): Buffer => naiveRoot(leaves.slice(start, end));

      const inclusion = { leafHash: leafAt(index), index, size, root, proof: inclusionPath(index, size).map(hashOf) };
      assert.ok(verifyInclusion(inclusion));
      assert.ok(!verifyInclusion({ ...inclusion, leafHash: leafHash("another entry") }));
      assert.ok(!verifyInclusion({ ...inclusion, proof: [...inclusion.proof, root] }));

      const fromRoot = naiveRoot(leaves.slice(0, from));
      const consistency = { from, to: size, fromRoot, toRoot: root, proof: consistencyPath(from, size).map(hashOf) };
      assert.ok(verifyConsistency(consistency));
      assert.ok(!verifyConsistency({ ...consistency, fromRoot: leafHash("another log") }));
      assert.ok(!verifyConsistency({ ...consistency, proof: [...consistency.proof, root] }));
      for (let at = 0; at < consistency.proof.length; at++) {
        assert.ok(!verifyConsistency({ ...consistency, proof: consistency.proof.toSpliced(at, 1) }));
        assert.ok(!verifyConsistency({ ...consistency, proof: consistency.proof.with(at, leafHash("forged")) }));
      }
    }),
    { seed, numRuns: 150 },
  );
});

test("a consistency proof of a log that was rewritten before the old size never verifies", (context) => {
  context.diagnostic(`FAST_CHECK_SEED=${seed}`);
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 200 }), fc.nat(), fc.nat(), (size, anyFrom, anyEdit) => {
      const from = 1 + (anyFrom % (size - 1));
      const honest = sampleLeaves.slice(0, size);
      const rewritten = honest.with(anyEdit % from, leafHash("rewritten"));
      const proof = consistencyPath(from, size).map(({ start, end }) => naiveRoot(rewritten.slice(start, end)));
      const [fromRoot, toRoot] = [naiveRoot(honest.slice(0, from)), naiveRoot(rewritten)];
      assert.ok(!verifyConsistency({ from, to: size, fromRoot, toRoot, proof }));
    }),
    { seed, numRuns: 150 },
  );
});

test("reports each full subtree of levels 8 and 16 once, when its last leaf arrives", () => {
  const leaves = Array.from({ length: 2 ** 16 + 300 }, (_, at) => sampleLeaves[at % sampleLeaves.length] ?? leafAt(0));
  const { completed } = treeOf(leaves);
  const levels = (level: number): number[] =>
    completed.filter((node) => node.level === level).map((node) => node.index);
  assert.deepEqual(
    levels(8),
    Array.from({ length: 257 }, (_, at) => at),
  );
  assert.deepEqual(levels(16), [0]);
  assert.equal(completed.length, 258);
  const [first] = completed;
  assert.deepEqual(first?.hash, naiveRoot(leaves.slice(0, 256)));
  assert.deepEqual(completed.find((node) => node.level === 16)?.hash, naiveRoot(leaves.slice(0, 2 ** 16)));
});

test("a right edge survives storage, and one of another tree size is refused", () => {
  const { frontier } = treeOf(sampleLeaves.slice(0, 77));
  assert.deepEqual(decodeFrontier(77, encodeFrontier(frontier)), frontier);
  assert.throws(() => decodeFrontier(76, encodeFrontier(frontier)), RangeError);
  assert.throws(() => decodeFrontier(77.5, encodeFrontier(frontier)), RangeError);
  assert.throws(() => decodeFrontier(-1, Buffer.alloc(0)), RangeError);
});

test("sizes beyond 32 bits are computed exactly", () => {
  const size = 2 ** 45 + 3;
  assert.deepEqual(fullSubtrees(range(0, size)), [
    { level: 45, index: 0 },
    { level: 1, index: 2 ** 44 },
    { level: 0, index: 2 ** 45 + 2 },
  ]);
  assert.deepEqual(inclusionPath(size - 1, size), [range(2 ** 45, 2 ** 45 + 2), range(0, 2 ** 45)]);
  assert.deepEqual(fullSubtrees(range(0, 2 ** 53 - 1)).length, 53);
});

test("a leaf outside the tree and a tree that shrinks have no proof", () => {
  assert.throws(() => inclusionPath(7, 7), RangeError);
  assert.throws(() => inclusionPath(-1, 7), RangeError);
  assert.throws(() => consistencyPath(8, 7), RangeError);
});

interface InclusionCase {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string;
  readonly leafHash: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
  readonly file: string;
}

interface PublishedRoots {
  readonly leaf_inputs_hex: readonly string[];
  readonly roots_hex_by_size: readonly string[];
}

const sampleLeaves = Array.from({ length: 700 }, (_, at) => leafHash(`entry ${String(at)}`));

function leafAt(index: number): Buffer {
  const leaf = sampleLeaves[index];
  assert.ok(leaf);
  return leaf;
}

function range(start: number, end: number): LeafRange {
  return { start, end };
}

function treeOf(leaves: readonly Buffer[]): { frontier: Frontier; completed: SubtreeHash[] } {
  const completed: SubtreeHash[] = [];
  let frontier = emptyFrontier;
  for (const leaf of leaves) {
    const appended = appendLeaf(frontier, leaf);
    frontier = appended.frontier;
    completed.push(...appended.completed);
  }
  return { frontier, completed };
}

/** The recursive definition of RFC 9162 §2.1.1, written without any of the code under test but the two hashes. */
function naiveRoot(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return rootOf(emptyFrontier);
  if (leaves.length === 1) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`testdata/${file}`, import.meta.url), "utf8"));
}
