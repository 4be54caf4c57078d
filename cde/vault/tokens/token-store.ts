// The only SQL on tokens and fingerprints. Rows are visible for the transaction's tenant alone.
import type { Statement, Transaction } from "@cofferdam/kit/database.ts";
import type { Brand } from "../../card/brand.ts";
import type { LengthClass } from "../../card/display.ts";
import type { LiveToken, TokenRow } from "./token-row.ts";
import type { TokenFormat, TokenReuse } from "./token.ts";

/** A row of vault.token as the database gives it. */
export interface TokenColumns {
  readonly tenant_id: string;
  readonly token: string;
  readonly format: TokenFormat;
  readonly reuse: TokenReuse;
  readonly status: "active" | "suspended" | "deleted";
  readonly brand: Brand | null;
  readonly bin: string | null;
  readonly last4: string | null;
  readonly length_class: LengthClass | null;
  readonly expiry_month: number | null;
  readonly expiry_year: number | null;
  readonly metadata: string | null;
  readonly retention_class: string;
  readonly row_version: number;
  readonly key_id: string | null;
  readonly sealed: Buffer | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly expires_at: Date;
}

export interface FingerprintRow {
  readonly fingerprint: Buffer;
  readonly format: TokenFormat;
  readonly token: string;
}

/** The columns of a row, of `vault.token t`. */
export const tokenColumns = `
    t.tenant_id, t.token, t.format, t.reuse, t.status, t.brand, t.bin, t.last4, t.length_class, t.expiry_month,
    t.expiry_year, t.metadata, t.retention_class, t.row_version, t.key_id, t.sealed, t.created_at, t.updated_at,
    t.expires_at`;

const selectTokens: Statement = {
  name: "select_tokens",
  text: `
    select ${tokenColumns}
    from vault.token t
    where t.tenant_id = $1 and t.token = any($2)`,
};

const selectFingerprints: Statement = {
  name: "select_fingerprints",
  text: `
    select fingerprint, format, token
    from vault.token_fingerprint
    where tenant_id = $1 and index_key_id = any($2) and fingerprint = any($3)`,
};

const selectTokenPage: Statement = {
  name: "select_token_page",
  text: `
    select ${tokenColumns}
    from vault.token t
    where t.tenant_id = vault.current_tenant() and t.token > $1
    order by t.token
    limit $2`,
};

// A minted token that exists already, live or tombstone, is left out of the answer: the caller mints another.
const insertTokens: Statement = {
  name: "insert_tokens",
  text: `
    insert into vault.token
      (tenant_id, token, format, reuse, status, brand, bin, last4, length_class, expiry_month, expiry_year, metadata,
       retention_class, row_version, key_id, sealed, created_at, updated_at, expires_at)
    select $1, token, format, reuse, status, brand, bin, last4, length_class, expiry_month, expiry_year, metadata,
      retention_class, row_version, key_id, sealed, created_at, updated_at, expires_at
    from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
      $10::smallint[], $11::smallint[], $12::text[], $13::text[], $14::integer[], $15::uuid[], $16::bytea[],
      $17::timestamptz[], $18::timestamptz[], $19::timestamptz[])
      as new (token, format, reuse, status, brand, bin, last4, length_class, expiry_month, expiry_year, metadata,
        retention_class, row_version, key_id, sealed, created_at, updated_at, expires_at)
    on conflict (tenant_id, token) do nothing
    returning token`,
};

const updateToken: Statement = {
  name: "update_token",
  text: `
    update vault.token
    set status = $4, expiry_month = $5, expiry_year = $6, metadata = $7, row_version = $8, key_id = $9, sealed = $10,
      updated_at = $11, expires_at = $12
    where tenant_id = $1 and token = $2 and row_version = $3 and status <> 'deleted'
    returning token`,
};

const buryToken: Statement = {
  name: "bury_token",
  text: `
    update vault.token
    set status = 'deleted', brand = null, bin = null, last4 = null, length_class = null, expiry_month = null,
      expiry_year = null, metadata = null, key_id = null, sealed = null, row_version = row_version + 1,
      updated_at = $3
    where tenant_id = $1 and token = $2 and status <> 'deleted'
    returning row_version`,
};

const insertFingerprints: Statement = {
  name: "insert_fingerprints",
  text: `
    insert into vault.token_fingerprint (tenant_id, index_key_id, fingerprint, format, token)
    select $1, $2, fingerprint, format, token
    from unnest($3::bytea[], $4::text[], $5::text[]) as new (fingerprint, format, token)`,
};

const deleteFingerprint: Statement = {
  name: "delete_fingerprint",
  text: `
    delete from vault.token_fingerprint
    where tenant_id = $1 and token = $2`,
};

/** The rows of the given tokens, by token; unknown tokens are absent. */
export async function readTokens(
  tx: Transaction,
  tenantId: string,
  tokens: readonly string[],
): Promise<ReadonlyMap<string, TokenRow>> {
  if (tokens.length === 0) return new Map();
  const rows = await tx.rows<TokenColumns>(selectTokens, [tenantId, tokens]);
  return new Map(rows.map((row) => [row.token, tokenRowFrom(row)]));
}

/** The transaction's tenant's rows in the order of their tokens, after `token`. The empty text begins. */
export async function readTokenPage(tx: Transaction, token: string, limit: number): Promise<readonly TokenRow[]> {
  return (await tx.rows<TokenColumns>(selectTokenPage, [token, limit])).map(tokenRowFrom);
}

