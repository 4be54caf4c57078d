// The leak hunt: looks for known card numbers, in every form of `pan-forms.ts`, in bytes, files and folders.
//
// Thousands of numbers make tens of thousands of patterns. All are looked for in one pass: a bitmap of their hashed
// first eight bytes turns nearly every position away, and a map of whole patterns decides about the rest. Fewer bytes
// would not do: of three hexadecimal digits every combination begins some digest.
import { createReadStream } from "node:fs";
import { open, readdir } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { constants, createGunzip } from "node:zlib";
import { formNames, formsOf } from "./pan-forms.ts";

/** A card number where none may be. Nothing in it holds the number. */
export interface Finding {
  /** What was searched: a path, or what the caller named it. Card numbers in a path are starred out. */
  readonly where: string;
  /** Bytes from the beginning of what was searched, where the form begins. */
  readonly offset: number;
  /** One of `formNames`. */
  readonly form: string;
  /** Last four digits and the index in the list that is hunted: `****4242 (card 17)`. */
  readonly pan: string;
}

/** Searches for one list of card numbers. Where forms of one number begin at one offset, only the longest is found. */
export interface PanSearch {
  readonly searchBytes: (bytes: Buffer, where: string) => readonly Finding[];
  /** Finds the same whatever the boundaries between chunks are. */
  readonly searchStream: (chunks: AsyncIterable<Uint8Array>, where: string) => Promise<readonly Finding[]>;
  /** Searches a file of any size; when its name ends in `.gz` also what it inflates to, as far as it goes. */
  readonly searchFile: (file: string) => Promise<readonly Finding[]>;
  /**
   * Searches all files below a folder, and the names of files and folders. Does not follow symbolic links. A file that
   * vanishes meanwhile is left out; one that cannot be read ends the search with the system's error.
   */
  readonly searchTree: (directory: string) => Promise<readonly Finding[]>;
}

/** Narrows the hunt. */
export interface PanSearchOptions {
  /** The forms to report, of `formNames`. Default: all. */
  readonly forms?: readonly string[];
}

/** Makes ready to hunt. Throws RangeError for a form that does not exist and for what is no card number. */
export function createPanSearch(pans: readonly string[], options: PanSearchOptions = {}): PanSearch {
  const patterns = buildIndex(pans, reportedForms(options.forms ?? formNames));
  const search: PanSearch = {
    searchBytes: (bytes, where) => {
      const matches = findMatches(patterns, bytes, bytes.length);
      return toFindings(matches, 0, withoutPans(patterns, where));
    },
    searchStream: (chunks, where) => searchChunks(patterns, chunks, withoutPans(patterns, where)),
    searchFile: async (file) => [
      ...(await search.searchStream(fileChunks(file), file)),
      ...(file.endsWith(".gz") ? await searchInflated(search, file) : []),
    ],
    searchTree: (directory) => searchFolder(search, directory),
  };
  return search;
}

/** How often each form was found; forms that were not are not there. */
export function countByForm(findings: readonly Finding[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { form } of findings) counts.set(form, (counts.get(form) ?? 0) + 1);
  return counts;
}

/** Big enough that calls do not count, small enough that the event loop turns every few milliseconds. */
const chunkBytes = 1024 * 1024;

/** What the hash of a prefix takes in, unless a pattern is shorter: `bcd` of 12 to 15 digits is, with six or seven. */
const maxPrefixBytes = 8;

/** The bitmap has a bit for each value of the upper 22 bits of a hash: half a mebibyte, which stays near the core. */
const bitmapShift = 32 - 22;

interface Pattern {
  readonly pan: string;
  readonly form: string;
  readonly reported: boolean;
}

interface PatternIndex {
  readonly prefixBytes: number;
  readonly longestBytes: number;
  readonly bitmap: Uint8Array;
  /** By the hash of their prefix, the lengths of the patterns that begin so, longest first. */
  readonly lengthsByPrefix: ReadonlyMap<number, readonly number[]>;
  /** By the pattern's bytes as a Latin-1 string; numbers may share a form. */
  readonly patternsByText: ReadonlyMap<string, readonly Pattern[]>;
}

interface Match extends Pattern {
  readonly offset: number;
  readonly length: number;
}

function reportedForms(forms: readonly string[]): ReadonlySet<string> {
  const unknown = forms.find((form) => !formNames.includes(form));
  if (unknown !== undefined) throw new RangeError(`there is no form "${unknown}"; there are: ${formNames.join(", ")}`);
  return new Set(forms);
}

/** Forms that are not reported are indexed too: card numbers in paths are starred out in every form. */
function buildIndex(pans: readonly string[], reported: ReadonlySet<string>): PatternIndex {
  const patternsByText = new Map<string, Pattern[]>();
  for (const [index, pan] of pans.entries()) {
    for (const { form, bytes } of formsOf(pan)) {
      const pattern = { pan: `****${pan.slice(-4)} (card ${index})`, form, reported: reported.has(form) };
      addTo(patternsByText, bytes.toString("latin1"), pattern);
    }
  }
  return { ...indexPrefixes([...patternsByText.keys()]), patternsByText };
}

function indexPrefixes(texts: readonly string[]): Omit<PatternIndex, "patternsByText"> {
  const prefixBytes = texts.reduce((shortest, text) => Math.min(shortest, text.length), maxPrefixBytes);
  const longestBytes = texts.reduce((longest, text) => Math.max(longest, text.length), prefixBytes);
  const bitmap = new Uint8Array(2 ** (32 - bitmapShift) / 8);
  const lengthsByPrefix = new Map<number, number[]>();
  for (const text of texts) {
    const hash = prefixHash(Buffer.from(text, "latin1"), 0, prefixBytes);
    const bit = hash >>> bitmapShift;
    bitmap[bit >>> 3] = (bitmap[bit >>> 3] ?? 0) | (1 << (bit & 7));
    if (lengthsByPrefix.get(hash)?.includes(text.length) !== true) addTo(lengthsByPrefix, hash, text.length);
  }
  for (const lengths of lengthsByPrefix.values()) lengths.sort((one, other) => other - one);
  return { prefixBytes, longestBytes, bitmap, lengthsByPrefix };
}

