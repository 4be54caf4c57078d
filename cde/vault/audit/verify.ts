// Recomputes an exported audit log from its text alone and says where it first breaks. Pure: it reads no clock, file or
// network, and trusts nothing of the vault but the public key that its checkpoints are signed with.
//
// Five steps: each line is the entry that its hash says; sequences have no gap; the tree of the entries has the root of
// every signed checkpoint; the checkpoints are one history; the token rows are what the entries last committed to.

import { CheckpointError, noteOfHistoryLine, openCheckpoint } from "./checkpoint.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { AuditEntryError, decodeEntry } from "./event.ts";
import type { AuditEntry } from "./event.ts";
import { parseEntryLine, parseTokenLine } from "./export-format.ts";
import { appendLeaf, emptyFrontier, leafHash, rootOf } from "./merkle.ts";
import type { Frontier } from "./merkle.ts";
import { RowReplay } from "./row-replay.ts";
import type { RowBreak } from "./row-replay.ts";
import { NoteError } from "./signed-note.ts";
import type { VerifierKey } from "./signed-note.ts";

/** What is verified: the lines of an export, without line breaks, and the signed notes. */
export interface Evidence {
  readonly tenantId: string;
  /** Keys that may have signed, all under the name of this log. */
  readonly keys: readonly VerifierKey[];
  readonly entries: Iterable<string>;
  /** The newest checkpoint; null when there is none. */
  readonly checkpoint: string | null;
  readonly history: Iterable<string>;
  /** Checkpoints of this log that were kept elsewhere: with one of them a rewritten history cannot hide. */
  readonly witnessed: readonly string[];
  readonly tokens: Iterable<string>;
}

/**
 * - `line_malformed`: not a line of an export, or not an entry.
 * - `leaf_mismatch`: the text is not the one that was hashed.
 * - `sequence_broken`: an entry is missing, added, repeated, moved or renumbered.
 * - `other_tenant`: an entry of another tenant.
 * - `state_contradicted`: an entry commits to a row that an earlier entry rules out.
 * - `root_mismatch`: the entries are not those that the checkpoint signed.
 * - `entries_missing`: the log ends before the size that was signed.
 */
export type EntryBreakKind =
  | "line_malformed"
  | "leaf_mismatch"
  | "sequence_broken"
  | "other_tenant"
  | "state_contradicted"
  | "root_mismatch"
  | "entries_missing";

/**
 * The first broken entry is one of `[first, end)`: one exactly, unless only a signed root or size tells. An entry that is
 * well-formed in itself but not proven (see `Counts`) may still be forged, so a forger who computes hashes and numbers
 * anew can move the break behind his forgery, never behind the next checkpoint.
 */
export interface EntryBreak {
  readonly kind: EntryBreakKind;
  readonly first: number;
  readonly end: number;
}

/**
 * - `checkpoint_missing`: there are entries and nothing vouches for them.
 * - `checkpoint_unreadable`: one that is not a checkpoint of this log, signed with a known key.
 * - `checkpoint_replaced`: an older checkpoint stands where a newer one was published.
 * - `log_forked`: two signed checkpoints that cannot both be of this log: it was shown in two versions.
 */
export type CheckpointBreakKind = "checkpoint_missing" | "checkpoint_unreadable" | "checkpoint_replaced" | "log_forked";

export interface CheckpointBreak {
  readonly kind: CheckpointBreakKind;
  /** Entries before this one are proven by checkpoints that are in order. */
  readonly first: number;
}

export type Break = EntryBreak | CheckpointBreak | RowBreak;

export interface Counts {
  readonly entries: number;
  /** How many of the entries, from the first on, a signed checkpoint proves. */
  readonly proven: number;
  readonly checkpoints: number;
  /** As the log has them: tokens that live, and tombstones. */
  readonly liveTokens: number;
  readonly deletedTokens: number;
}

/** Breaks are in order; a log or history that breaks ends the work at once, token rows are gone through to the end. */
export type Report =
  | { readonly verdict: "intact"; readonly counts: Counts }
  | { readonly verdict: "broken"; readonly counts: Counts; readonly breaks: readonly [Break, ...Break[]] };

/** So many broken token rows are listed; the first ones. */
export const maxListedBreaks = 100;

/** Verifies one tenant's log. Throws nothing of its own; what the iterables throw passes through. */
export function verifyLog(evidence: Evidence): Report {
  const run = new Verification(evidence);
  try {
    run.entriesAndCheckpoints();
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    return { verdict: "broken", counts: run.counts(), breaks: [error.found] };
  }
  const counts = run.counts();
  const [first, ...more] = run.tokenRows();
  return first === undefined ? { verdict: "intact", counts } : { verdict: "broken", counts, breaks: [first, ...more] };
}

