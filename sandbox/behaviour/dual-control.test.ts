// Dual control, tried at real processes: for each of four operations, everything that one person alone may try, and what
// the vault answers. The table is printed; whoever reads it sees who fails at what.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { SYSTEM_TENANT_ID } from "@cofferdam/cde/vault/tenants/system-tenant.ts";
import { standUpAdmin } from "../standing-admin.ts";
import { openTestBed } from "../test-bed.ts";
import { entriesByRequest } from "./audit-entries.ts";
import { answerOf, approved, draftOf, propose, statementBy, viewOf, type Answer, type Draft } from "../ceremony.ts";
import { eventually } from "./eventually.ts";
import { loneAttempts, movesOf, triedOperations } from "./lone-custodian.ts";

const bed = await openTestBed();
const { standing } = bed;
const admin = await standUpAdmin(standing);
after(async () => {
  await admin.stop();
  await bed[Symbol.asyncDispose]();
});

const { mei, ade, lin } = admin.custodians;
const { auditor } = standing.identities;

/** Everything that was answered, for the table and for the log. */
const table = new Map<string, Map<string, string>>();
const refusals: { readonly answer: Answer; readonly proposalId: string }[] = [];

const { start, approveAs } = movesOf(admin);
const attempts = await loneAttempts(standing, admin);

/** Those of the four that the sandbox's vault can do: the others need an empty key, and an HSM. */
const startable = { "rotate-root-key": { scheme: "file" }, "export-keys": {} } as const;

async function put(draft: Draft, isApproved: boolean): Promise<void> {
  if (isApproved) await approved(admin, draft);
  else {
    const { brief } = await answerOf(propose(admin.client(mei), draft, statementBy(mei, "propose", draft)));
    assert.equal(brief, "201");
  }
}

function note(name: string, draft: Draft, answer: Answer): void {
  const row = table.get(name) ?? new Map<string, string>();
  row.set(draft.operation, answer.brief);
  table.set(name, row);
  if (answer.problem !== null) refusals.push({ answer, proposalId: draft.id });
}

for (const { name, act, expected, isApproved = false, leaves } of attempts) {
  test(`one custodian alone, who ${name}: ${expected}`, async () => {
    for (const [operation, parameters] of Object.entries(triedOperations)) {
      const draft = draftOf(operation, parameters);
      await put(draft, isApproved);
      const answer = await act(draft);
      note(name, draft, answer);
      assert.equal(answer.brief, expected, operation);
      const { state } = await viewOf(admin.client(auditor), draft);
      assert.equal(state, leaves ?? (isApproved ? "approved" : "proposed"), operation);
    }
  });
}

test("what has expired is neither approved nor started", async () => {
  const drafts = Object.entries(triedOperations).map(([operation, parameters]) => ({
    proposed: draftOf(operation, parameters, new Date(Date.now() + 3_000)),
    approved: draftOf(operation, parameters, new Date(Date.now() + 3_000)),
  }));
  for (const draft of drafts) {
    await put(draft.proposed, false);
    await put(draft.approved, true);
  }
  await sleep(3_100);
  for (const draft of drafts) {
    const approval = await approveAs(ade)(draft.proposed);
    const execution = await start(mei)(draft.approved);
    note("has Ade approve it when it has expired", draft.proposed, approval);
    note("starts an approved one when it has expired", draft.approved, execution);
    assert.equal(approval.brief, "409 proposal-conflict expired");
    assert.equal(execution.brief, "409 proposal-conflict expired");
  }
});

test("two custodians start an operation, once", async () => {
  for (const [operation, parameters] of Object.entries(startable)) {
    const draft = draftOf(operation, parameters);
    await put(draft, true);
    const both = await Promise.all([start(mei)(draft), start(lin)(draft)]);
    const again = await start(ade)(draft);
    note("starts it twice", draft, again);
    assert.deepEqual(both.map(({ brief }) => brief).toSorted(), ["202", "409 proposal-conflict already-started"]);
    assert.equal(again.brief, "409 proposal-conflict already-started");
    const ended = await eventually(
      () => viewOf(admin.client(auditor), draft),
      ({ state }) => state !== "running",
      10_000,
    );
    assert.equal(ended.state, "done", `${operation}: ${JSON.stringify(ended.result)}`);
    assert.equal(ended.has_transcript, true);
  }
});

test("an operation that cannot be done does not begin, and keeps its approval", async () => {
  for (const [operation, rule] of [
    ["destroy-key", "illegal-transition"],
    ["add-wrap", "malformed-reference"],
  ] as const) {
    const draft = draftOf(operation, triedOperations[operation] ?? {});
    await put(draft, true);
    assert.equal((await start(mei)(draft)).brief, `409 operation-refused ${rule}`);
    assert.equal((await viewOf(admin.client(auditor), draft)).state, "approved");
  }
});

test("every refusal is in the vault's own log, with its rule and its proposal", async () => {
  const entries = await entriesByRequest(bed.adminUrl, SYSTEM_TENANT_ID);
  for (const { answer, proposalId } of refusals) {
    const [entry, ...others] = entries.get(answer.requestId) ?? [];
    assert.ok(entry !== undefined && others.length === 0, answer.brief);
    const [status, ...rule] = answer.brief.split(" ");
    assert.equal(entry.action, "ceremony.refuse");
    assert.equal(entry.outcome, status === "403" ? "denied" : "refused");
    assert.equal(entry.reason?.split(" ")[1], rule.join(":"));
    if (!answer.brief.includes("window")) assert.equal(entry.object, proposalId);
  }
});

test("the table", (context) => {
  const width = Math.max(...[...table.keys()].map((name) => name.length));
  for (const [name, answers] of table) {
    const distinct = [...new Set(answers.values())];
    const told = distinct.length === 1 ? (distinct[0] ?? "") : JSON.stringify(Object.fromEntries(answers));
    context.diagnostic(`${name.padEnd(width)}  ${told}  (${answers.size} operations)`);
  }
  assert.ok(attempts.every(({ name }) => table.get(name)?.size === Object.keys(triedOperations).length));
});
