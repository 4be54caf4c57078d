// The audit log of a real vault, exported and verified offline by the commands that an auditor runs.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import {
  validateAuditEventPage,
  validateConsistencyProof,
  validateInclusionProof,
} from "@cofferdam/openapi/validate-response.ts";
import { decodeEntry } from "@cofferdam/cde/vault/audit/event.ts";
import { leafHash, nodeHash, verifyConsistency, verifyInclusion } from "@cofferdam/cde/vault/audit/merkle.ts";
import { sandboxTenants } from "../callers.ts";
import { openTestBed } from "../test-bed.ts";

const repository = path.resolve(import.meta.dirname, "../..");
const bed = await openTestBed({ environment: { VAULT_CHECKPOINT_INTERVAL: "200ms" } });
const { admin } = bed;
const folder = await mkdtemp(path.join(tmpdir(), "audit-"));
after(async () => {
  await bed[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const [capture, payment, egress, auditor] = [
  await bed.client("capture"),
  await bed.client("payment"),
  await bed.client("egress"),
  await bed.client("auditor"),
];
const { tenantId } = sandboxTenants.harbourCoffee;
const tokens: string[] = [];
let exports = 0;

interface Run {
  readonly code: number;
  readonly output: string;
}

function command(program: string, args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [path.join(repository, program), ...args], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, output: stdout + stderr });
    });
  });
}

/** Exports with the auditor's own login, then verifies with nothing but the files and the public key. */
async function exportAndVerify(): Promise<Run> {
  const out = path.join(folder, `export-${++exports}`);
  const urlFile = path.join(folder, "auditor-url");
  await writeFile(urlFile, bed.standing.urls.auditor, { mode: 0o600 });
  const exported = await command("cde/vault/export-audit.ts", [
    "--database-url-file",
    urlFile,
    "--checkpoints",
    bed.standing.checkpointDirectory,
    "--out",
    out,
  ]);
  assert.equal(exported.code, 0, exported.output);
  return command("cde/vault/audit/verify-audit.ts", [
    "--export",
    out,
    "--public-key",
    bed.standing.checkpointPublicKeyFile,
  ]);
}

async function afterACheckpoint(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 600));
}

before(async () => {
  for (const pan of ["4242424242424242", "5555555555554444", "378282246310005", "6011111111111117"]) {
    const { data } = await capture.POST("/v1/tokens", { body: { card: { pan } } });
    tokens.push(data?.token ?? "");
  }
  const [first = "", second = ""] = tokens;
  await egress.POST("/v1/tokens/{token}/detokenize", {
    params: { path: { token: first } },
    body: { purpose: "refund" },
  });
  await payment.PATCH("/v1/tokens/{token}", {
    params: { path: { token: first } },
    body: { metadata: { order: "7261" } },
  });
  await payment.DELETE("/v1/tokens/{token}", { params: { path: { token: second } } });
  await afterACheckpoint();
});

test("an untouched log verifies, token rows included", async () => {
  const { code, output } = await exportAndVerify();
  assert.equal(code, 0, output);
});

test("every attempt is in the log with who, what, on which token, why, from where and in which request", async () => {
  const { data } = await auditor.GET("/v1/audit/events", { params: { query: { from: 0, limit: 500 } } });
  const page = validateAuditEventPage(data);
  assert.ok(page.ok);
  const entries = page.value.events.map(({ entry }) => decodeEntry(entry));
  assert.deepEqual(
    entries.map((entry) => entry.sequence),
    [...entries.keys()],
  );
  const detokenized = entries.find((entry) => entry.action === "token.detokenize");
  assert.deepEqual(
    [
      detokenized?.actor,
      detokenized?.object,
      detokenized?.outcome,
      detokenized?.reason,
      detokenized?.origin,
      detokenized?.tenantId,
    ],
    [{ workload: "cde/egress", clientId: "egress" }, tokens[0], "allowed", "refund", "127.0.0.1", tenantId],
  );
  assert.ok(
    entries.some((entry) => entry.action === "audit.read"),
    "reading the log is in the log",
  );
});

