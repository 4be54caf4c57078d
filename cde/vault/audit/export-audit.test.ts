import assert from "node:assert/strict";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { appendFile, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { Database, Transaction } from "@cofferdam/kit/database.ts";
import { createLogger } from "@cofferdam/kit/log.ts";
import { rowDigest } from "../tokens/token-row.ts";
import { tokenRowFrom } from "../tokens/token-store.ts";
import type { TokenColumns } from "../tokens/token-store.ts";
import { appendEvents, lockHead } from "./audit-store.ts";
import { createCheckpointPublisher } from "./checkpoint-publisher.ts";
import type { AuditEvent } from "./event.ts";
import { exportAudit } from "./export-audit.ts";
import type { Readers } from "./export-audit.ts";
import type { TokenLine } from "./export-format.ts";
import { makeAuditDatabase } from "./testdata/audit-database.ts";
import type { AuditDatabase } from "./testdata/audit-database.ts";
import { harbourCoffee, lanternBooks, sampleEvent, sampleToken } from "./testdata/sample-entries.ts";
import { verifyAudit } from "./verify-audit.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const tokenCount = 40;

let database: AuditDatabase;
let api: Database;
let folder: string;

before(async () => {
  database = await makeAuditDatabase();
  api = database.openAs("cofferdam_api");
  await insertTokens();
  await append(harbourCoffee, await creationEvents());
  // More than a page, so that the export turns one.
  await append(
    harbourCoffee,
    Array.from({ length: 5_200 }, () => sampleEvent({ action: "token.read", state: null })),
  );
  await append(lanternBooks, [sampleEvent({ action: "tenant.create", object: lanternBooks, state: null })]);
});

after(() => database[Symbol.asyncDispose]());

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "cofferdam-export-"));
  await writeFile(file("url"), `${database.urlOf("cofferdam_auditor")}\n`);
  await writeFile(file("key.pem"), publicKey.export({ format: "pem", type: "spki" }));
  await publish();
});

afterEach(() => rm(folder, { recursive: true }));

test("what is exported verifies, for every tenant", async () => {
  const exported = await runExport();
  assert.equal(exported.stderr, "");
  assert.equal(exported.code, 0);
  assert.equal(
    exported.stdout,
    `${harbourCoffee}  5241 entries, 40 token rows\n${lanternBooks}  1 entries, 0 token rows\n`,
  );
  const verified = runVerify();
  assert.equal(verified.code, 0);
  assert.match(verified.stdout, /5,241 entries, all proven, 2 checkpoints, 39 live tokens, 1 deleted/);
});

test("entries that arrive while the export runs are not half in it", async () => {
  const arriving: Readers = {
    ...readers,
    readTokens: async (...asked) => {
      await database.asSuperuser("update vault.token set row_version = 9 where token = $1", [sampleToken(3)]);
      await append(harbourCoffee, [sampleEvent({ action: "token.read", state: null })]);
      return readers.readTokens(...asked);
    },
  };
  assert.equal((await runExport(["--tenant", harbourCoffee], arriving)).code, 0);
  assert.equal(runVerify().code, 0);
  await database.asSuperuser("update vault.token set row_version = 1 where token = $1", [sampleToken(3)]);
});

test("a token row that was changed behind the vault's back is named", async () => {
  const row = sampleToken(5);
  for (const [sql, undo, kind] of [
    [
      "update vault.token set expires_at = expires_at + interval '1 year'",
      "update vault.token set expires_at = expires_at - interval '1 year'",
      "row_edited",
    ],
    ["update vault.token set row_version = 7", "update vault.token set row_version = 1", "row_ahead"],
  ] as const) {
    await database.asSuperuser(`${sql} where token = $1`, [row]);
    await runExport(["--tenant", harbourCoffee]);
    const verified = runVerify();
    assert.equal(verified.code, 1);
    assert.match(
      verified.stdout,
      new RegExp(`BROKEN {2}token ${row}, last committed to by entry 5: .* \\(${kind}\\)\n$`),
    );
    await database.asSuperuser(`${undo} where token = $1`, [row]);
    await rm(file("export"), { recursive: true });
  }
});

test("an entry that the database's owner edited or removed is named", async () => {
  const edit =
    "update vault.audit_event set entry = replace(entry, 'capture-page', 'capture-pagf') where tenant_id = $1 and sequence = 17";
  await database.asSuperuser(edit, [harbourCoffee]);
  await runExport(["--tenant", harbourCoffee]);
  assert.match(runVerify().stdout, /BROKEN {2}entry 17: .*leaf_mismatch/);
  await rm(file("export"), { recursive: true });
  await database.asSuperuser("update vault.audit_event set entry = replace(entry, 'capture-pagf', 'capture-page')");

  const removed = await database.asSuperuser(
    "delete from vault.audit_event where tenant_id = $1 and sequence = 4999 returning *",
    [harbourCoffee],
  );
  await runExport(["--tenant", harbourCoffee]);
  assert.match(runVerify().stdout, /BROKEN {2}entry 4999: .*sequence_broken/);
  const { tenant_id, sequence, entry, leaf_hash } = removed[0] ?? {};
  await database.asSuperuser("insert into vault.audit_event values ($1, $2, $3, $4)", [
    tenant_id,
    sequence,
    entry,
    leaf_hash,
  ]);
});

test("evidence is not overwritten, and an unknown tenant is not exported as an empty log", async () => {
  assert.equal((await runExport()).code, 0);
  const entries = path.join(file("export"), harbourCoffee, "entries.jsonl");
  const { mtimeMs } = await stat(entries);
  const again = await runExport();
  assert.equal(again.code, 1);
  assert.match(again.stderr, /EEXIST/);
  assert.equal((await stat(entries)).mtimeMs, mtimeMs);
  const unknown = await runExport(["--tenant", randomUUID()]);
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /neither the database nor the checkpoints know tenant/);
});

