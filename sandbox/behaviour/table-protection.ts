// What the catalogue says about the vault's tables: the rules that hold for each, also for one that is added tomorrow.
import type { ClientBase } from "pg";

async function names(client: ClientBase, text: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ readonly name: string }>(text);
  return rows.map(({ name }) => name);
}

/** Every table of the schema. */
export function tables(client: ClientBase): Promise<readonly string[]> {
  return names(
    client,
    `
    select relname as name from pg_class
    where relnamespace = 'vault'::regnamespace and relkind in ('r', 'p') order by relname`,
  );
}

/** Tables without row-level security, tables whose owner is exempt from it, and tables without a policy for all roles. */
export function tablesWithoutPolicy(client: ClientBase): Promise<readonly string[]> {
  return names(
    client,
    `
    select relname as name from pg_class c
    where relnamespace = 'vault'::regnamespace and relkind in ('r', 'p')
      and not (relrowsecurity and relforcerowsecurity and exists (
        select from pg_policy p
        where p.polrelid = c.oid and p.polroles = '{0}' and p.polqual is not null and p.polwithcheck is not null))
    order by relname`,
  );
}

/** Unique indexes, primary keys among them, that do not begin with the tenant: across them one could feel for others. */
export function uniqueAcrossTenants(client: ClientBase): Promise<readonly string[]> {
  return names(
    client,
    `
    select i.indexrelid::regclass::text as name from pg_index i
    join pg_class c on c.oid = i.indrelid
    left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
    where c.relnamespace = 'vault'::regnamespace and i.indisunique and a.attname is distinct from 'tenant_id'
    order by 1`,
  );
}

/** Views that read with their owner's rights, and functions that run with them. */
export function borrowedRights(client: ClientBase): Promise<readonly string[]> {
  return names(
    client,
    `
    select proname as name from pg_proc where pronamespace = 'vault'::regnamespace and prosecdef
    union all
    select relname from pg_class
    where relnamespace = 'vault'::regnamespace and relkind in ('v', 'm')
      and not coalesce('security_invoker=true' = any (reloptions), false)`,
  );
}
