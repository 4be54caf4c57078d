// The baseline: the same rows in the same database, written by PostgreSQL's own load generator, with no vault between.
import { execFile } from "node:child_process";
import { glob, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { asAdmin } from "@cofferdam/sandbox/admin-client.ts";

export interface Baseline {
  readonly tokenizePerSecond: number;
  readonly detokenizePerSecond: number;
}

// Copies with the same columns, checks and indexes. No row-level security, no foreign keys: nothing but the rows.
const tables = `
  create schema if not exists bench;
  create table if not exists bench.token (like vault.token including all);
  create table if not exists bench.audit_event (like vault.audit_event including all);
  create table if not exists bench.token_fingerprint (like vault.token_fingerprint including all);
  create sequence if not exists bench.sequence;`;

const tenant = "'11111111-1111-4111-8111-111111111111'";
const key = "'33333333-3333-4333-8333-333333333333'";
// Of the number n: in order, so that detokenize finds one near any number, and of 36 characters behind `tok_`.
const token = "'tok_' || lpad(to_hex(n), 12, '0') || substr(md5(n::text), 1, 24)";

// The sizes are those of the vault: a sealed record of 241 bytes, an entry of 470 characters.
const insertToken = `
  insert into bench.token (tenant_id, token, format, reuse, status, brand, bin, last4, length_class, expiry_month,
    expiry_year, metadata, retention_class, row_version, key_id, sealed, created_at, updated_at, expires_at)
  select ${tenant}, ${token}, 'opaque', 'multi', 'active', 'visa', '400000', '4242', '16', 12, 2031, '{}', 'standard', 1,
    ${key}, decode(repeat(md5(random()::text), 15) || '00', 'hex'), now(), now(), now() + interval '3 years'
  from nextval('bench.sequence') as n;`;

const insertFingerprint = `
  insert into bench.token_fingerprint (tenant_id, index_key_id, fingerprint, format, token)
  select ${tenant}, ${key}, sha256(convert_to(n::text, 'UTF8')), 'opaque', ${token}
  from currval('bench.sequence') as n;`;

const insertEvent = `
  insert into bench.audit_event (tenant_id, sequence, entry, leaf_hash)
  values (${tenant}, nextval('bench.sequence'), repeat('x', 470), decode(repeat(md5(random()::text), 2), 'hex'));`;

const scripts = {
  tokenize: `begin;${insertToken}${insertFingerprint}${insertEvent}\ncommit;\n`,
  detokenize: `\\set n random(0, 49999)
begin;
select sealed from bench.token where tenant_id = ${tenant} and token >= 'tok_' || lpad(to_hex(:n::bigint), 12, '0') order by token limit 1;${insertEvent}
commit;
`,
};

/** Runs pgbench twice over `connections` connections. Null when the machine has no pgbench. */
export async function measureBaseline(
  adminUrl: string,
  options: { readonly seconds: number; readonly connections: number },
): Promise<Baseline | null> {
  const pgbench = await findPgbench();
  if (pgbench === null) return null;
  await asAdmin(adminUrl, (client) => client.query(tables));
  const perSecond = (script: keyof typeof scripts): Promise<number> => run(pgbench, adminUrl, scripts[script], options);
  return { tokenizePerSecond: await perSecond("tokenize"), detokenizePerSecond: await perSecond("detokenize") };
}

async function run(
  pgbench: string,
  adminUrl: string,
  script: string,
  { seconds, connections }: { readonly seconds: number; readonly connections: number },
): Promise<number> {
  const directory = await mkdtemp(path.join(tmpdir(), "cofferdam-bench-"));
  try {
    const file = path.join(directory, "script.sql");
    await writeFile(file, script);
    const { stdout } = await promisify(execFile)(pgbench, [
      "--no-vacuum",
      "--protocol=prepared",
      `--client=${connections}`,
      "--jobs=1",
      `--time=${seconds}`,
      `--file=${file}`,
      adminUrl,
    ]);
    return Number(/tps = ([\d.]+)/.exec(stdout)?.[1] ?? NaN);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function findPgbench(): Promise<string | null> {
  const found = await Array.fromAsync(glob("/usr/lib/postgresql/*/bin/pgbench"));
  return found.sort().at(-1) ?? null;
}