test("a history whose last line is being written is copied without that line", async () => {
  await appendFile(path.join(file("checkpoints"), lanternBooks, "history"), '{"note":"cofferdam.te');
  await runExport(["--tenant", lanternBooks]);
  assert.equal(runVerify().code, 0);
  assert.deepEqual((await readdir(path.join(file("export"), lanternBooks))).sort(), [
    "checkpoint",
    "entries.jsonl",
    "history",
    "tokens.jsonl",
  ]);
  assert.match(await readFile(path.join(file("export"), lanternBooks, "history"), "utf8"), /\}\n$/);
});

test("help and wrong calls", async () => {
  const context = contextOf();
  assert.equal(await exportAudit(["--help"], context, readers), 0);
  assert.match(context.written.stdout, /Exit codes/);
  assert.equal(await exportAudit(["--out", file("export")], context, readers), 2);
  assert.match(context.written.stderr, /--database-url-file, --checkpoints and --out are needed/);
});

const readers: Readers = {
  readTenantIds: async (tx) =>
    (await tx.rows<{ readonly tenant_id: string }>(selectTenants, [])).map((row) => row.tenant_id),
  readTokens: async (tx, from, limit) => (await tx.rows<TokenColumns>(selectTokens, [from, limit])).map(tokenLineOf),
};

const selectTenants = { name: "test_tenants", text: "select tenant_id from vault.tenant" };
const selectTokens = {
  name: "test_token_page",
  text: "select * from vault.token where tenant_id = vault.current_tenant() and token > $1 order by token limit $2",
};

function tokenLineOf(columns: TokenColumns): TokenLine {
  const digest = rowDigest(tokenRowFrom(columns));
  return {
    token: columns.token,
    rowVersion: columns.row_version,
    rowDigest: digest?.toString("base64") ?? null,
    status: columns.status,
  };
}

function file(name: string): string {
  return path.join(folder, name);
}

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function runExport(more: readonly string[] = [], given: Readers = readers): Promise<Run> {
  const context = contextOf();
  const args = ["--database-url-file", file("url"), "--checkpoints", file("checkpoints"), "--out", file("export")];
  const code = await exportAudit([...args, ...more], context, given);
  return { code, ...context.written };
}

function runVerify(): Run {
  const context = contextOf();
  const code = verifyAudit(["--export", file("export"), "--public-key", file("key.pem")], context);
  return { code, ...context.written };
}

function contextOf(): Parameters<typeof exportAudit>[1] & { readonly written: { stdout: string; stderr: string } } {
  const written = { stdout: "", stderr: "" };
  return {
    written,
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
    now: () => 0,
  };
}

async function publish(): Promise<void> {
  const publisher = await createCheckpointPublisher({
    database: api,
    directory: file("checkpoints"),
    trustDomain: "cofferdam.test",
    privateKey,
    now: Date.now,
    tenants: () => Promise.resolve([harbourCoffee, lanternBooks]),
    intervalMs: 10_000,
    log: createLogger({ service: "audit-test", level: "silent" }),
  });
  await publisher.stop();
}

async function append(tenantId: string, events: readonly AuditEvent[]): Promise<void> {
  await api.asTenant(tenantId, async (tx: Transaction) => {
    await appendEvents(tx, tenantId, await lockHead(tx, tenantId), events, { now: new Date(), build: "0.1.0+test" });
  });
}

async function creationEvents(): Promise<readonly AuditEvent[]> {
  const rows = await api.asTenant(harbourCoffee, (tx) => tx.rows<TokenColumns>(selectTokens, ["", tokenCount]));
  return rows.flatMap((columns) => {
    const state = { rowVersion: columns.row_version, rowDigest: rowDigest(tokenRowFrom(columns)) };
    const created = sampleEvent({ object: columns.token, state });
    if (state.rowDigest !== null) return [created];
    return [
      sampleEvent({ object: columns.token, state: { rowVersion: 1, rowDigest: Buffer.alloc(32) } }),
      { ...created, action: "token.delete" },
    ];
  });
}

/** Live rows, the last one a tombstone of version 2. Nothing here opens them, so the sealed cards are of no cards. */
async function insertTokens(): Promise<void> {
  const keyId = randomUUID();
  await database.asSuperuser(
    "insert into vault.retention_class values ($1, 'standard', 365, 'for tests of the export')",
    [harbourCoffee],
  );
  await database.asSuperuser(
    `insert into vault.key_version (tenant_id, key_id, purpose, version, state, is_primary, created_at, activated_at)
     values ($1, $2, 'data', 1, 'active', true, now(), now())`,
    [harbourCoffee, keyId],
  );
  await database.asSuperuser(
    `insert into vault.token (tenant_id, token, format, reuse, status, brand, bin, last4, length_class, metadata,
       retention_class, row_version, key_id, sealed, created_at, updated_at, expires_at)
     select $1, token, 'opaque', 'multi', 'active', 'visa', '424242', '4242', '16', '{}', 'standard', 1, $2,
       decode(repeat('ab', 200), 'hex'), now(), now(), now() + interval '1 year'
     from unnest($3::text[]) as token`,
    [harbourCoffee, keyId, Array.from({ length: tokenCount }, (_, at) => sampleToken(at))],
  );
  await database.asSuperuser(
    `update vault.token
     set status = 'deleted', row_version = 2, brand = null, bin = null, last4 = null, length_class = null, metadata = null,
       key_id = null, sealed = null
     where token = $1`,
    [sampleToken(tokenCount - 1)],
  );
}
