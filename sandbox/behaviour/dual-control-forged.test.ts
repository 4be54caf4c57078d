// Somebody has the database login of the admin process, and no custodian's key: whatever they write into a proposal's row,
// nothing is done in its name.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { publicKeyDigest, type SignedStatement } from "@cofferdam/cde/vault/keys/ceremony/ceremony-statement.ts";
import { custodian, type Custodian } from "@cofferdam/cde/vault/keys/ceremony/testdata/ceremonies.ts";
import { SYSTEM_TENANT_ID } from "@cofferdam/cde/vault/tenants/system-tenant.ts";
import { sandboxTenants } from "../callers.ts";
import { draftOf, statementBy, type Draft } from "../ceremony.ts";
import { trustDomain, type Identity } from "../pki.ts";
import { standUpAdmin } from "../standing-admin.ts";
import { openTestBed } from "../test-bed.ts";
import { entriesOf } from "./audit-entries.ts";
import { eventually } from "./eventually.ts";

const bed = await openTestBed();
const rotator = bed.databaseAs("rotator");
const admin = await standUpAdmin(bed.standing);
after(async () => {
  await admin.stop();
  await bed[Symbol.asyncDispose]();
});
const { mei, ade } = admin.custodians;
const { tenantId } = sandboxTenants.harbourCoffee;

type Signer = Pick<Identity | Custodian, "workload" | "certificatePem" | "keyPem">;

/** What is written into a row. Of a field that is not named, what would be right. */
interface Forgery {
  readonly what: string;
  readonly draft: Draft;
  readonly by?: readonly [proposer: Signer, approver: Signer];
  readonly statements?: readonly [proposal: SignedStatement | object, approval: SignedStatement | object];
  readonly approvalsNeeded?: 0 | 1;
}

const fresh = (): Draft => draftOf("rotate-data-key", { tenant_id: tenantId });
const [falseMei, falseAde] = [custodian("mei", trustDomain), custodian("ade", trustDomain)];
const [unsigned, ofNobody, alone, ofAnotherFile, past] = [fresh(), fresh(), fresh(), fresh(), fresh()];
const signedFor = draftOf("export-keys", {});
const forgeries: readonly Forgery[] = [
  { what: "that nobody signed for", draft: unsigned, statements: [{}, {}] },
  { what: "that keys of nobody on the roster signed for", draft: ofNobody, by: [falseMei, falseAde] },
  { what: "that says it needs one custodian, and one signed for", draft: alone, approvalsNeeded: 0 },
  {
    what: "whose file is another than the one that was signed for",
    draft: ofAnotherFile,
    statements: [
      statementBy(mei, "propose", { ...signedFor, id: ofAnotherFile.id }),
      statementBy(ade, "approve", { ...signedFor, id: ofAnotherFile.id }),
    ],
  },
];

let statements = 0;
async function write(text: string, values: readonly unknown[]): Promise<void> {
  const statement = { name: `forge_${(statements += 1)}`, text };
  await rotator.asTenant(SYSTEM_TENANT_ID, (tx) => tx.rows(statement, values));
}

/** Proposes, approves and starts in the database alone, each step as the database lets it. */
async function forge({ draft, by = [mei, ade], statements: given, approvalsNeeded = 1 }: Forgery): Promise<void> {
  const [proposer, approver] = by;
  const signed = given ?? [statementBy(proposer, "propose", draft), statementBy(approver, "approve", draft)];
  await write(
    `insert into vault.key_proposal (tenant_id, proposal_id, operation, ceremony, digest, reason, approvals_needed, state,
       proposed_by, proposed_at, expires_at, proposer_key, proposal_statement)
     values (vault.current_tenant(), $1, $2, $3, $4, 'Tried in the sandbox.', $5, 'proposed', $6, now(), $7, $8, $9)`,
    [
      ...[draft.id, draft.operation, draft.ceremony, draft.digest, approvalsNeeded, proposer.workload],
      ...[draft.expiresAt, Buffer.from(publicKeyDigest(proposer.certificatePem), "hex"), JSON.stringify(signed[0])],
    ],
  );
  if (approvalsNeeded > 0) {
    await write(
      `update vault.key_proposal set state = 'approved', approved_by = $2, approved_at = now(), approver_key = $3,
         approval_statement = $4 where proposal_id = $1`,
      [
        ...[draft.id, approver.workload],
        ...[Buffer.from(publicKeyDigest(approver.certificatePem), "hex"), JSON.stringify(signed[1])],
      ],
    );
  }
  await write(
    `update vault.key_proposal set state = 'running', started_by = 'management/custodian-mei', started_at = now()
     where proposal_id = $1`,
    [draft.id],
  );
}

/** A row that begins as one that runs: past the trigger, as only who owns the database can. */
async function writePastTrigger({ id, ceremony, digest, operation }: Draft): Promise<void> {
  await bed.admin.query("begin");
  await bed.admin.query("set local session_replication_role = replica");
  await bed.admin.query(
    `insert into vault.key_proposal (tenant_id, proposal_id, operation, ceremony, digest, reason, approvals_needed, state,
       proposed_by, proposed_at, expires_at, proposer_key, proposal_statement, started_by, started_at)
     values ($1, $2, $3, $4, $5, 'Tried in the sandbox.', 0, 'running', 'management/custodian-mei', now(),
       now() + interval '1 hour', $5, '{}', 'management/custodian-mei', now())`,
    [SYSTEM_TENANT_ID, id, operation, ceremony, digest],
  );
  await bed.admin.query("commit");
}

async function dataKeys(): Promise<number | null> {
  const text = "select from vault.key_version where tenant_id = $1 and purpose = 'data'";
  return (await bed.admin.query(text, [tenantId])).rowCount;
}

interface Row {
  readonly state: string;
  readonly result: string | null;
  readonly transcript: string | null;
}

async function rowOf({ id }: Draft): Promise<Row> {
  const text = "select state, result, transcript from vault.key_proposal where proposal_id = $1";
  return (await bed.admin.query<Row>(text, [id])).rows[0] ?? assert.fail("no such proposal");
}

const before = await dataKeys();
await admin.stop();
for (const forgery of forgeries) await forge(forgery);
await writePastTrigger(past);
await admin.restart();

for (const { what, draft } of [...forgeries, { what: "that was written past the trigger", draft: past }]) {
  test(`an operation ${what} is not carried out, and ends as not signed`, async () => {
    const { state, ...end } = await eventually(
      () => rowOf(draft),
      (row) => row.state !== "running",
      10_000,
    );
    assert.deepEqual([state, end], ["failed", { result: '{"error":"not_signed"}', transcript: null }]);
    const entries = (await entriesOf(bed.adminUrl, SYSTEM_TENANT_ID)).filter(({ object }) => object === draft.id);
    assert.deepEqual(
      entries.map(({ action, outcome, actor }) => [action, outcome, actor.workload]),
      [["ceremony.end", "refused", "cde/vault-admin"]],
    );
  });
}

test("nothing was done in their name, and somebody is told", async () => {
  assert.equal(await dataKeys(), before);
  const metrics = await (await fetch(`${admin.admin.opsUrl}/metrics`)).text();
  const [, count] = /^cofferdam_key_refusals_total\{code="not-signed"[^}]*\} (\d+)$/m.exec(metrics) ?? [];
  assert.equal(Number(count), forgeries.length + 1);
});
