// The SQL of key versions and their wraps. Rows are visible for the transaction's tenant alone.
import type { Statement, Transaction } from "@cofferdam/kit/database.ts";
import type { KeyPurpose, KeyState, KeyVersion } from "./keyring.ts";
import type { KeyWrap } from "./root/root-keys.ts";

/** A key version with the wraps that root keys made of it, side by side. */
export interface WrappedKey extends KeyVersion {
  readonly wraps: readonly KeyWrap[];
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

interface WrapRow {
  readonly key_id: string;
  readonly root_key_id: string;
  readonly wrapped: Buffer;
}

const VERSION_COLUMNS = "key_id, purpose, version, state, is_primary, uses, activated_at";

const selectKeyVersions: Statement = {
  name: "select_key_versions",
  text: `
    select ${VERSION_COLUMNS}
    from vault.key_version
    where tenant_id = $1
    order by purpose, version`,
};

const lockKeyVersionsStatement: Statement = {
  name: "lock_key_versions",
  text: `
    select ${VERSION_COLUMNS}
    from vault.key_version
    where tenant_id = $1
    order by purpose, version
    for update`,
};

const selectWraps: Statement = {
  name: "select_key_wraps",
  text: `
    select key_id, root_key_id, wrapped
    from vault.key_wrap
    where tenant_id = $1
    order by key_id, root_key_id`,
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
    values ($1, $2, $3, $4, $5)
    on conflict (tenant_id, key_id, root_key_id) do nothing`,
};

const deleteWrapStatement: Statement = {
  name: "delete_wrap",
  text: `
    delete from vault.key_wrap
    where tenant_id = $1 and key_id = $2 and root_key_id = $3`,
};

const countWrapsStatement: Statement = {
  name: "count_wraps",
  text: `
    select count(*) as wraps
    from vault.key_wrap
    where tenant_id = $1 and root_key_id = $2`,
};

const updateKeyState: Statement = {
  name: "update_key_state",
  text: `
    update vault.key_version
    set state = $3, is_primary = $4, activated_at = $5
    where tenant_id = $1 and key_id = $2`,
};

const addUses: Statement = {
  name: "add_key_uses",
  text: `
    update vault.key_version
    set uses = uses + $3
    where tenant_id = $1 and key_id = $2`,
};

/** Every key version of a tenant, destroyed ones too, as it is now. */
export async function readKeyVersions(tx: Transaction, tenantId: string): Promise<readonly KeyVersion[]> {
  return (await tx.rows<KeyVersionRow>(selectKeyVersions, [tenantId])).map(keyVersionFrom);
}

/** Every key of the tenant that is not destroyed, with all its wraps. */
export async function readWrappedKeys(tx: Transaction, tenantId: string): Promise<readonly WrappedKey[]> {
  const [versions, wraps] = await Promise.all([
    tx.rows<KeyVersionRow>(selectKeyVersions, [tenantId]),
    tx.rows<WrapRow>(selectWraps, [tenantId]),
  ]);
  const byKey = Map.groupBy(wraps, (row) => row.key_id);
  return versions
    .filter((row) => row.state !== "destroyed")
    .map((row) => ({
      ...keyVersionFrom(row),
      wraps: (byKey.get(row.key_id) ?? []).map((wrap) => ({ rootKeyId: wrap.root_key_id, wrapped: wrap.wrapped })),
    }));
}

/** Every key version of a tenant, locked until the transaction ends. */
export async function lockKeyVersions(tx: Transaction, tenantId: string): Promise<readonly KeyVersion[]> {
  return (await tx.rows<KeyVersionRow>(lockKeyVersionsStatement, [tenantId])).map(keyVersionFrom);
}

/** Stores the state that the keyring's rules gave a key. */
export async function storeKeyState(tx: Transaction, tenantId: string, key: KeyVersion): Promise<void> {
  const activatedAt = key.activatedAtMs === null ? null : new Date(key.activatedAtMs);
  await tx.rows(updateKeyState, [tenantId, key.id, key.state, key.isPrimary, activatedAt]);
}

/** Stores a new active primary key and its wraps. The former primary must have stepped back before. */
export async function storeNewPrimary(
  tx: Transaction,
  key: {
    readonly tenantId: string;
    readonly id: string;
    readonly purpose: KeyPurpose;
    readonly version: number;
    readonly wraps: readonly KeyWrap[];
    readonly now: Date;
  },
): Promise<void> {
  await tx.rows(insertKey, [key.tenantId, key.id, key.purpose, key.version, key.now]);
  for (const wrap of key.wraps) await storeWrap(tx, key.tenantId, key.id, wrap, key.now);
}

/** Stores one more wrap of a key; one by the same root key stays as it is. */
export async function storeWrap(
  tx: Transaction,
  tenantId: string,
  keyId: string,
  wrap: KeyWrap,
  now: Date,
): Promise<void> {
  await tx.rows(insertWrap, [tenantId, keyId, wrap.rootKeyId, wrap.wrapped, now]);
}

/** Removes a wrap. The database refuses to remove the last one of a key that may still be needed. */
export async function deleteWrap(tx: Transaction, tenantId: string, keyId: string, rootKeyId: string): Promise<void> {
  await tx.rows(deleteWrapStatement, [tenantId, keyId, rootKeyId]);
}

/** How many keys of a tenant a root key wraps. */
export async function countWraps(tx: Transaction, tenantId: string, rootKeyId: string): Promise<number> {
  const [row] = await tx.rows<{ readonly wraps: number }>(countWrapsStatement, [tenantId, rootKeyId]);
  return row?.wraps ?? 0;
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
