// The SQL that counts what is under a key: the census that a rotation ends with.
import type { Statement, Transaction } from "@cofferdam/kit/database.ts";
import type { KeyPurpose } from "../keys/keyring.ts";

const countTokenRows: Statement = {
  name: "count_rows_under_data_key",
  text: `
    select count(*) as rows
    from vault.token
    where tenant_id = $1 and key_id = $2`,
};

const countFingerprints: Statement = {
  name: "count_rows_under_index_key",
  text: `
    select count(*) as rows
    from vault.token_fingerprint
    where tenant_id = $1 and index_key_id = $2`,
};

// Kept answers name no key: those from before its successor came into use may be its own.
const countAnswers: Statement = {
  name: "count_rows_under_request_key",
  text: `
    select count(*) as rows
    from vault.idempotent_request r
    where r.tenant_id = $1 and r.created_at <= (
      select min(later.activated_at)
      from vault.key_version k
      join vault.key_version later
        on later.tenant_id = k.tenant_id and later.purpose = k.purpose and later.version > k.version
      where k.tenant_id = $1 and k.key_id = $2)`,
};

const countByPurpose: Readonly<Record<KeyPurpose, Statement>> = {
  data: countTokenRows,
  index: countFingerprints,
  request: countAnswers,
};

const insertCertificate: Statement = {
  name: "insert_key_certificate",
  text: `
    insert into vault.key_certificate (tenant_id, key_id, issued_at, note)
    values ($1, $2, $3, $4)`,
};

const selectCertificates: Statement = {
  name: "select_key_certificates",
  text: `
    select key_id, issued_at, note
    from vault.key_certificate
    where tenant_id = $1
    order by issued_at desc`,
};

/** A certificate as it is kept. */
export interface StoredCertificate {
  readonly keyId: string;
  readonly issuedAtMs: number;
  readonly note: string;
}

/** How many rows are under a key version. */
export async function countRows(
  tx: Transaction,
  tenantId: string,
  key: { readonly id: string; readonly purpose: KeyPurpose },
): Promise<number> {
  const [row] = await tx.rows<{ readonly rows: number }>(countByPurpose[key.purpose], [tenantId, key.id]);
  return row?.rows ?? 0;
}

export async function storeCertificate(
  tx: Transaction,
  tenantId: string,
  keyId: string,
  issuedAt: Date,
  note: string,
): Promise<void> {
  await tx.rows(insertCertificate, [tenantId, keyId, issuedAt, note]);
}

/** The certificates of a tenant's keys, newest first. */
export async function readCertificates(tx: Transaction, tenantId: string): Promise<readonly StoredCertificate[]> {
  const rows = await tx.rows<{ readonly key_id: string; readonly issued_at: Date; readonly note: string }>(
    selectCertificates,
    [tenantId],
  );
  return rows.map((row) => ({ keyId: row.key_id, issuedAtMs: row.issued_at.getTime(), note: row.note }));
}
