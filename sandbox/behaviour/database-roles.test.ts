// Beneath the vault: what its database logins can do when the vault's own code does not stand before them.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Client, DatabaseError } from "pg";
import { sandboxTenants, type SandboxTenant } from "../callers.ts";
import { roleNames, type Role } from "../roles.ts";
import { openTestBed } from "../test-bed.ts";
import { openConnection } from "./connection.ts";
import { borrowedRights, tables, tablesWithoutPolicy, uniqueAcrossTenants } from "./table-protection.ts";

const bed = await openTestBed();
const { standing, admin } = bed;
const { harbourCoffee, lanternBooks } = sandboxTenants;
after(() => bed[Symbol.asyncDispose]());

type Row = Readonly<Record<string, unknown>>;

/** What statements of a login give, in one transaction that is rolled back: the last one's rows, or its SQLSTATE. */
async function attempt(
  role: Role,
  statement: string,
  tenant: SandboxTenant | null = harbourCoffee,
): Promise<readonly Row[] | string> {
  const client = new Client({ connectionString: standing.urls[role] });
  await client.connect();
  try {
    await client.query("begin");
    if (tenant !== null) await client.query("select set_config('app.tenant_id', $1, true)", [tenant.tenantId]);
    return (await client.query<Row>(statement)).rows;
  } catch (error) {
    return error instanceof DatabaseError ? (error.code ?? "") : String(error);
  } finally {
    await client.end();
  }
}

const insufficientPrivilege = "42501";
const roles = Object.keys(roleNames) as Role[];
const allTables = await tables(admin);

/** A row in every table for both tenants, so that what is not seen is hidden and not absent. */
async function fillTables(): Promise<void> {
  for (const tenant of [harbourCoffee, lanternBooks]) {
    const authorization = `Bearer ${await standing.accessToken("capture", tenant)}`;
    using capture = openConnection(standing, standing.identities.capture);
    const headers = { authorization, "idempotency-key": "fills-the-table" };
    const body = JSON.stringify({ card: { pan: "4242424242424242" } });
    assert.equal((await capture.send({ method: "POST", path: "/v1/tokens", headers, body })).status, 201);
    await admin.query("insert into vault.audit_subtree (tenant_id, level, node_index, hash) values ($1, 8, 9999, $2)", [
      tenant.tenantId,
      Buffer.alloc(32),
    ]);
    await fillKeyOperations(tenant.tenantId);
  }
  for (const table of allTables) {
    const { rows } = await admin.query<Row>(`select count(distinct tenant_id)::int as tenants from vault.${table}`);
    assert.ok(Number(rows[0]?.["tenants"]) >= 2, table);
  }
  await admin.query("analyze");
}
await fillTables();

/** Rows of key operations. Most of these tables are the vault's own alone; the policies do not rely on that. */
async function fillKeyOperations(tenantId: string): Promise<void> {
  const key = `(select key_id from vault.key_version where tenant_id = '${tenantId}' limit 1)`;
  const text = (length: number): string => "x".repeat(length);
  for (const [table, columns, values] of [
    ["root_key", "root_key_id, scheme, state, activated_at", `'awskms:${tenantId}', 'awskms', 'active', now()`],
    [
      "key_proposal",
      "proposal_id, operation, ceremony, digest, reason, approvals_needed, state, proposed_by, proposed_at, expires_at, proposer_key, proposal_statement",
      `gen_random_uuid(), 'rotate-data-key', 'x', sha256('x'), '${text(10)}', 1, 'proposed', 'x', now(), now() + interval '1 day', sha256('x'), 'x'`,
    ],
    [
      "key_job",
      "job_id, of_tenant_id, kind, from_key_id, state, priority, max_rows_per_second, rows_total, rows_done, after_token, created_at, updated_at",
      `gen_random_uuid(), '${tenantId}', 'reencrypt', ${key}, 'paused', 0, 1, 0, 0, '', now(), now()`,
    ],
    ["key_certificate", "key_id, issued_at, note", `${key}, now(), '${text(100)}'`],
    ["custody_journal", "sequence, line, line_hash", `0, 'xx', sha256('x')`],
  ])
    await admin.query(`insert into vault.${table} (tenant_id, ${columns}) values ('${tenantId}', ${values})`);
}

