// Writes what a verifier needs of one tenant into a folder: entries, token rows, checkpoint and history. The entries and
// the rows are read in one snapshot, so that they agree however busy the vault is.

import { mkdir, open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import path from "node:path";
import type { Database, Transaction } from "@cofferdam/kit/database.ts";
import { beginSnapshot, readEvents } from "./audit-store.ts";
import { copyPublished } from "./checkpoint-folder.ts";
import { entriesFile, formatEntryLine, formatTokenLine, tokensFile } from "./export-format.ts";
import type { TokenLine } from "./export-format.ts";

/** Up to `limit` token rows of the transaction's tenant, sorted by token, from the one after `after` on. */
export type TokenPage = (tx: Transaction, after: string, limit: number) => Promise<readonly TokenLine[]>;

export interface TenantExport {
  /** A login of cofferdam_auditor is enough. */
  readonly database: Database;
  readonly tenantId: string;
  readonly readTokens: TokenPage;
  /** Where the checkpoints of all tenants are published. */
  readonly checkpointFolder: string;
  /** The folder of the tenant is made in it. */
  readonly outFolder: string;
  /** Told of each page that was written. */
  readonly onWritten: (lines: number) => void;
}

export interface Exported {
  readonly entries: number;
  readonly tokens: number;
}

/** About 3 MB of entries; memory stays at a page, whatever the size of the log. */
const pageSize = 5_000;

/**
 * Exports one tenant. Throws when the tenant's folder is there already: evidence is not overwritten. A failed export
 * leaves its folder behind, incomplete.
 */
export async function exportTenant(given: TenantExport): Promise<Exported> {
  const folder = path.join(given.outFolder, given.tenantId);
  await mkdir(given.outFolder, { recursive: true, mode: 0o750 });
  await mkdir(folder, { mode: 0o750 });
  // Before the snapshot: a checkpoint of more entries than were exported would look as if entries were missing.
  await copyPublished(path.join(given.checkpointFolder, given.tenantId), folder);
  return given.database.transaction(async (tx) => {
    await beginSnapshot(tx, given.tenantId);
    const entries = await writePages(path.join(folder, entriesFile), entryPages(tx), given.onWritten);
    const tokens = await writePages(path.join(folder, tokensFile), tokenPages(tx, given.readTokens), given.onWritten);
    return { entries, tokens };
  });
}

/** From one entry to the next, as they are: where some are missing the export has the same gap. */
async function* entryPages(tx: Transaction): AsyncGenerator<readonly string[]> {
  for (let from = 0, full = true; full;) {
    const page = await readEvents(tx, from, pageSize);
    yield page.map(({ entry, leafHash }) => formatEntryLine({ entry, leafHash: leafHash.toString("base64") }));
    from = (page.at(-1)?.sequence ?? from) + 1;
    full = page.length === pageSize;
  }
}

async function* tokenPages(tx: Transaction, readTokens: TokenPage): AsyncGenerator<readonly string[]> {
  for (let after = "", full = true; full;) {
    const page = await readTokens(tx, after, pageSize);
    yield page.map(formatTokenLine);
    after = page.at(-1)?.token ?? after;
    full = page.length === pageSize;
  }
}

/** Writes lines page by page, to the disk itself before it returns; gives their number. */
async function writePages(
  file: string,
  pages: AsyncIterable<readonly string[]>,
  onWritten: (lines: number) => void,
): Promise<number> {
  const handle: FileHandle = await open(file, "w", 0o640);
  try {
    let written = 0;
    for await (const lines of pages) {
      await handle.writeFile(lines.map((line) => `${line}\n`).join(""));
      written += lines.length;
      onWritten(lines.length);
    }
    await handle.sync();
    return written;
  } finally {
    await handle.close();
  }
}
