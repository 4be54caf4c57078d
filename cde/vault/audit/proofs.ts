// Proofs about a tenant's log, from stored hashes alone: which entries a checkpoint covers, and that one checkpoint
// continues another. Two queries; at most 2 * 255 rows for each 8 levels of the tree, whatever lies between the sizes.

import type { Transaction } from "@cofferdam/kit/database.ts";
import { readLeafHashes, readSubtrees } from "./audit-store.ts";
import { consistencyPath, foldRight, fullSubtrees, inclusionPath, storedLevelStep } from "./merkle.ts";
import type { LeafRange, NodeCoordinate } from "./merkle.ts";

/** The log lacks hashes that it must have: asked beyond its end, or rows were taken away. */
export class AuditProofError extends Error {
  override readonly name = "AuditProofError";
}

/**
 * The proof for `verifyInclusion` that entry `index` is in the tree of `size`, for the transaction's tenant. Hashes of
 * 32 bytes, nearest the leaf first. Throws RangeError unless 0 <= index < size and AuditProofError when hashes are missing.
 */
export function inclusionProof(tx: Transaction, index: number, size: number): Promise<readonly Buffer[]> {
  return hashesOf(tx, inclusionPath(index, size));
}

/**
 * The proof for `verifyConsistency` that the log of size `to` continues the log of size `from`, for the transaction's
 * tenant. Throws RangeError unless 0 <= from <= to and AuditProofError when hashes are missing.
 */
export function consistencyProof(tx: Transaction, from: number, to: number): Promise<readonly Buffer[]> {
  return hashesOf(tx, consistencyPath(from, to));
}

/** The root of the transaction's tenant's log when it had `size` entries. Throws AuditProofError when hashes are missing. */
export async function rootAt(tx: Transaction, size: number): Promise<Buffer> {
  return foldRight(await hashesOf(tx, [{ start: 0, end: size }]));
}

async function hashesOf(tx: Transaction, ranges: readonly LeafRange[]): Promise<readonly Buffer[]> {
  const stored = await readStored(tx, ranges.flatMap(fullSubtrees).map(storedUnder));
  return ranges.map((range) => foldRight(fullSubtrees(range).map((node) => hashOver(storedUnder(node), stored))));
}

/** The stored nodes that one full subtree is computed from: neighbours on the nearest level below that is stored. */
interface StoredRow {
  readonly level: number;
  readonly start: number;
  readonly count: number;
}

type StoredHashes = (level: number, index: number) => Buffer;

function storedUnder({ level, index }: NodeCoordinate): StoredRow {
  const storedLevel = level - (level % storedLevelStep);
  const count = 2 ** (level - storedLevel);
  return { level: storedLevel, start: index * count, count };
}

async function readStored(tx: Transaction, rows: readonly StoredRow[]): Promise<StoredHashes> {
  const leafRanges = rows.filter((row) => row.level === 0).map(({ start, count }) => ({ start, end: start + count }));
  const nodes = rows.filter((row) => row.level > 0).flatMap(coordinatesOf);
  const [leaves, subtrees] = await Promise.all([
    leafRanges.length === 0 ? new Map<number, Buffer>() : readLeafHashes(tx, leafRanges),
    nodes.length === 0 ? [] : readSubtrees(tx, nodes),
  ]);
  const byCoordinate = new Map(subtrees.map(({ level, index, hash }) => [`${level}/${index}`, hash]));
  return (level, index) => {
    const hash = level === 0 ? leaves.get(index) : byCoordinate.get(`${level}/${index}`);
    if (hash === undefined) throw new AuditProofError(`the audit log has no hash ${index} on level ${level}`);
    return hash;
  };
}

function coordinatesOf({ level, start, count }: StoredRow): readonly NodeCoordinate[] {
  return Array.from({ length: count }, (_, at) => ({ level, index: start + at }));
}

/** Pairs neighbours until one hash is left. The count is a power of two. */
function hashOver(row: StoredRow, stored: StoredHashes): Buffer {
  let hashes = coordinatesOf(row).map(({ level, index }) => stored(level, index));
  while (hashes.length > 1) hashes = pairs(hashes);
  return foldRight(hashes);
}

function pairs(hashes: readonly Buffer[]): Buffer[] {
  return Array.from({ length: hashes.length / 2 }, (_, at) => foldRight(hashes.slice(2 * at, 2 * at + 2)));
}