/** Does the work in a transaction of the administrator that leaves nothing behind. */
async function undone<Result>(statement: string, work: () => Promise<Result>): Promise<Result> {
  await admin.query("begin");
  try {
    await admin.query(statement);
    return await work();
  } finally {
    await admin.query("rollback");
  }
}

test("every table keeps tenants apart, also from its owner", async () => {
  assert.deepEqual(await tablesWithoutPolicy(admin), []);
});

for (const [fault, statement, found] of [
  ["without row-level security", "alter table vault.token disable row level security", "token"],
  ["whose owner is exempt", "alter table vault.key_wrap no force row level security", "key_wrap"],
  ["without its policy", "drop policy own_tenant on vault.audit_event", "audit_event"],
  ["that somebody adds", "create table vault.forgotten (tenant_id uuid)", "forgotten"],
] as const) {
  test(`a table ${fault} would be found`, async () => {
    assert.deepEqual(await undone(statement, () => tablesWithoutPolicy(admin)), [found]);
  });
}

test("every key is unique within a tenant, so that none tells of another's", async () => {
  assert.deepEqual(await uniqueAcrossTenants(admin), []);
  const found = await undone("create unique index across on vault.token (token)", () => uniqueAcrossTenants(admin));
  assert.deepEqual(found, ["vault.across"]);
});

test("no view and no function lends its owner's rights", async () => {
  assert.deepEqual(await borrowedRights(admin), []);
  const statement = "create view vault.everything as select * from vault.token";
  assert.deepEqual(await undone(statement, () => borrowedRights(admin)), ["everything"]);
});

test("no login is more than a login: none bypasses policies, none is a member of another, and only the owner owns", async () => {
  const { rows } = await admin.query<Row>(
    `select rolname from pg_roles
     where rolname = any($1) and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)
     union all select roleid::regrole::text from pg_auth_members where member::regrole::text = any($1) or roleid::regrole::text = any($1)
     union all select relname from pg_class where relnamespace = 'vault'::regnamespace and relowner::regrole::text <> 'cofferdam_owner'`,
    [Object.values(roleNames)],
  );
  assert.deepEqual(rows, []);
});

const forbidden: readonly (readonly [Role, string])[] = [
  ...(
    [
      "update vault.audit_event set entry = entry",
      "delete from vault.audit_event",
      "truncate vault.audit_event",
    ] as const
  ).flatMap((statement) => (["api", "auditor", "rotator"] as const).map((role) => [role, statement] as const)),
  ["api", "delete from vault.token"],
  ["api", "truncate vault.token cascade"],
  ["api", "update vault.audit_head set tenant_id = tenant_id"],
  ["api", "delete from vault.audit_head"],
  ["api", "update vault.audit_subtree set hash = hash"],
  ["api", "update vault.tenant set status = 'active'"],
  ["api", "insert into vault.tenant values (gen_random_uuid(), 'x', 'active', now())"],
  ["api", "update vault.retention_class set max_age_days = 3653"],
  ["api", "update vault.key_version set state = 'destroyed'"],
  ["api", "update vault.key_wrap set wrapped = wrapped"],
  ["auditor", "select from vault.key_wrap"],
  ["auditor", "select from vault.token_fingerprint"],
  ["auditor", "select from vault.idempotent_request"],
  ["rotator", "update vault.token set status = 'active'"],
  ["rotator", "insert into vault.token (tenant_id) values (gen_random_uuid())"],
  ["rotator", "delete from vault.token"],
  ["rotator", "update vault.key_version set version = 7"],
  ["rotator", "update vault.key_version set purpose = 'index'"],
  ["rotator", "delete from vault.key_version"],
  ["rotator", "update vault.key_wrap set wrapped = wrapped"],
  ["rotator", "update vault.root_key set scheme = 'file'"],
  ["rotator", "delete from vault.root_key"],
  ["rotator", "update vault.key_proposal set ceremony = ceremony"],
  ["rotator", "update vault.key_proposal set proposed_by = 'nobody'"],
  ["rotator", "update vault.key_proposal set approvals_needed = 0"],
  ["rotator", "delete from vault.key_proposal"],
  ["rotator", "update vault.key_certificate set note = note"],
  ["rotator", "delete from vault.key_certificate"],
  ["rotator", "update vault.custody_journal set line = line"],
  ["rotator", "delete from vault.custody_journal"],
  ["rotator", "select response from vault.idempotent_request"],
  ["api", "select from vault.root_key"],
  ["api", "select from vault.key_proposal"],
  ["api", "select from vault.key_job"],
  ["api", "select from vault.key_certificate"],
  ["api", "select from vault.custody_journal"],
  ...(["api", "auditor", "rotator"] as const).flatMap((role) =>
    [
      "set role cofferdam_owner",
      "set session authorization cofferdam_owner",
      "set session_replication_role = replica",
      "alter table vault.token disable row level security",
      "drop policy own_tenant on vault.token",
      "create table vault.mine (n int)",
      "create table public.mine (n int)",
      "create temporary table token (n int)",
      "create schema mine",
      "create function public.mine() returns int language sql as 'select 1'",
      "create extension dblink schema vault",
      "alter role current_user superuser",
      "grant cofferdam_owner to current_user",
      "select pg_read_file('/etc/passwd')",
      "copy (select 1) to program 'true'",
      "select from pg_authid",
      "set row_security = off; select from vault.token",
    ].map((statement) => [role, statement] as const),
  ),
];