/** Matches that begin before `end`. */
function* findMatches(index: PatternIndex, bytes: Buffer, end: number): Generator<Match> {
  for (let start = 0; (start = nextCandidate(index, bytes, start, end)) !== -1; start++) {
    for (const length of index.lengthsByPrefix.get(prefixHash(bytes, start, index.prefixBytes)) ?? []) {
      const patterns = index.patternsByText.get(bytes.toString("latin1", start, start + length)) ?? [];
      for (const pattern of patterns) yield { ...pattern, offset: start, length };
    }
  }
}

/** Where, at or after `from` and before `end`, bytes begin that hash like a pattern's prefix, or -1. The hot loop. */
function nextCandidate(index: PatternIndex, bytes: Buffer, from: number, end: number): number {
  const { bitmap, lengthsByPrefix, prefixBytes } = index;
  const firstEnd = from + prefixBytes - 1;
  const stop = Math.min(end + prefixBytes - 1, bytes.length);
  const mask = headMask(prefixBytes);
  let head = 0;
  let tail = 0;
  for (let next = from; next < stop; next++) {
    head = ((head << 8) | (tail >>> 24)) & mask;
    tail = (tail << 8) | (bytes[next] ?? 0);
    const hash = hashOf(head, tail);
    const bit = hash >>> bitmapShift;
    if ((((bitmap[bit >>> 3] ?? 0) >>> (bit & 7)) & 1) === 0 || next < firstEnd) continue;
    if (lengthsByPrefix.has(hash)) return next - prefixBytes + 1;
  }
  return -1;
}

function prefixHash(bytes: Buffer, start: number, prefixBytes: number): number {
  const headBytes = prefixBytes - 4;
  return hashOf(bytes.readUIntBE(start, headBytes) & headMask(prefixBytes), bytes.readInt32BE(start + headBytes));
}

/** A prefix is four bytes of tail and, before them, the bytes of this mask. */
const headMask = (prefixBytes: number): number => -1 >>> (8 * (maxPrefixBytes - prefixBytes));

/** 32 bits of which the upper ones depend on all bytes: odd constants of the golden ratio and of MurmurHash3. */
function hashOf(head: number, tail: number): number {
  const mixed = Math.imul(head, 0x9e3779b1) ^ tail;
  return Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
}

function addTo<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** Matches come in order of offset and, at one offset, longest first: the first of a number is the one to report. */
function toFindings(matches: Iterable<Match>, baseOffset: number, where: string): Finding[] {
  const findings: Finding[] = [];
  let offset = -1;
  const reportedHere = new Set<string>();
  for (const match of matches) {
    if (match.offset !== offset) reportedHere.clear();
    offset = match.offset;
    if (!match.reported || reportedHere.has(match.pan)) continue;
    reportedHere.add(match.pan);
    findings.push({ where, offset: baseOffset + offset, form: match.form, pan: match.pan });
  }
  return findings;
}

function withoutPans(index: PatternIndex, text: string): string {
  const bytes = Buffer.from(text);
  const masked = Buffer.from(bytes);
  for (const { offset, length } of findMatches(index, bytes, bytes.length)) masked.fill("*", offset, offset + length);
  return masked.toString();
}

/** Every position is looked at once, when as many bytes as the longest pattern has are there, or all that will come. */
async function searchChunks(index: PatternIndex, chunks: AsyncIterable<Uint8Array>, where: string): Promise<Finding[]> {
  const found: Finding[][] = [];
  let window = Buffer.alloc(0);
  let windowOffset = 0;
  for await (const chunk of chunks) {
    window = Buffer.concat([window, chunk]);
    const end = Math.max(0, window.length - index.longestBytes + 1);
    found.push(toFindings(findMatches(index, window, end), windowOffset, where));
    window = window.subarray(end);
    windowOffset += end;
  }
  found.push(toFindings(findMatches(index, window, window.length), windowOffset, where));
  return found.flat();
}

async function* fileChunks(file: string): AsyncGenerator<Buffer> {
  await using handle = await open(file);
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(chunkBytes));
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** A file that is still being written ends in the middle of its stream: the sync flush gives what is there. */
async function searchInflated(search: PanSearch, file: string): Promise<readonly Finding[]> {
  const gunzip = createGunzip({ chunkSize: chunkBytes, finishFlush: constants.Z_SYNC_FLUSH });
  const searched = (inflated: AsyncIterable<Buffer>): Promise<readonly Finding[]> =>
    search.searchStream(inflated, `${file} (inflated)`);
  try {
    return await pipeline(createReadStream(file), gunzip, searched);
  } catch (cause) {
    if (codeOf(cause).startsWith("Z_")) throw new Error(`${file} cannot be inflated`, { cause });
    throw cause;
  }
}

async function searchFolder(search: PanSearch, directory: string): Promise<readonly Finding[]> {
  const found: (readonly Finding[])[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const entryPath = path.join(directory, entry.name);
    found.push(search.searchBytes(Buffer.from(entry.name), `${entryPath} (name)`));
    if (entry.isDirectory()) found.push(await unlessVanished(search.searchTree(entryPath)));
    if (entry.isFile()) found.push(await unlessVanished(search.searchFile(entryPath)));
  }
  return found.flat();
}

async function unlessVanished(found: Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await found;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");
