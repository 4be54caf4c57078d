// Beneath the admin process: what the database says of dual control by itself, to the login that the process has.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { SYSTEM_TENANT_ID } from "@cofferdam/cde/vault/tenants/system-tenant.ts";
import { DatabaseError } from "@cofferdam/kit/database.ts";
import { openTestBed } from "../test-bed.ts";

const bed = await openTestBed();
const rotator = bed.databaseAs("rotator");
after(() => bed[Symbol.asyncDispose]());

const [keyOfMei, keyOfAde] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
let statements = 0;

/** Runs a statement as cofferdam_rotator in the vault's own name. Gives the constraint that refused, or `ok`. */
async function attempt(text: string, values: readonly unknown[]): Promise<string> {
  const statement = { name: `attempt_${(statements += 1)}`, text };
  try {
    await rotator.asTenant(SYSTEM_TENANT_ID, (tx) => tx.rows(statement, values));
    return "ok";
  } catch (error) {
    if (error instanceof DatabaseError) return error.constraint ?? error.sqlState ?? error.code;
    throw error;
  }
}

const insert = (
  id: string,
  approvalsNeeded: number,
  state = "proposed",
  [field, value] = ["started_at", "null"],
): Promise<string> =>
  attempt(
    `insert into vault.key_proposal (tenant_id, proposal_id, operation, ceremony, digest, reason, approvals_needed, state,
       proposed_by, proposed_at, expires_at, proposer_key, proposal_statement, ${field})
     values (vault.current_tenant(), $1, 'destroy-key', 'a file', $2, 'Tried by a test.', $3, $4,
       'management/custodian-mei', now(), now() + interval '1 hour', $5, '{}', ${value})`,
    [id, Buffer.alloc(32), approvalsNeeded, state, keyOfMei],
  );
const approve = (id: string, by: string, key: Buffer, at = "now()"): Promise<string> =>
  attempt(
    `update vault.key_proposal set state = 'approved', approved_by = $2, approved_at = ${at}, approver_key = $3,
       approval_statement = '{}' where proposal_id = $1`,
    [id, by, key],
  );
const begin = (id: string): Promise<string> =>
  attempt(
    "update vault.key_proposal set state = 'running', started_by = 'x', started_at = now() where proposal_id = $1",
    [id],
  );

async function proposed(approvalsNeeded = 1): Promise<string> {
  const id = randomUUID();
  assert.equal(await insert(id, approvalsNeeded), "ok");
  return id;
}

test("the database refuses that one name approves its own proposal, with another key too", async () => {
  const id = await proposed();
  assert.match(await approve(id, "management/custodian-mei", keyOfAde), /^key_proposal_check/);
});

test("the database refuses that one key approves its own proposal, under another name too", async () => {
  const id = await proposed();
  assert.match(await approve(id, "management/custodian-ade", keyOfMei), /^key_proposal_check/);
});

test("the database refuses an approval after the end of the proposal", async () => {
  const id = await proposed();
  const late = "now() + interval '2 hours'";
  assert.match(await approve(id, "management/custodian-ade", keyOfAde, late), /^key_proposal_check/);
});

test("the database refuses to start what needs an approval and has none", async () => {
  assert.match(await begin(await proposed()), /^key_proposal_one_way/);
  assert.equal(await begin(await proposed(0)), "ok");
});

test("the database takes an approval of another name with another key, and a start after it", async () => {
  const id = await proposed();
  assert.equal(await approve(id, "management/custodian-ade", keyOfAde), "ok");
  assert.equal(await begin(id), "ok");
});

test("the database lets a proposal go one way: started once, over for good, and never under another approval", async () => {
  const id = await proposed();
  assert.equal(await approve(id, "management/custodian-ade", keyOfAde), "ok");
  const oneWay = "key_proposal_one_way";
  assert.equal(await approve(id, "management/custodian-lin", Buffer.alloc(32, 3)), oneWay);
  assert.equal(await begin(id), "ok");
  const restart = "update vault.key_proposal set started_at = now() + interval '1 second' where proposal_id = $1";
  assert.equal(await attempt(restart, [id]), oneWay);
  const set = (state: string, ended: string): Promise<string> =>
    attempt(`update vault.key_proposal set state = '${state}', ended_at = ${ended} where proposal_id = $1`, [id]);
  assert.equal(await set("done", "now()"), "ok");
  for (const [state, ended] of [
    ["approved", "null"],
    ["running", "null"],
    ["failed", "now()"],
  ] as const)
    assert.equal(await set(state, ended), oneWay, state);
});

test("the database refuses a second proposal with an id, and one that waits for eight days", async () => {
  const id = await proposed();
  assert.equal(await insert(id, 1), "key_proposal_pkey");
  const longer = "update vault.key_proposal set expires_at = now() + interval '8 days' where proposal_id = $1";
  assert.equal(await attempt(longer, [id]), "42501");
});

test("the database refuses a proposal that does not begin as one", async () => {
  for (const state of ["approved", "running", "done", "failed", "withdrawn"]) {
    assert.equal(await insert(randomUUID(), 0, state), "key_proposal_begins", state);
  }
  const fields: Readonly<Record<string, string>> = {
    approved_by: "'x'",
    approved_at: "now()",
    approver_key: "sha256('x')",
    approval_statement: "'{}'",
    started_by: "'x'",
    started_at: "now()",
    ended_at: "now()",
    result: "'{}'",
    transcript: "'x'",
    artifact: "'x'",
  };
  for (const [field, value] of Object.entries(fields)) {
    assert.equal(await insert(randomUUID(), 1, "proposed", [field, value]), "key_proposal_begins", field);
  }
});

test("the database lets go of what an export made once it is over, and of nothing else", async () => {
  const id = await proposed(0);
  assert.equal(await begin(id), "ok");
  const end = "update vault.key_proposal set state = 'done', ended_at = now(), artifact = 'x' where proposal_id = $1";
  assert.equal(await attempt(end, [id]), "ok");
  const set = (what: string): Promise<string> =>
    attempt(`update vault.key_proposal set ${what} where proposal_id = $1`, [id]);
  assert.equal(await set("artifact = 'another'"), "key_proposal_one_way");
  assert.equal(await set("artifact = null, result = '{}'"), "key_proposal_one_way");
  assert.equal(await set("artifact = null"), "ok");
});

test("the login of the admin process changes no file, no proposer and no number of approvals, and deletes nothing", async () => {
  const id = await proposed();
  for (const change of ["ceremony = 'another'", "proposed_by = 'x'", "proposer_key = digest", "approvals_needed = 0"]) {
    assert.equal(
      await attempt(`update vault.key_proposal set ${change} where proposal_id = $1`, [id]),
      "42501",
      change,
    );
  }
  assert.equal(await attempt("delete from vault.key_proposal where proposal_id = $1", [id]), "42501");
  assert.equal(await attempt("delete from vault.custody_journal where sequence = $1", [0]), "42501");
  assert.equal(await attempt("update vault.custody_journal set line = $1", ["{}"]), "42501");
});