for (const [role, statement] of forbidden) {
  test(`cofferdam_${role} may not: ${statement}`, async () => {
    assert.equal(await attempt(role, statement), insufficientPrivilege);
  });
}

test("the auditor's login can write to no table and no column of one", async () => {
  const { rows } = await admin.query<Row>(
    `select relname, privilege from pg_class c, unnest(array['insert', 'update', 'delete', 'truncate', 'references', 'trigger']) privilege
     where relnamespace = 'vault'::regnamespace and relkind = 'r'
       and (has_table_privilege('cofferdam_auditor', c.oid, privilege)
         or (privilege in ('insert', 'update', 'references') and has_any_column_privilege('cofferdam_auditor', c.oid, privilege)))`,
  );
  assert.deepEqual(rows, []);
});

test("without a tenant no login sees a row of any table, but for the list of tenants", async () => {
  for (const role of roles) {
    for (const table of allTables) {
      if (table === "tenant" && role !== "owner") continue;
      for (const tenant of [null, { tenantId: "", name: "none" }]) {
        const answer = await attempt(role, `select tenant_id from vault.${table}`, tenant);
        assert.ok(answer === insufficientPrivilege || answer.length === 0, `${role} ${table}`);
      }
    }
  }
});

test("with a tenant every login sees that tenant's rows and no others", async () => {
  for (const role of roles) {
    for (const table of allTables) {
      if (table === "tenant" && role !== "owner") continue;
      const answer = await attempt(role, `select distinct tenant_id from vault.${table}`);
      if (answer !== insufficientPrivilege)
        assert.deepEqual(answer, [{ tenant_id: harbourCoffee.tenantId }], `${role} ${table}`);
    }
  }
});

test("statistics of the tables, which hold samples of rows, are hidden from every login", async () => {
  assert.notEqual((await admin.query("select from pg_stats where schemaname = 'vault'")).rowCount, 0);
  for (const role of ["api", "auditor", "rotator"] as const) {
    assert.deepEqual(await attempt(role, "select tablename from pg_stats where schemaname = 'vault'"), []);
  }
});

test("no login writes a row of another tenant, or gives it one of its own", async () => {
  for (const table of allTables) {
    const { rows } = await admin.query<{ readonly names: string }>(
      `select string_agg(column_name, ', ') as names from information_schema.columns
       where table_schema = 'vault' and table_name = $1 and column_name <> 'tenant_id'`,
      [table],
    );
    const columns = rows[0]?.names ?? "";
    for (const role of roles) {
      const copy = `insert into vault.${table} (tenant_id, ${columns}) select '${lanternBooks.tenantId}', ${columns} from vault.${table} limit 1`;
      const gift = `update vault.${table} set tenant_id = '${lanternBooks.tenantId}'`;
      for (const statement of [copy, gift])
        assert.equal(await attempt(role, statement), insufficientPrivilege, `${role}: ${statement}`);
    }
  }
});