/**
 * The multi-use tokens of the given cards, by `fingerprintKey`. Two lookups by primary key instead of one join: a join
 * may be planned from the side of the tokens, which reads all of a tenant's.
 */
export async function readTokensByFingerprint(
  tx: Transaction,
  tenantId: string,
  indexKeys: readonly { readonly id: string }[],
  fingerprints: readonly Buffer[],
): Promise<ReadonlyMap<string, TokenRow>> {
  if (fingerprints.length === 0) return new Map();
  const indexKeyIds = indexKeys.map((key) => key.id);
  const found = await tx.rows<FingerprintRow>(selectFingerprints, [tenantId, indexKeyIds, fingerprints]);
  const tokens = await readTokens(
    tx,
    tenantId,
    found.map((row) => row.token),
  );
  const known = new Map<string, TokenRow>();
  for (const { fingerprint, format, token } of found) {
    const row = tokens.get(token);
    if (row !== undefined) known.set(fingerprintKey(fingerprint, format), row);
  }
  return known;
}

/** Names a card in one format: at most one multi-use token has it. */
export function fingerprintKey(fingerprint: Buffer, format: TokenFormat): string {
  return `${format}:${fingerprint.toString("base64")}`;
}

/** Inserts new tokens in one statement; returns those that were free to take. */
export async function storeTokens(
  tx: Transaction,
  tenantId: string,
  rows: readonly LiveToken[],
): Promise<ReadonlySet<string>> {
  if (rows.length === 0) return new Set();
  const column = <Value>(pick: (row: LiveToken) => Value): Value[] => rows.map(pick);
  const stored = await tx.rows<{ readonly token: string }>(insertTokens, [
    tenantId,
    column((row) => row.token),
    column((row) => row.format),
    column((row) => row.reuse),
    column((row) => row.status),
    column((row) => row.brand),
    column((row) => row.bin),
    column((row) => row.last4),
    column((row) => row.lengthClass),
    column((row) => row.expiry?.month ?? null),
    column((row) => row.expiry?.year ?? null),
    column((row) => row.metadata),
    column((row) => row.retentionClass),
    column((row) => row.rowVersion),
    column((row) => row.keyId),
    column((row) => row.sealed),
    column((row) => new Date(row.createdAtMs)),
    column((row) => new Date(row.updatedAtMs)),
    column((row) => new Date(row.expiresAtMs)),
  ]);
  return new Set(stored.map((row) => row.token));
}

/** Replaces a live token's changeable columns. False when the row is no longer at `fromVersion`: nothing changed. */
export async function replaceToken(tx: Transaction, row: LiveToken, fromVersion: number): Promise<boolean> {
  const updated = await tx.rows(updateToken, [
    row.tenantId,
    row.token,
    fromVersion,
    row.status,
    row.expiry?.month ?? null,
    row.expiry?.year ?? null,
    row.metadata,
    row.rowVersion,
    row.keyId,
    row.sealed,
    new Date(row.updatedAtMs),
    new Date(row.expiresAtMs),
  ]);
  return updated.length === 1;
}

/** Destroys a token's card and fingerprint; the tombstone's row version, or null when it was deleted already. */
export async function destroyCard(
  tx: Transaction,
  tenantId: string,
  token: string,
  nowMs: number,
): Promise<number | null> {
  await releaseFingerprint(tx, tenantId, token);
  const buried = await tx.rows<{ readonly row_version: number }>(buryToken, [tenantId, token, new Date(nowMs)]);
  return buried[0]?.row_version ?? null;
}

/** Forgets which card a token stands for: from then on the same card gets another token. */
export async function releaseFingerprint(tx: Transaction, tenantId: string, token: string): Promise<void> {
  await tx.rows(deleteFingerprint, [tenantId, token]);
}

/** Inserts the fingerprints of new multi-use tokens. */
export async function storeFingerprints(
  tx: Transaction,
  tenantId: string,
  indexKeyId: string,
  rows: readonly FingerprintRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.rows(insertFingerprints, [
    tenantId,
    indexKeyId,
    rows.map((row) => row.fingerprint),
    rows.map((row) => row.format),
    rows.map((row) => row.token),
  ]);
}

/** Turns database columns into a row; a row that breaks its own table's checks is refused. */
export function tokenRowFrom(columns: TokenColumns): TokenRow {
  const base = {
    tenantId: columns.tenant_id,
    token: columns.token,
    format: columns.format,
    reuse: columns.reuse,
    retentionClass: columns.retention_class,
    rowVersion: columns.row_version,
    createdAtMs: timeMs(columns.created_at),
    updatedAtMs: timeMs(columns.updated_at),
    expiresAtMs: timeMs(columns.expires_at),
  };
  if (columns.status === "deleted") return { ...base, status: "deleted" };
  const { brand, bin, last4, length_class: lengthClass, metadata, key_id: keyId, sealed } = columns;
  if (
    brand === null ||
    last4 === null ||
    lengthClass === null ||
    metadata === null ||
    keyId === null ||
    sealed === null
  ) {
    throw new TypeError("a live token row lacks a column");
  }
  const { expiry_month: month, expiry_year: year } = columns;
  const expiry = month === null || year === null ? null : { month, year };
  return { ...base, status: columns.status, brand, bin, last4, lengthClass, expiry, metadata, keyId, sealed };
}

/** `infinity` is no Date and nothing that the vault writes: -1 cannot be bound, so such a row does not authenticate. */
function timeMs(time: unknown): number {
  return time instanceof Date ? time.getTime() : -1;
}
