// Ceremonies to their end: a transcript that proves itself, and an operation that survives the death of its process.
import assert from "node:assert/strict";
import { createPublicKey, hash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import { Client } from "pg";
import { verifyTranscript } from "@cofferdam/cde/vault/keys/ceremony/ceremony-verification.ts";
import { SYSTEM_TENANT_ID } from "@cofferdam/cde/vault/tenants/system-tenant.ts";
import { sandboxTenants } from "../callers.ts";
import { rosterOf, writeRoster } from "../custodians.ts";
import type { Identity } from "../pki.ts";
import { standUpAdmin } from "../standing-admin.ts";
import { openTestBed } from "../test-bed.ts";
import { entriesOf } from "./audit-entries.ts";
import { answerOf, approved, decide, draftOf, execute, propose, statementBy, viewOf, type Draft } from "../ceremony.ts";
import { eventually } from "./eventually.ts";

const bed = await openTestBed();
const { standing } = bed;
const admin = await standUpAdmin(standing);
after(async () => {
  await admin.stop();
  await bed[Symbol.asyncDispose]();
});
const { mei, ade, lin } = admin.custodians;
const { auditor } = standing.identities;
const { tenantId } = sandboxTenants.harbourCoffee;
const publicKey = createPublicKey(await readFile(admin.transcriptPublicKeyFile, "utf8"));

async function transcriptOf({ id }: Draft): Promise<string> {
  const path = { proposal_id: id };
  const { data } = await admin
    .client(auditor)
    .GET("/v1/proposals/{proposal_id}/transcript", { params: { path }, parseAs: "text" });
  return data ?? assert.fail("no transcript");
}

async function dataKeys(): Promise<number | null> {
  const text = "select from vault.key_version where tenant_id = $1 and purpose = 'data'";
  return (await bed.admin.query(text, [tenantId])).rowCount;
}

async function fetchedBy(identity: Identity, { id }: Draft): Promise<string> {
  const params = { path: { proposal_id: id } };
  const sent = admin.client(identity).GET("/v1/proposals/{proposal_id}/artifact", { params, parseAs: "text" });
  return (await answerOf(sent)).brief;
}

async function ended(draft: Draft, withinMs = 15_000) {
  return eventually(
    () => viewOf(admin.client(auditor), draft),
    ({ state }) => state === "done" || state === "failed",
    withinMs,
  );
}

async function eventsOf({ id }: Draft): Promise<readonly string[]> {
  const entries = await entriesOf(bed.adminUrl, SYSTEM_TENANT_ID);
  return entries.filter(({ object }) => object === id).map(({ action, actor }) => `${action} ${actor.workload}`);
}

test("a ceremony ends with a transcript that anybody can verify, and an event for each step", async () => {
  const draft = draftOf("rotate-data-key", { tenant_id: tenantId });
  await approved(admin, draft);
  assert.equal((await answerOf(execute(admin.client(lin), draft))).brief, "202");
  const view = await ended(draft);
  assert.equal(view.state, "done", JSON.stringify(view.result));
  const report = verifyTranscript(await transcriptOf(draft), [publicKey]);
  assert.deepEqual(report.breaks, []);
  assert.equal(report.transcript?.started_by, "management/custodian-lin");
  assert.deepEqual(report.transcript.result, view.result);
  assert.deepEqual(await eventsOf(draft), [
    "ceremony.propose management/custodian-mei",
    "ceremony.approve management/custodian-ade",
    "ceremony.start management/custodian-lin",
    "ceremony.end management/custodian-lin",
  ]);
});

test("an operation that fails has a transcript too, and is not started again", async () => {
  // A bundle that is signed by nobody passes the preview, which looks at its digest alone.
  const bundle = '{}\n""\n';
  const draft = draftOf("import-keys", { bundle_sha256: hash("sha256", bundle, "hex") });
  await approved(admin, draft);
  assert.equal((await answerOf(execute(admin.client(mei), draft, { bundle }))).brief, "202");
  const view = await ended(draft);
  assert.deepEqual([view.state, view.result?.["error"]], ["failed", "bundle_refused"]);
  const report = verifyTranscript(await transcriptOf(draft), [publicKey]);
  assert.deepEqual([report.verdict, report.transcript?.outcome], ["intact", "failed"]);
  const again = await answerOf(execute(admin.client(mei), draft, { bundle }));
  assert.equal(again.brief, "409 proposal-conflict already-started");
});

test("what only makes things safer needs one custodian, and no approval is taken for it", async () => {
  const draft = draftOf("revoke-key", { tenant_id: tenantId, purpose: "data", version: 2 });
  assert.equal((await answerOf(propose(admin.client(mei), draft, statementBy(mei, "propose", draft)))).brief, "201");
  const approval = await answerOf(decide(admin.client(ade), "approval", draft, statementBy(ade, "approve", draft)));
  assert.equal(approval.brief, "409 proposal-conflict approval-not-needed");
  assert.equal((await answerOf(execute(admin.client(mei), draft))).brief, "202");
  assert.equal((await ended(draft)).state, "done");
  assert.deepEqual(verifyTranscript(await transcriptOf(draft), [publicKey]).breaks, []);
});

test("an operation whose process is killed goes on at the next start, to one end and one new root key", async () => {
  const draft = draftOf("rotate-root-key", { scheme: "file" });
  await approved(admin, draft);
  await using blocker = await lockedLog(tenantId);
  assert.equal((await answerOf(execute(admin.client(mei), draft))).brief, "202");
  // The new root key is there, and the tenant whose log is locked still waits for its wraps.
  await eventually(
    () => bed.admin.query("select from vault.root_key where scheme = 'file'").then(({ rowCount }) => rowCount),
    (count) => count === 2,
    10_000,
  );
  await admin.admin.kill();
  await blocker.release();
  await admin.restart();
  const view = await ended(draft);
  assert.equal(view.state, "done", JSON.stringify(view.result));
  const { rows } = await bed.admin.query<{ readonly state: string }>(
    "select state from vault.root_key where scheme = 'file' order by activated_at",
  );
  assert.deepEqual(
    rows.map(({ state }) => state),
    ["retired", "active"],
  );
  const events = await eventsOf(draft);
  assert.equal(events.filter((event) => event.startsWith("ceremony.end")).length, 1);
  assert.deepEqual(verifyTranscript(await transcriptOf(draft), [publicKey]).breaks, []);
  const log = await readFile(admin.admin.logFile, "utf8");
  assert.match(log, /an interrupted key operation goes on/);
});

test("two operations that are started at once are carried out one after the other", async () => {
  const drafts = [
    draftOf("rotate-data-key", { tenant_id: tenantId }),
    draftOf("rotate-data-key", { tenant_id: tenantId }),
  ];
  for (const draft of drafts) await approved(admin, draft);
  const answers = await Promise.all(drafts.map((draft) => answerOf(execute(admin.client(mei), draft))));
  assert.deepEqual(
    answers.map(({ brief }) => brief),
    ["202", "202"],
  );
  for (const draft of drafts) {
    const { state, result } = await ended(draft);
    assert.equal(state, "done", JSON.stringify(result));
  }
});

test("an operation waits while another process carries one out", async () => {
  const draft = draftOf("export-keys", {});
  await approved(admin, draft);
  await using other = await heldOperationLock();
  assert.equal((await answerOf(execute(admin.client(mei), draft))).brief, "202");
  await eventually(
    () => readFile(admin.admin.logFile, "utf8"),
    (log) => log.includes("a key operation waits for one of another process"),
    10_000,
  );
  assert.equal((await viewOf(admin.client(auditor), draft)).state, "running");
  await other.release();
  assert.equal((await ended(draft)).state, "done");
});

test("an operation that loses the lock meanwhile is carried out once, and its end is stored under a new one", async () => {
  const draft = draftOf("rotate-data-key", { tenant_id: tenantId });
  await approved(admin, draft);
  const before = await dataKeys();
  await using blocker = await lockedLog(tenantId);
  assert.equal((await answerOf(execute(admin.client(mei), draft))).brief, "202");
  const cut = `select pg_terminate_backend(pid) from pg_locks join pg_database on pg_database.oid = database
    where locktype = 'advisory' and datname = current_database()`;
  await eventually(
    () => bed.admin.query(cut).then(({ rowCount }) => rowCount),
    (count) => count === 1,
    3_000,
  );
  await blocker.release();
  assert.equal((await ended(draft)).state, "done");
  assert.equal(await dataKeys(), (before ?? 0) + 1);
  assert.equal((await eventsOf(draft)).filter((event) => event.startsWith("ceremony.end")).length, 1);
});

test("an operation that a process began and another ended is not carried out again", async () => {
  const draft = draftOf("rotate-data-key", { tenant_id: tenantId });
  await approved(admin, draft);
  await using other = await heldOperationLock();
  assert.equal((await answerOf(execute(admin.client(mei), draft))).brief, "202");
  const text = "update vault.key_proposal set state = 'failed', ended_at = now() where proposal_id = $1";
  await bed.admin.query(text, [draft.id]);
  const events = await eventsOf(draft);
  await other.release();
  // The next one that ends shows that this one's turn is over.
  const next = draftOf("export-keys", {});
  await approved(admin, next);
  assert.equal((await answerOf(execute(admin.client(mei), next))).brief, "202");
  assert.equal((await ended(next)).state, "done");
  assert.deepEqual(await eventsOf(draft), events);
});

test("what an export made is for the two who signed for it, and for a day", async () => {
  const [yesterdays, todays] = [draftOf("export-keys", {}), draftOf("export-keys", {})];
  for (const draft of [yesterdays, todays]) {
    await approved(admin, draft);
    assert.equal((await answerOf(execute(admin.client(lin), draft))).brief, "202");
    assert.equal((await ended(draft)).state, "done");
  }
  assert.equal(await fetchedBy(lin, todays), "403 access-denied");
  assert.equal(await fetchedBy(auditor, todays), "403 access-denied");
  for (const signer of [mei, ade]) assert.equal(await fetchedBy(signer, todays), "200");

  await bed.admin.query("begin");
  await bed.admin.query("set local session_replication_role = replica");
  const longAgo = "update vault.key_proposal set ended_at = now() - interval '24 hours' where proposal_id = $1";
  await bed.admin.query(longAgo, [yesterdays.id]);
  await bed.admin.query("commit");
  await admin.stop();
  await admin.restart();
  const { has_transcript } = await eventually(
    () => viewOf(admin.client(auditor), yesterdays),
    (view) => !view.has_artifact,
    10_000,
  );
  assert.equal(has_transcript, true);
  assert.equal(await fetchedBy(mei, yesterdays), "404 not-found");
  assert.equal(await fetchedBy(mei, todays), "200");
});

test("an operation that a crash interrupted does not go on when somebody who signed for it has left", async () => {
  const draft = draftOf("export-keys", {});
  await approved(admin, draft);
  await using other = await heldOperationLock();
  assert.equal((await answerOf(execute(admin.client(mei), draft))).brief, "202");
  await admin.admin.kill();
  await other.release();
  const [meiLine, , linLine] = rosterOf(admin.custodians);
  assert.ok(meiLine && linLine);
  await writeRoster(admin.rosterFile, [meiLine, linLine]);
  await admin.restart();
  const { state, result } = await ended(draft);
  assert.deepEqual([state, result], ["failed", { error: "not_signed" }]);
});

/** Holds the lock of a tenant's audit log, so that nothing is done to its keys meanwhile. */
function lockedLog(ofTenantId: string): Promise<Held> {
  return held("select from vault.audit_head where tenant_id = $1 for update", [ofTenantId]);
}

/** Holds the lock under which one process carries out one operation. */
function heldOperationLock(): Promise<Held> {
  return held("select pg_advisory_xact_lock(hashtextextended('key operation', 0))", []);
}

type Held = AsyncDisposable & { readonly release: () => Promise<void> };

async function held(text: string, values: readonly string[]): Promise<Held> {
  const client = new Client({ connectionString: bed.adminUrl });
  await client.connect();
  await client.query("begin");
  await client.query(text, [...values]);
  let isOpen = true;
  const release = async (): Promise<void> => {
    if (isOpen) await client.end();
    isOpen = false;
  };
  return { release, [Symbol.asyncDispose]: release };
}
