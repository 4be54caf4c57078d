// The two line formats of an exported log. Pure. Both are JSON with sorted keys, one object a line:
//
//   entries.jsonl   {"entry":<the entry, its canonical text as it was hashed>,"leaf_hash":"<base64 of 32 bytes>"}
//   tokens.jsonl    {"row_digest":"<base64 of 32 bytes>"|null,"row_version":1,"status":"active","token":"tok_…"}
//
// The entry is embedded as it is, so a reader cuts it out by position and never has to spell it again.

/** One line of `entries.jsonl`. */
export interface EntryLine {
  /** Canonical text. */
  readonly entry: string;
  /** Base64 of SHA-256(0x00 ‖ entry), as the database has it. */
  readonly leafHash: string;
}

/** One line of `tokens.jsonl`: what a token row commits to. */
export interface TokenLine {
  readonly token: string;
  readonly rowVersion: number;
  /** Base64 of 32 bytes; null for a tombstone. */
  readonly rowDigest: string | null;
  readonly status: string;
}

/** The name of the file that holds the entries of a log, in order. */
export const entriesFile = "entries.jsonl";
/** The name of the file that holds the token rows, sorted by token. */
export const tokensFile = "tokens.jsonl";

/** Without line break. */
export function formatEntryLine({ entry, leafHash }: EntryLine): string {
  return `${beforeEntry}${entry}${afterEntry}${leafHash}${afterHash}`;
}

/** Null when the line has not this form. What stands in it is for the caller to judge. */
export function parseEntryLine(line: string): EntryLine | null {
  const entryEnd = line.length - afterHash.length - base64HashLength - afterEntry.length;
  const isLine = line.startsWith(beforeEntry) && line.startsWith(afterEntry, entryEnd) && line.endsWith(afterHash);
  if (!isLine || entryEnd <= beforeEntry.length) return null;
  const hashStart = entryEnd + afterEntry.length;
  const leafHash = line.slice(hashStart, hashStart + base64HashLength);
  return { entry: line.slice(beforeEntry.length, entryEnd), leafHash };
}

/** Without line break. */
export function formatTokenLine({ token, rowVersion, rowDigest, status }: TokenLine): string {
  return JSON.stringify({ row_digest: rowDigest, row_version: rowVersion, status, token });
}

/** Null unless the line is exactly what `formatTokenLine` writes. */
export function parseTokenLine(line: string): TokenLine | null {
  try {
    const wire = JSON.parse(line) as Readonly<Record<string, unknown>>;
    const row = {
      token: wire["token"],
      rowVersion: wire["row_version"],
      rowDigest: wire["row_digest"],
      status: wire["status"],
    } as TokenLine;
    return isTokenLine(row) && formatTokenLine(row) === line ? row : null;
  } catch {
    return null;
  }
}

function isTokenLine({ token, rowVersion, rowDigest, status }: TokenLine): boolean {
  const isTombstone = rowDigest === null;
  const hasDigest = isTombstone || (typeof rowDigest === "string" && rowDigest.length === base64HashLength);
  return (
    typeof token === "string" && Number.isSafeInteger(rowVersion) && hasDigest && (status === "deleted") === isTombstone
  );
}

const beforeEntry = '{"entry":';
const afterEntry = ',"leaf_hash":"';
const afterHash = '"}';
/** 32 bytes in base64, padding included. */
const base64HashLength = 44;
