// The SQL of root keys: which there are and what each may do. They belong to the vault itself, so their rows are visible
// in transactions of its own tenant alone.
import type { Statement, Transaction } from "@cofferdam/kit/database.ts";
import type { RootKeyScheme } from "./root-key.ts";

/** `active` wraps new keys, one for each store; `unwrap-only` is being replaced; `retired` wraps nothing any more. */
export type RootKeyState = "active" | "unwrap-only" | "retired" | "destroyed";

/** A root key as the vault knows it. Times are milliseconds since 1970. */
export interface RegisteredRootKey {
  readonly id: string;
  readonly scheme: RootKeyScheme;
  readonly state: RootKeyState;
  readonly activatedAtMs: number;
}

const COLUMNS = "root_key_id, scheme, state, activated_at";

const selectRootKeys: Statement = {
  name: "select_root_keys",
  text: `
    select ${COLUMNS}
    from vault.root_key
    where tenant_id = vault.current_tenant()
    order by activated_at, root_key_id`,
};

const shareActiveRootKeys: Statement = {
  name: "share_active_root_keys",
  text: `
    select ${COLUMNS}
    from vault.root_key
    where tenant_id = vault.current_tenant() and state = 'active'
    order by root_key_id
    for share`,
};

const insertRootKey: Statement = {
  name: "insert_root_key",
  text: `
    insert into vault.root_key (tenant_id, root_key_id, scheme, state, activated_at)
    values (vault.current_tenant(), $1, $2, 'active', $3)`,
};

const updateRootKeyState: Statement = {
  name: "update_root_key_state",
  text: `
    update vault.root_key
    set state = $2,
      retired_at = case when $2 in ('retired', 'destroyed') then coalesce(retired_at, $3) end,
      destroyed_at = case when $2 = 'destroyed' then $3 end
    where tenant_id = vault.current_tenant() and root_key_id = $1`,
};

const enterTenantStatement: Statement = {
  name: "enter_tenant",
  text: "select pg_catalog.set_config('app.tenant_id', $1, true)",
};

interface RootKeyRow {
  readonly root_key_id: string;
  readonly scheme: RootKeyScheme;
  readonly state: RootKeyState;
  readonly activated_at: Date;
}

/** Every root key that was ever registered, oldest first. */
export async function readRootKeys(tx: Transaction): Promise<readonly RegisteredRootKey[]> {
  return (await tx.rows<RootKeyRow>(selectRootKeys, [])).map(rootKeyFrom);
}

/** The active root keys, kept active until the transaction ends: whoever retires one waits. */
export async function shareActive(tx: Transaction): Promise<readonly RegisteredRootKey[]> {
  return (await tx.rows<RootKeyRow>(shareActiveRootKeys, [])).map(rootKeyFrom);
}

/** Registers a root key as the active one of its store; the former one must have stepped back before. */
export async function registerRootKey(
  tx: Transaction,
  key: { readonly id: string; readonly scheme: RootKeyScheme; readonly now: Date },
): Promise<void> {
  await tx.rows(insertRootKey, [key.id, key.scheme, key.now]);
}

export async function storeRootKeyState(
  tx: Transaction,
  rootKeyId: string,
  state: Exclude<RootKeyState, "active">,
  now: Date,
): Promise<void> {
  await tx.rows(updateRootKeyState, [rootKeyId, state, now]);
}

/** Goes on in the same transaction as another tenant: row-level security shows its rows from here on. */
export async function enterTenant(tx: Transaction, tenantId: string): Promise<void> {
  await tx.rows(enterTenantStatement, [tenantId]);
}

function rootKeyFrom(row: RootKeyRow): RegisteredRootKey {
  return { id: row.root_key_id, scheme: row.scheme, state: row.state, activatedAtMs: row.activated_at.getTime() };
}
