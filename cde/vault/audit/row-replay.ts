// What the log says each token row must be, by replaying the states that its entries commit to; and how the rows that are
// there differ. Pure. Memory is bounded by the number of tokens; one log can have 2^24 of them here, the most a Map holds.

import type { RowState } from "./event.ts";
import type { TokenLine } from "./export-format.ts";

/**
 * - `row_malformed`: not a token row.
 * - `row_missing`: the log has the token, the database has not: the row was deleted.
 * - `row_without_event`: no entry ever committed to this row.
 * - `row_rolled_back`: an older version than the log's last.
 * - `row_ahead`: a newer version than any entry committed to.
 * - `row_revived`: the log deleted the token, the row holds a card again.
 * - `row_edited`: the right version with other contents.
 */
export type RowBreakKind =
  | "row_malformed"
  | "row_missing"
  | "row_without_event"
  | "row_rolled_back"
  | "row_ahead"
  | "row_revived"
  | "row_edited";

/** A token row that is not what the log says. */
export interface RowBreak {
  readonly kind: RowBreakKind;
  /** Null when the line could not be read. */
  readonly token: string | null;
  /** The last entry that committed to the row; null when none did. */
  readonly sequence: number | null;
}

/** The states of all tokens of a log, as far as it has been replayed. */
export class RowReplay {
  readonly #expected = new Map<string, ExpectedRow>();

  /**
   * Takes the state that entry `sequence` commits to. False when it contradicts an earlier entry: a version that went
   * back or has two contents, a deleted token that lives again, one deleted that never lived.
   */
  replay(token: string, sequence: number, { rowVersion, rowDigest }: RowState): boolean {
    const before = this.#expected.get(token);
    const digest = rowDigest === null ? null : rowDigest.toString("base64");
    if (!follows(before, rowVersion, digest)) return false;
    this.#expected.set(token, { rowVersion, rowDigest: digest, sequence });
    return true;
  }

  /** Live tokens and tombstones, as the log has them. */
  counts(): { readonly live: number; readonly deleted: number } {
    let deleted = 0;
    for (const row of this.#expected.values()) if (row.rowDigest === null) deleted += 1;
    return { live: this.#expected.size - deleted, deleted };
  }

  /** Compares the rows that are there with the log; each break as it is found, missing rows last. Ends the replay. */
  *compare(rows: Iterable<TokenLine | null>): Generator<RowBreak> {
    for (const row of rows) {
      const expected = row === null ? undefined : this.#expected.get(row.token);
      const kind = differenceOf(row, expected);
      if (kind !== null) yield { kind, token: row?.token ?? null, sequence: expected?.sequence ?? null };
      if (row !== null) this.#expected.delete(row.token);
    }
    for (const [token, { sequence }] of this.#expected) yield { kind: "row_missing", token, sequence };
  }
}

interface ExpectedRow {
  readonly rowVersion: number;
  /** Base64; null for a tombstone. */
  readonly rowDigest: string | null;
  readonly sequence: number;
}

function follows(before: ExpectedRow | undefined, rowVersion: number, rowDigest: string | null): boolean {
  if (before === undefined) return rowDigest !== null;
  if (rowVersion === before.rowVersion) return rowDigest === before.rowDigest;
  return rowVersion > before.rowVersion && before.rowDigest !== null;
}

function differenceOf(row: TokenLine | null, expected: ExpectedRow | undefined): RowBreakKind | null {
  if (row === null) return "row_malformed";
  if (expected === undefined) return "row_without_event";
  if (expected.rowDigest === null && row.rowDigest !== null) return "row_revived";
  if (row.rowVersion < expected.rowVersion) return "row_rolled_back";
  if (row.rowVersion > expected.rowVersion) return "row_ahead";
  return row.rowDigest === expected.rowDigest ? null : "row_edited";
}
