// The SQL of the journal's copy. Its rows are the vault's own.
import type { Statement, Transaction } from "@cofferdam/kit/database.ts";

/** A line as it was copied. */
export interface CopiedLine {
  readonly sequence: number;
  readonly hash: Buffer;
}

const selectLines: Statement = {
  name: "select_custody_journal",
  text: `
    select sequence, line_hash
    from vault.custody_journal
    where tenant_id = vault.current_tenant()
    order by sequence`,
};

const insertLine: Statement = {
  name: "insert_custody_journal_line",
  text: `
    insert into vault.custody_journal (tenant_id, sequence, line, line_hash)
    values (vault.current_tenant(), $1, $2, $3)`,
};

/** Every line that was copied, in order. */
export async function readCopiedLines(tx: Transaction): Promise<readonly CopiedLine[]> {
  const rows = await tx.rows<{ readonly sequence: number; readonly line_hash: Buffer }>(selectLines, []);
  return rows.map((row) => ({ sequence: row.sequence, hash: row.line_hash }));
}

export async function storeLine(
  tx: Transaction,
  line: { readonly sequence: number; readonly text: string; readonly hash: Buffer },
): Promise<void> {
  await tx.rows(insertLine, [line.sequence, line.text, line.hash]);
}
