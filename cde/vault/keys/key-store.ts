// The SQL of key versions and their wraps. Rows are visible for the transaction's tenant alone.
import type { Statement, Transaction } from "@cofferdam/kit/database.ts";
import type { KeyPurpose, KeyState, KeyVersion } from "./keyring.ts";

/** A key version with the wrap that one root key made of it. */
export interface WrappedKey extends KeyVersion {
  readonly wrapped: Buffer;
}

interface KeyVersionRow {
  readonly key_id: string;
  readonly purpose: KeyPurpose;
  readonly version: number;
  readonly state: KeyState;
  readonly is_primary: boolean;
  readonly uses: number;
  readonly activated_at: Date | null;
}

type WrappedKeyRow = KeyVersionRow & { readonly wrapped: Buffer };

const selectWrappedKeys: Statement = {
  name: "select_wrapped_keys",
  text: `
    select k.key_id, k.purpose, k.version, k.state, k.is_primary, k.uses, k.activated_at, w.wrapped
    from vault.key_version k
    join vault.key_wrap w on w.tenant_id = k.tenant_id and w.key_id = k.key_id
    where w.root_key_id = $1 and k.state <> 'destroyed'
    order by k.purpose, k.version`,
};

const insertKey: Statement = {
  name: "insert_key",
  text: `
    insert into vault.key_version
      (tenant_id, key_id, purpose, version, state, is_primary, created_at, activated_at)
    values ($1, $2, $3, $4, 'active', true, $5, $5)`,
};

const insertWrap: Statement = {
  name: "insert_wrap",
  text: `
    insert into vault.key_wrap (tenant_id, key_id, root_key_id, wrapped, created_at)
    values ($1, $2, $3, $4, $5)`,
};

const selectKeyVersions: Statement = {
  name: "select_key_versions",
  text: `
    select key_id, purpose, version, state, is_primary, uses, activated_at
    from vault.key_version
    where tenant_id = $1
    order by purpose, version
    for update`,
};

const updateKeyState: Statement = {
  name: "update_key_state",
  text: `
    update vault.key_version
    set state = $3, is_primary = $4
    where tenant_id = $1 and key_id = $2`,
};

const addUses: Statement = {
  name: "add_key_uses",
  text: `
    update vault.key_version
    set uses = uses + $3
    where tenant_id = $1 and key_id = $2`,
};

/** Every key of the tenant that the given root key can unwrap, destroyed ones left out. */
export async function readWrappedKeys(tx: Transaction, rootKeyId: string): Promise<readonly WrappedKey[]> {
  const rows = await tx.rows<WrappedKeyRow>(selectWrappedKeys, [rootKeyId]);
  return rows.map((row) => ({ ...keyVersionFrom(row), wrapped: row.wrapped }));
}

/** Every key version of a tenant, locked until the transaction ends. */
export async function lockKeyVersions(tx: Transaction, tenantId: string): Promise<readonly KeyVersion[]> {
  return (await tx.rows<KeyVersionRow>(selectKeyVersions, [tenantId])).map(keyVersionFrom);
}

/** Stores the state that the keyring's rules gave a key. */
export async function storeKeyState(tx: Transaction, tenantId: string, key: KeyVersion): Promise<void> {
  await tx.rows(updateKeyState, [tenantId, key.id, key.state, key.isPrimary]);
}

/** Stores a new active primary key and its first wrap. */
export async function storeNewPrimary(
  tx: Transaction,
  key: {
    readonly tenantId: string;
    readonly id: string;
    readonly purpose: KeyPurpose;
    readonly version: number;
    readonly rootKeyId: string;
    readonly wrapped: Buffer;
    readonly now: Date;
  },
): Promise<void> {
  await tx.rows(insertKey, [key.tenantId, key.id, key.purpose, key.version, key.now]);
  await tx.rows(insertWrap, [key.tenantId, key.id, key.rootKeyId, key.wrapped, key.now]);
}

/** Counts records sealed under a key, towards its cryptoperiod. */
export async function countUses(tx: Transaction, tenantId: string, keyId: string, uses: number): Promise<void> {
  await tx.rows(addUses, [tenantId, keyId, uses]);
}

function keyVersionFrom(row: KeyVersionRow): KeyVersion {
  return {
    id: row.key_id,
    purpose: row.purpose,
    version: row.version,
    state: row.state,
    isPrimary: row.is_primary,
    uses: row.uses,
    activatedAtMs: row.activated_at?.getTime() ?? null,
  };
}
