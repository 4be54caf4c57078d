// The Merkle tree of RFC 9162 §2.1 (the hashing of RFC 6962): leaves behind 0x00, inner nodes behind 0x01, SHA-256.
// Pure. Sizes and indices are JavaScript numbers up to 2^53 - 1, so they are halved by arithmetic, never by 32-bit shifts.

import { hash } from "node:crypto";

/** Bytes of a SHA-256 hash, the only hash of this tree. */
export const hashBytes = 32;

/** Only full subtrees at every eighth level are stored: 256 of them make the next, as in C2SP tlog-tiles. */
export const storedLevelStep = 8;

/** A full subtree: it covers the leaves `[index * 2^level, (index + 1) * 2^level)`. Level 0 is a leaf. */
export interface NodeCoordinate {
  readonly level: number;
  readonly index: number;
}

/** A full subtree and its hash of 32 bytes. */
export interface SubtreeHash extends NodeCoordinate {
  readonly hash: Buffer;
}

/** Leaves `[start, end)` that one proof hash covers. Only the last range of a tree may be other than a full subtree. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/** The right edge of a tree: one hash per set bit of `size`, largest subtree first. Enough to append and to give the root. */
export interface Frontier {
  readonly size: number;
  readonly hashes: readonly Buffer[];
}

/** The tree of no leaves. */
export const emptyFrontier: Frontier = { size: 0, hashes: [] };

/** SHA-256(0x00 ‖ entry): the leaf of one entry, text as UTF-8. 32 bytes. RFC 9162 §2.1.1. */
export function leafHash(entry: string | Buffer): Buffer {
  return sha256(typeof entry === "string" ? "\0" + entry : Buffer.concat([leafPrefix, entry]));
}

/** SHA-256(0x01 ‖ left ‖ right): an inner node over two hashes of 32 bytes. RFC 9162 §2.1.1. */
export function nodeHash(left: Buffer, right: Buffer): Buffer {
  left.copy(nodeInput, 1);
  right.copy(nodeInput, 1 + hashBytes);
  return sha256(nodeInput);
}

/** What one append changes: the new right edge, and the full subtrees at levels 8, 16, 24… that this leaf completed. */
export interface Appended {
  readonly frontier: Frontier;
  readonly completed: readonly SubtreeHash[];
}

/** Adds one leaf hash on the right. One inner hash on average (the trailing one bits of the size), none stored twice. */
export function appendLeaf(frontier: Frontier, leaf: Buffer): Appended {
  const hashes = frontier.hashes.slice();
  const completed: SubtreeHash[] = [];
  let subtree = leaf;
  let index = frontier.size;
  for (let level = 1; index % 2 === 1; level++) {
    subtree = nodeHash(taken(hashes.pop()), subtree);
    index = half(index);
    if (level % storedLevelStep === 0) completed.push({ level, index, hash: subtree });
  }
  hashes.push(subtree);
  return { frontier: { size: frontier.size + 1, hashes }, completed };
}

/** The root of the tree behind a right edge, 32 bytes; of no leaves SHA-256 of nothing. RFC 9162 §2.1.1. */
export function rootOf(frontier: Frontier): Buffer {
  return foldRight(frontier.hashes);
}

/** The hash over neighbouring full subtrees, largest first, as the right edge of a tree has them. Of none: SHA-256 of nothing. */
export function foldRight(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 0) return sha256("");
  return hashes.reduceRight((right, left) => nodeHash(left, right));
}

/** The right edge as bytes: its hashes in order, 32 bytes each. The size is kept beside it. */
export function encodeFrontier(frontier: Frontier): Buffer {
  return Buffer.concat(frontier.hashes);
}

/** Reads `encodeFrontier` back. Throws RangeError when the bytes are not one hash per set bit of the size. */
export function decodeFrontier(size: number, bytes: Buffer): Frontier {
  if (!isCount(size)) throw new RangeError("the tree size is not a whole number");
  const subtrees = fullSubtrees({ start: 0, end: size }).length;
  if (bytes.length !== subtrees * hashBytes) throw new RangeError("the right edge does not belong to this tree size");
  return { size, hashes: Array.from({ length: subtrees }, (_, at) => hashAt(bytes, at)) };
}

/** The full subtrees that cover a range whose start is aligned to its largest subtree, largest first. */
export function fullSubtrees({ start, end }: LeafRange): readonly NodeCoordinate[] {
  const subtrees: NodeCoordinate[] = [];
  let at = start;
  while (at < end) {
    const leaves = largestPowerWithin(end - at);
    subtrees.push({ level: Math.log2(leaves), index: at / leaves });
    at += leaves;
  }
  return subtrees;
}

/**
 * The leaf ranges whose hashes prove that leaf `index` is in a tree of `size`, nearest the leaf first. RFC 9162 §2.1.3.1.
 * Throws RangeError unless 0 <= index < size.
 */
export function inclusionPath(index: number, size: number): readonly LeafRange[] {
  if (!isCount(index) || !isCount(size) || index >= size) throw new RangeError("the tree has no leaf of this index");
  const path: LeafRange[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    const inLeft = index < middle;
    path.push(inLeft ? { start: middle, end } : { start, end: middle });
    [start, end] = inLeft ? [start, middle] : [middle, end];
  }
  return path.reverse();
}

