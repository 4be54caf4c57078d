// The SQL of the journal's copy. Its rows are the vault's own.
import type { Statement, Transaction } from "@cofferdam/kit/database.ts";
import type { ChainEnd, JournalLine } from "./custody-journal.ts";

const selectLines: Statement = {
  name: "select_custody_journal",
  text: `
    select sequence, line_hash
    from vault.custody_journal
    where tenant_id = vault.current_tenant()
    order by sequence`,
};

const selectLastLine: Statement = {
  name: "select_last_custody_journal_line",
  text: `
    select sequence, line_hash
    from vault.custody_journal
    where tenant_id = vault.current_tenant()
    order by sequence desc
    limit 1`,
};

const insertLine: Statement = {
  name: "insert_custody_journal_line",
  text: `
    insert into vault.custody_journal (tenant_id, sequence, line, line_hash)
    values (vault.current_tenant(), $1, $2, $3)`,
};

interface LineRow {
  readonly sequence: number;
  readonly line_hash: Buffer;
}

/** Every line that was copied, in order. */
export async function readCopiedLines(tx: Transaction): Promise<readonly ChainEnd[]> {
  return (await tx.rows<LineRow>(selectLines, [])).map(chainEndFrom);
}

/** The line that was copied last; null for none. */
export async function readLastCopied(tx: Transaction): Promise<ChainEnd | null> {
  return (await tx.rows<LineRow>(selectLastLine, [])).map(chainEndFrom)[0] ?? null;
}

export async function storeLine(tx: Transaction, { sequence, text, hash }: JournalLine): Promise<void> {
  await tx.rows(insertLine, [sequence, text, hash]);
}

function chainEndFrom({ sequence, line_hash: hash }: LineRow): ChainEnd {
  return { sequence, hash };
}
