// The SQL that moves rows from one key to another. Rows are visible for the transaction's tenant alone.
import type { Statement, Transaction } from "@cofferdam/kit/database.ts";
import { tokenColumns, tokenRowFrom, type TokenColumns } from "../tokens/token-store.ts";
import type { LiveToken } from "../tokens/token-row.ts";
import type { TokenFormat } from "../tokens/token.ts";

/** A fingerprint under a former index key, and the token whose card it was made of. */
export interface FormerFingerprint {
  readonly fingerprint: Buffer;
  readonly format: TokenFormat;
  readonly row: LiveToken;
}

/** The fingerprint that takes the place of another. */
export interface MovedFingerprint {
  readonly fingerprint: Buffer;
  readonly format: TokenFormat;
  readonly newFingerprint: Buffer;
}

// Compared and ordered as a row, so that no index but that of keys and tokens serves, whatever statistics say: with that
// of tokens alone, the last rows of a key would be looked for among all rows of the tenant.
const selectRowsUnderKey: Statement = {
  name: "select_rows_under_key",
  text: `
    select ${tokenColumns}
    from vault.token t
    where t.tenant_id = $1 and (t.key_id, t.token) > ($2, $3) and t.key_id <= $2
    order by t.key_id, t.token
    limit $4`,
};

// The version that was read must still be there: a row that a caller changed meanwhile is met again in the next pass. The
// tokens are named once more for the planner: each is looked up, and not the rows of a tenant.
const updateSealed: Statement = {
  name: "update_sealed",
  text: `
    update vault.token t
    set sealed = moved.sealed, key_id = $3, row_version = t.row_version + 1
    from unnest($4::text[], $5::integer[], $6::bytea[]) as moved (token, row_version, sealed)
    where t.tenant_id = $1 and t.token = any($4) and t.token = moved.token and t.row_version = moved.row_version
      and t.key_id = $2
    returning t.token`,
};

const selectFingerprintsUnderKey: Statement = {
  name: "select_fingerprints_under_key",
  text: `
    select f.fingerprint, f.format as print_format, ${tokenColumns}
    from vault.token_fingerprint f
    join vault.token t on t.tenant_id = f.tenant_id and t.token = f.token
    where f.tenant_id = $1 and (f.index_key_id, f.token) > ($2, $3) and f.index_key_id <= $2
    order by f.index_key_id, f.token
    limit $4`,
};

const moveFingerprintsStatement: Statement = {
  name: "move_fingerprints",
  text: `
    with gone as (
      delete from vault.token_fingerprint f
      using unnest($4::bytea[], $5::text[], $6::bytea[]) as moved (fingerprint, format, new_fingerprint)
      where f.tenant_id = $1 and f.index_key_id = $2 and f.fingerprint = any($4)
        and f.fingerprint = moved.fingerprint and f.format = moved.format
      returning f.token, f.format, moved.new_fingerprint
    )
    insert into vault.token_fingerprint (tenant_id, index_key_id, fingerprint, format, token)
    select $1, $3, new_fingerprint, format, token
    from gone
    returning token`,
};

interface From {
  readonly tenantId: string;
  readonly keyId: string;
  /** The token after which to go on; the empty text begins. */
  readonly after: string;
  readonly limit: number;
}

/** Rows that are sealed under a data key, in the order of their tokens. */
export async function readRowsUnderKey(tx: Transaction, from: From): Promise<readonly LiveToken[]> {
  const rows = await tx.rows<TokenColumns>(selectRowsUnderKey, [from.tenantId, from.keyId, from.after, from.limit]);
  return rows.map(tokenRowFrom).filter((row) => row.status !== "deleted");
}

/** Replaces the sealed records of rows; gives the tokens of those that were still as they had been read. */
export async function storeResealed(
  tx: Transaction,
  tenantId: string,
  keys: { readonly from: string; readonly to: string },
  rows: readonly LiveToken[],
): Promise<ReadonlySet<string>> {
  if (rows.length === 0) return new Set();
  const updated = await tx.rows<{ readonly token: string }>(updateSealed, [
    tenantId,
    keys.from,
    keys.to,
    rows.map((row) => row.token),
    rows.map((row) => row.rowVersion - 1),
    rows.map((row) => row.sealed),
  ]);
  return new Set(updated.map(({ token }) => token));
}

/** Fingerprints that were made with an index key, with the rows of their tokens. */
export async function readFingerprintsUnderKey(tx: Transaction, from: From): Promise<readonly FormerFingerprint[]> {
  type Columns = TokenColumns & { readonly fingerprint: Buffer; readonly print_format: TokenFormat };
  const rows = await tx.rows<Columns>(selectFingerprintsUnderKey, [from.tenantId, from.keyId, from.after, from.limit]);
  return rows.flatMap((columns) => {
    const row = tokenRowFrom(columns);
    if (row.status === "deleted") return [];
    return [{ fingerprint: columns.fingerprint, format: columns.print_format, row }];
  });
}

/** Replaces fingerprints; gives the tokens of those that were still there. */
export async function moveFingerprints(
  tx: Transaction,
  tenantId: string,
  keys: { readonly from: string; readonly to: string },
  moved: readonly MovedFingerprint[],
): Promise<ReadonlySet<string>> {
  if (moved.length === 0) return new Set();
  const stored = await tx.rows<{ readonly token: string }>(moveFingerprintsStatement, [
    tenantId,
    keys.from,
    keys.to,
    moved.map((print) => print.fingerprint),
    moved.map((print) => print.format),
    moved.map((print) => print.newFingerprint),
  ]);
  return new Set(stored.map(({ token }) => token));
}