/**
 * The leaf ranges whose hashes prove that the tree of size `to` begins with the tree of size `from`, in the order of RFC
 * 9162 §2.1.4.1. Nothing is needed from an empty tree or between equal sizes. Throws RangeError unless 0 <= from <= to.
 */
export function consistencyPath(from: number, to: number): readonly LeafRange[] {
  if (!isCount(from) || !isCount(to) || from > to) throw new RangeError("a tree only grows");
  if (from === 0 || from === to) return [];
  const path: LeafRange[] = [];
  let [start, end] = [0, to];
  while (end !== from) {
    const middle = start + splitPoint(end - start);
    const inLeft = from <= middle;
    path.push(inLeft ? { start: middle, end } : { start, end: middle });
    [start, end] = inLeft ? [start, middle] : [middle, end];
  }
  // The old tree itself needs no hash: the verifier holds its root.
  if (start > 0) path.push({ start, end });
  return path.reverse();
}

/** A claim that one leaf is in a tree, with the hashes of `inclusionPath` as proof. */
export interface InclusionClaim {
  readonly leafHash: Buffer;
  readonly index: number;
  readonly size: number;
  readonly root: Buffer;
  readonly proof: readonly Buffer[];
}

/** Whether the proof shows the leaf in the tree of this root and size. RFC 9162 §2.1.3.2. False for anything malformed. */
export function verifyInclusion({ leafHash, index, size, root, proof }: InclusionClaim): boolean {
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  if (![leafHash, root, ...proof].every(isHash)) return false;
  let node = index;
  let last = size - 1;
  let computed = leafHash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      computed = nodeHash(sibling, computed);
      [node, last] = climbToRightChild(node, last);
    } else {
      computed = nodeHash(computed, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && computed.equals(root);
}

/** A claim that one tree is the beginning of another, with the hashes of `consistencyPath` as proof. */
export interface ConsistencyClaim {
  readonly from: number;
  readonly to: number;
  readonly fromRoot: Buffer;
  readonly toRoot: Buffer;
  readonly proof: readonly Buffer[];
}

/** Whether the proof shows that the log only grew between the two roots. RFC 9162 §2.1.4.2. False for anything malformed. */
export function verifyConsistency({ from, to, fromRoot, toRoot, proof }: ConsistencyClaim): boolean {
  if (!isCount(from) || !isCount(to) || from > to || ![fromRoot, toRoot, ...proof].every(isHash)) return false;
  if (from === 0) return proof.length === 0 && fromRoot.equals(foldRight([]));
  if (from === to) return proof.length === 0 && fromRoot.equals(toRoot);
  let [node, last] = climbToLeftChild(from - 1, to - 1);
  const [seed, ...siblings] = node === 0 ? [fromRoot, ...proof] : proof;
  if (seed === undefined) return false;
  let [oldRoot, newRoot] = [seed, seed];
  for (const sibling of siblings) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      oldRoot = nodeHash(sibling, oldRoot);
      newRoot = nodeHash(sibling, newRoot);
      [node, last] = climbToRightChild(node, last);
    } else {
      newRoot = nodeHash(newRoot, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && oldRoot.equals(fromRoot) && newRoot.equals(toRoot);
}

/** By way of a string: a Buffer as result would be an allocation outside the heap, and half as fast. */
function sha256(input: string | Buffer): Buffer {
  return Buffer.from(hash("sha256", input, "binary"), "binary");
}

const leafPrefix = Buffer.of(0x00);

/** Reused input of `nodeHash`: hashing is synchronous, so nobody else can be writing it. */
const nodeInput = Buffer.alloc(1 + 2 * hashBytes, 0x01);

/** Upwards while the node is a left child: such levels of the right edge have no sibling in a proof. */
function climbToRightChild(node: number, last: number): [number, number] {
  while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
  return [node, last];
}

/** Upwards while the node is a right child: the old tree ends with this whole subtree. */
function climbToLeftChild(node: number, last: number): [number, number] {
  while (node % 2 === 1) [node, last] = [half(node), half(last)];
  return [node, last];
}

/** The largest power of two below `leaves`: where RFC 9162 §2.1.1 splits a tree of more than one leaf. */
function splitPoint(leaves: number): number {
  const power = largestPowerWithin(leaves);
  return power === leaves ? power / 2 : power;
}

/** The largest power of two that is not more than a count. Beyond 2^47 the logarithm may round up past it. */
function largestPowerWithin(count: number): number {
  const power = 2 ** Math.floor(Math.log2(count));
  return power > count ? power / 2 : power;
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isHash(bytes: Buffer): boolean {
  return bytes.length === hashBytes;
}

function hashAt(bytes: Buffer, at: number): Buffer {
  return bytes.subarray(at * hashBytes, (at + 1) * hashBytes);
}

function taken(hash: Buffer | undefined): Buffer {
  if (hash === undefined) throw new RangeError("the right edge does not belong to this tree size");
  return hash;
}