test("inclusion and consistency proofs of the API verify", async () => {
  const { data } = await auditor.GET("/v1/audit/events", { params: { query: { from: 0, limit: 500 } } });
  const size = data?.events.length ?? 0;
  for (const { sequence, entry } of data?.events ?? []) {
    const inclusion = validateInclusionProof(
      (await auditor.GET("/v1/audit/proofs/inclusion", { params: { query: { sequence, size } } })).data,
    );
    assert.ok(inclusion.ok);
    const proof = inclusion.value.proof.map((hash) => Buffer.from(hash, "base64"));
    const root = Buffer.from(inclusion.value.root, "base64");
    assert.ok(verifyInclusion({ leafHash: leafHash(entry), index: sequence, size, root, proof }));
    assert.ok(!verifyInclusion({ leafHash: leafHash(`${entry} `), index: sequence, size, root, proof }));
  }
  const consistency = validateConsistencyProof(
    (await auditor.GET("/v1/audit/proofs/consistency", { params: { query: { from: 3, to: size } } })).data,
  );
  assert.ok(consistency.ok);
  const { from_root: fromRoot, to_root: toRoot, proof } = consistency.value;
  const bytes = (hash: string): Buffer => Buffer.from(hash, "base64");
  assert.ok(
    verifyConsistency({ from: 3, to: size, fromRoot: bytes(fromRoot), toRoot: bytes(toRoot), proof: proof.map(bytes) }),
  );
});

const attacks: readonly (readonly [what: string, sql: string, named: () => RegExp])[] = [
  ["a deleted token row", "delete from vault.token where token = $1", () => new RegExp(tokens[3] ?? "")],
  ["an edited row", "update vault.token set last4 = '0000' where token = $1", () => new RegExp(tokens[3] ?? "")],
  [
    "an edited audit entry",
    `update vault.audit_event set entry = replace(entry, 'refund', 'theft!') where entry like '%refund%' and $1 <> ''`,
    () => /entry \d+/,
  ],
  [
    "an audit entry taken away",
    "delete from vault.audit_event where sequence = 5 and $1 <> '' and tenant_id = '11111111-1111-4111-8111-111111111111'",
    () => /entry 5/,
  ],
];

for (const [what, sql, named] of attacks) {
  test(`the verifier names ${what}`, async () => {
    // The attack is undone afterwards from a copy of the tables.
    await admin.query(
      "create table if not exists public.kept_token as table vault.token; create table if not exists public.kept_event as table vault.audit_event; create table if not exists public.kept_print as table vault.token_fingerprint",
    );
    await admin.query("delete from vault.token_fingerprint where token = $1", [tokens[3]]);
    const { rowCount } = await admin.query(sql, [tokens[3]]);
    assert.equal(rowCount, 1);
    const { code, output } = await exportAndVerify();
    await admin.query(
      "delete from vault.token_fingerprint; delete from vault.token; insert into vault.token table public.kept_token; delete from vault.audit_event; insert into vault.audit_event table public.kept_event; insert into vault.token_fingerprint table public.kept_print; drop table public.kept_token, public.kept_event, public.kept_print",
    );
    assert.equal(code, 1, output);
    assert.match(output, named());
  });
}

test("a token row put back from before its last change is named", async () => {
  const [, , third = ""] = tokens;
  const old =
    (await admin.query<Record<string, unknown>>("select * from vault.token where token = $1", [third])).rows[0] ?? {};
  await payment.PATCH("/v1/tokens/{token}", { params: { path: { token: third } }, body: { status: "suspended" } });
  await afterACheckpoint();
  const columns = ["status", "metadata", "row_version", "sealed", "updated_at"];
  await admin.query(
    `update vault.token set ${columns.map((name, at) => `${name} = $${at + 2}`).join(", ")} where token = $1`,
    [third, ...columns.map((name) => old[name])],
  );
  const { code, output } = await exportAndVerify();
  assert.equal(code, 1, output);
  assert.match(output, new RegExp(third));
});

test("a vault whose database was rolled back raises the alarm and is not ready", async () => {
  const { rows } = await admin.query<{ size: number }>(
    "select size::int as size from vault.audit_head where tenant_id = $1",
    [tenantId],
  );
  await bed.standing.vault.stop();
  await admin.query("delete from vault.audit_event where tenant_id = $1 and sequence >= 2", [tenantId]);
  const frontier = leafHashesOf(
    await admin.query<{ leaf_hash: Buffer }>(
      "select leaf_hash from vault.audit_event where tenant_id = $1 order by sequence",
      [tenantId],
    ),
  );
  await admin.query("update vault.audit_head set size = 2, frontier = $2 where tenant_id = $1", [tenantId, frontier]);
  assert.ok((rows[0]?.size ?? 0) > 2);
  await bed.standing.restart();
  const response = await fetch(`${bed.standing.vault.opsUrl}/readyz`);
  assert.equal(response.status, 503);
  assert.match(await response.text(), /"audit-head","ok":false/);
  assert.match(await readFile(bed.standing.vault.logFile, "utf8"), /log_shrunk|shorter|rolled back/);
});

/** The right edge of a log of two entries: one node. */
function leafHashesOf({ rows }: { readonly rows: readonly { readonly leaf_hash: Buffer }[] }): Buffer {
  const [left, right] = rows.map((row) => row.leaf_hash);
  assert.ok(left && right);
  return nodeHash(left, right);
}
