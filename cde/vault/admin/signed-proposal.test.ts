import assert from "node:assert/strict";
import { test } from "node:test";
import { signStatement, type StatementFacts } from "../keys/ceremony/ceremony-statement.ts";
import {
  ade,
  ceremony,
  custodian,
  facts,
  mei,
  secondName,
  transcript,
  type Custodian,
} from "../keys/ceremony/testdata/ceremonies.ts";
import { DualControlError } from "./dual-control.ts";
import type { Proposal } from "./proposal-store.ts";
import { demandSigned, type SigningRules } from "./signed-proposal.ts";

const at = (time: string): number => Date.parse(`2026-11-24T${time}:00.000Z`);
const keyOf = ({ spki }: Custodian): Buffer => Buffer.from(spki, "hex");
const proposal: Proposal = {
  id: facts.proposalId,
  operation: ceremony.operation,
  ceremony: ceremony.text,
  digest: ceremony.digest,
  reason: ceremony.reason,
  approvalsNeeded: 1,
  state: "running",
  proposedBy: mei.workload,
  proposedAtMs: at("10:00"),
  expiresAtMs: facts.expiresAt.getTime(),
  proposerKey: keyOf(mei),
  proposalStatement: JSON.stringify(transcript.proposal),
  approvedBy: ade.workload,
  approvedAtMs: at("10:20"),
  approverKey: keyOf(ade),
  approvalStatement: JSON.stringify(transcript.approval),
  startedBy: mei.workload,
  startedAtMs: at("10:30"),
  endedAtMs: null,
  result: null,
  hasTranscript: false,
  hasArtifact: false,
};
const rosterOf = (...people: readonly Custodian[]): SigningRules["custodians"] =>
  people.map(({ name, workload, spki }) => ({
    name,
    workload,
    publicKey: spki,
    acknowledgedUntil: "2027-06-30",
    shareKey: null,
  }));
const rules: SigningRules = { approvalsNeeded: 1, custodians: rosterOf(mei, ade), trustDomain: "cofferdam.test" };

function approvalBy(person: Custodian, changed: Partial<StatementFacts> = {}): Partial<Proposal> {
  const signed = { ...facts, act: "approve" as const, signedAt: new Date(at("10:20")), ...changed };
  const statement = JSON.stringify(signStatement(signed, person));
  return { approvedBy: person.workload, approverKey: keyOf(person), approvalStatement: statement };
}

test("what two custodians of the roster signed for may be carried out", () => {
  demandSigned(proposal, rules);
});

test("what needs one custodian may be carried out with one signature", () => {
  const none = { approvalsNeeded: 0, approvedBy: null, approverKey: null, approvalStatement: null } as const;
  demandSigned({ ...proposal, ...none }, { ...rules, approvalsNeeded: 0 });
});

const meiAsAde = secondName(mei, "ade");
const unapproved = { approvedBy: null, approverKey: null, approvalStatement: null };
const refused: readonly (readonly [what: string, row: Partial<Proposal>, rules?: Partial<SigningRules>])[] = [
  ["another file", { ceremony: `# changed\n${ceremony.text}` }],
  ["another digest", { digest: Buffer.alloc(32) }],
  ["another operation than its file's", { operation: "destroy-tenant" }],
  ["no file", { ceremony: "operation: rotate" }],
  ["no approval", unapproved],
  ["no approval, and says that it needs none", { ...unapproved, approvalsNeeded: 0 }],
  ["a proposal that is no JSON", { proposalStatement: "x" }],
  ["an approval that is no statement", { approvalStatement: "{}" }],
  ["the proposal in place of the approval", { approvalStatement: proposal.proposalStatement }],
  ["an approval of another proposal", approvalBy(ade, { proposalId: "0199c5d2-7c1e-7000-8000-000000000002" })],
  ["an approval of another file", approvalBy(ade, { digest: Buffer.alloc(32) })],
  ["an approval until another day", approvalBy(ade, { expiresAt: new Date(facts.expiresAt.getTime() + 1_000) })],
  ["another end than was signed for", { expiresAtMs: facts.expiresAt.getTime() + 1_000 }],
  ["an approval by the proposer", approvalBy(mei)],
  ["an approval with the proposer's key", approvalBy(meiAsAde), { custodians: rosterOf(mei, meiAsAde) }],
  ["an approval by a key that is not on the roster", approvalBy(custodian("ade"))],
  ["a proposer who is not on the roster", {}, { custodians: rosterOf(ade) }],
  ["certificates of another house", {}, { trustDomain: "other.test" }],
  ["another approver than signed", { approvedBy: "management/custodian-lin" }],
  ["another proposer's key than signed", { proposerKey: Buffer.alloc(32) }],
  ["an approval of before the proposal", approvalBy(ade, { signedAt: new Date(at("09:50")) })],
  ["an approval of after its end", approvalBy(ade, { signedAt: new Date("2026-11-25T10:06:00.000Z") })],
  ["a start of before the approval", { startedAtMs: at("10:10") }],
  ["a start of after its end", { startedAtMs: facts.expiresAt.getTime() + 360_000 }],
  ["no start", { startedAtMs: null }],
];
for (const [what, row, others = {}] of refused) {
  test(`a row with ${what} is not signed for`, () => {
    assert.throws(
      () => {
        demandSigned({ ...proposal, ...row }, { ...rules, ...others });
      },
      (error: unknown) => error instanceof DualControlError && error.code === "not_signed",
    );
  });
}

test("nothing waits for longer than seven days, whoever signed for it", () => {
  const expiresAt = new Date(at("10:00") + 8 * 86_400_000);
  const statement = JSON.stringify(signStatement({ ...facts, expiresAt }, mei));
  const longer = { expiresAtMs: expiresAt.getTime(), proposalStatement: statement, ...approvalBy(ade, { expiresAt }) };
  assert.throws(() => {
    demandSigned({ ...proposal, ...longer }, rules);
  }, DualControlError);
});