class Verification {
  readonly #evidence: Evidence;
  readonly #rows = new RowReplay();
  #frontier: Frontier = emptyFrontier;
  #proven = 0;
  #checkpoints = 0;

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
  }

  counts(): Counts {
    const { live, deleted } = this.#rows.counts();
    const [entries, proven, checkpoints] = [this.#frontier.size, this.#proven, this.#checkpoints];
    return { entries, proven, checkpoints, liveTokens: live, deletedTokens: deleted };
  }

  entriesAndCheckpoints(): void {
    const heads = this.#heads();
    let due = heads.next();
    const settle = (): void => {
      const here: SignedHead[] = [];
      for (; !due.done && due.value.size === this.#frontier.size; due = heads.next()) here.push(due.value);
      if (here.length > 0) this.#compareRoots(here);
    };
    settle();
    for (const line of this.#evidence.entries) {
      this.#take(line);
      settle();
    }
    const { size } = this.#frontier;
    if (!due.done) throw new Broken({ kind: "entries_missing", first: this.#proven, end: due.value.size });
    if (this.#evidence.checkpoint === null && size > 0)
      throw new Broken({ kind: "checkpoint_missing", first: this.#proven });
  }

  tokenRows(): RowBreak[] {
    const breaks: RowBreak[] = [];
    for (const found of this.#rows.compare(mapped(this.#evidence.tokens, parseTokenLine))) {
      breaks.push(found);
      if (breaks.length === maxListedBreaks) break;
    }
    return breaks;
  }

  #take(line: string): void {
    const index = this.#frontier.size;
    const broken = (kind: EntryBreakKind): Broken => new Broken({ kind, first: index, end: index + 1 });
    const parsed = parseEntryLine(line);
    if (parsed === null) throw broken("line_malformed");
    const leaf = leafHash(parsed.entry);
    if (leaf.toString("base64") !== parsed.leafHash) throw broken("leaf_mismatch");
    const entry = entryOf(parsed.entry);
    if (entry === null) throw broken("line_malformed");
    if (entry.tenantId !== this.#evidence.tenantId) throw broken("other_tenant");
    if (entry.sequence !== index) throw broken("sequence_broken");
    const { object, state } = entry;
    if (object !== null && state !== null && !this.#rows.replay(object, index, state))
      throw broken("state_contradicted");
    this.#frontier = appendLeaf(this.#frontier, leaf).frontier;
  }

  /** Compares the tree with all heads that were signed for its size. */
  #compareRoots(heads: readonly SignedHead[]): void {
    const root = rootOf(this.#frontier);
    const others = heads.filter((head) => !head.root.equals(root));
    if (others.length === 0) {
      this.#checkpoints += heads.length;
      this.#proven = this.#frontier.size;
    } else if (others.length < heads.length || others.some((head) => head.isWitnessed)) {
      throw new Broken({ kind: "log_forked", first: this.#proven });
    } else {
      throw new Broken({ kind: "root_mismatch", first: this.#proven, end: this.#frontier.size });
    }
  }

  /** All signed heads by size. The history is read along with the entries; it is in order, or that is a break. */
  *#heads(): Generator<SignedHead> {
    const { checkpoint, history, witnessed } = this.#evidence;
    const newest = checkpoint === null ? null : this.#open(checkpoint, false);
    const kept = witnessed.map((note) => this.#open(note, true));
    const waiting = [...kept, ...(newest === null ? [] : [newest])].sort((one, other) => one.size - other.size);
    let largest = 0;
    for (const line of history) {
      const head = this.#open(() => noteOfHistoryLine(line), false);
      if (head.size < largest) throw new Broken({ kind: "checkpoint_replaced", first: this.#proven });
      largest = head.size;
      while (waiting[0] !== undefined && waiting[0].size < head.size) yield* waiting.splice(0, 1);
      yield head;
    }
    yield* waiting;
    largest = Math.max(largest, ...kept.map((head) => head.size));
    if (newest !== null && newest.size < largest)
      throw new Broken({ kind: "checkpoint_replaced", first: this.#proven });
  }

  #open(note: string | (() => string), isWitnessed: boolean): SignedHead {
    try {
      const text = typeof note === "string" ? note : note();
      return { ...openCheckpoint(text, this.#evidence.keys), isWitnessed };
    } catch (error) {
      if (!(error instanceof NoteError || error instanceof CheckpointError)) throw error;
      throw new Broken({ kind: "checkpoint_unreadable", first: this.#proven });
    }
  }
}

interface SignedHead extends Checkpoint {
  readonly isWitnessed: boolean;
}

/** Carries a break out of the depth where it was found. */
class Broken extends Error {
  readonly found: EntryBreak | CheckpointBreak;

  constructor(found: EntryBreak | CheckpointBreak) {
    super(found.kind);
    this.found = found;
  }
}

function entryOf(text: string): AuditEntry | null {
  try {
    return decodeEntry(text);
  } catch (error) {
    if (error instanceof AuditEntryError) return null;
    throw error;
  }
}

function* mapped<From, To>(values: Iterable<From>, map: (value: From) => To): Generator<To> {
  for (const value of values) yield map(value);
}
