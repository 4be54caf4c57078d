import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { signNote } from "../../audit/signed-note.ts";
import { createOperations } from "../../rotation/operations.ts";
import { signStatement, type SignedStatement, type StatementFacts } from "./ceremony-statement.ts";
import {
  TranscriptError,
  formatTranscript,
  openCeremonyNote,
  parseTranscript,
  type CeremonyTranscript,
} from "./ceremony-transcript.ts";
import { verifyTranscript, type TranscriptBreak } from "./ceremony-verification.ts";
import { ade, custodian, facts, mei, secondName, signedNote, transcript, vaultKey } from "./testdata/ceremonies.ts";

const keys = [vaultKey.publicKey];
const at = (time: string): Date => new Date(`2026-11-${time}:00.000Z`);
const approvalBy = (person: typeof mei, changed: Partial<StatementFacts> = {}): SignedStatement =>
  signStatement({ ...facts, act: "approve", signedAt: at("24T10:20"), ...changed }, person);

function breaksOf(changed: Partial<CeremonyTranscript>): readonly string[] {
  return verifyTranscript(signedNote(changed), keys).breaks.map(({ code, of }: TranscriptBreak) => `${of} ${code}`);
}

test("a transcript reads back as it was written, and has one text", () => {
  assert.deepEqual(parseTranscript(openCeremonyNote(signedNote(), keys)), transcript);
  const [format, json = ""] = formatTranscript(transcript).split("\n");
  assert.equal(format, "cofferdam/ceremony-transcript/1");
  assert.throws(() => parseTranscript(`${format}\n${json.replace(",", ", ")}\n`), TranscriptError);
  assert.throws(() => parseTranscript(`${format}\n${json.replace("{", '{"zzz":1,')}\n`), TranscriptError);
  assert.throws(() => parseTranscript(`${format}\n${json}\n\n`), TranscriptError);
});

test("a ceremony that went as it should is intact in five steps", () => {
  const report = verifyTranscript(signedNote(), keys);
  assert.equal(report.verdict, "intact");
  assert.deepEqual(
    report.steps.map(({ name }) => name),
    ["signature", "ceremony", "statements", "custodians", "times"],
  );
  assert.equal(report.approval?.workload, ade.workload);
});

test("an earlier key of the vault verifies too, and no other does", () => {
  const other = generateKeyPairSync("ed25519");
  assert.equal(verifyTranscript(signedNote(), [other.publicKey, ...keys]).verdict, "intact");
  assert.deepEqual(verifyTranscript(signedNote(), [other.publicKey]).breaks, [
    { code: "note_refused", of: "transcript" },
  ]);
});

test("a letter changed in the note breaks the signature, and nothing else is looked at", () => {
  const report = verifyTranscript(signedNote().replace('"rewrapped":12', '"rewrapped":13'), keys);
  assert.deepEqual(report.breaks, [{ code: "note_refused", of: "transcript" }]);
  assert.equal(report.steps.length, 1);
  assert.equal(report.transcript, null);
});

test("a note of the vault that is no transcript is not taken for one", () => {
  const note = signNote("hello\n", "cofferdam.test/key-ceremonies", vaultKey.privateKey);
  assert.deepEqual(verifyTranscript(note, keys).breaks, [{ code: "transcript_malformed", of: "transcript" }]);
});

test("a revocation needs one person alone, and nothing else does", () => {
  const approval = { approvals_needed: 0, approval: null } as const;
  assert.deepEqual(breaksOf(approval), ["transcript approval_missing"]);
  const operation = "revoke-key";
  assert.deepEqual(breaksOf({ ...approval, operation }), ["transcript operation_mismatch"]);
});

test("the verifier knows by itself which operations one person may do alone", () => {
  for (const { name: operation, approvalsNeeded } of createOperations(1).values()) {
    const ceremony = transcript.ceremony.replace("rotate-root-key", operation);
    const isMissed = breaksOf({ operation, ceremony, approvals_needed: 0, approval: null }).includes(
      "transcript approval_missing",
    );
    assert.equal(isMissed, approvalsNeeded === 1, operation);
  }
});

// The vault's own key is no way round the custodians: what it signs is checked against what they signed.
const forged: readonly (readonly [what: string, changed: Partial<CeremonyTranscript>, breaks: readonly string[]])[] = [
  ["another file", { ceremony: transcript.ceremony.replace("pkcs11", "file") }, ["transcript digest_mismatch"]],
  ["no ceremony file", { ceremony: "x" }, ["transcript ceremony_unreadable"]],
  ["another operation", { operation: "destroy-key" }, ["transcript operation_mismatch"]],
  ["no approval", { approval: null }, ["transcript approval_missing"]],
  ["an approval by the proposer", { approval: approvalBy(mei) }, ["approval same_custodian", "approval same_key"]],
  [
    "an approval with the proposer's key under another name",
    { approval: approvalBy(secondName(mei, "ade")) },
    ["approval not_a_custodian", "approval same_key"],
  ],
  [
    "an approval with another key in the proposer's name",
    { approval: approvalBy(custodian("mei")) },
    ["approval not_a_custodian", "approval same_custodian"],
  ],
  ["an approval by nobody's custodian", { approval: approvalBy(custodian("eve")) }, ["approval not_a_custodian"]],
  [
    "a custodian who had left",
    { custodians: transcript.custodians.filter(({ name }) => name !== "ade") },
    ["approval not_a_custodian"],
  ],
  [
    "an approval of another proposal",
    { approval: approvalBy(ade, { proposalId: "0199c5d2-7c1e-7000-8000-000000000002" }) },
    ["approval other_proposal"],
  ],
  [
    "an approval of another file",
    { approval: approvalBy(ade, { digest: Buffer.alloc(32) }) },
    ["approval other_digest"],
  ],
  ["another end", { approval: approvalBy(ade, { expiresAt: at("25T11:00") }) }, ["approval other_expiry"]],
  ["a withdrawal for an approval", { approval: approvalBy(ade, { act: "withdraw" }) }, ["approval other_act"]],
  [
    "a custodian of another house",
    { approval: approvalBy(custodian("ade", "elsewhere.test")) },
    ["approval other_trust_domain", "approval not_a_custodian"],
  ],
  [
    "a statement that was changed",
    { approval: { ...approvalBy(ade), statement: transcript.proposal.statement } },
    ["approval statement_refused"],
  ],
  [
    "an approval before the proposal",
    { approval: approvalBy(ade, { signedAt: at("24T09:00") }) },
    ["approval approved_outside_window"],
  ],
  [
    "an approval after the end",
    { approval: approvalBy(ade, { signedAt: at("25T11:00") }) },
    ["approval approved_outside_window", "transcript started_outside_window"],
  ],
  [
    "a start after the end",
    { started_at: "2026-11-26T00:00:00.000Z", ended_at: "2026-11-26T00:00:01.000Z" },
    ["transcript started_outside_window"],
  ],
  ["an end before the start", { ended_at: "2026-11-24T10:29:00.000Z" }, ["transcript ended_before_start"]],
];
for (const [what, changed, breaks] of forged) {
  test(`a transcript with ${what} is broken, though the vault signed it`, () => {
    assert.deepEqual(breaksOf(changed), breaks);
  });
}

test("a proposal that was open for more than seven days is broken", () => {
  const wide = { expiresAt: at("30T10:00"), signedAt: at("20T10:00") };
  const [proposal, approval] = [
    signStatement({ ...facts, ...wide }, mei),
    approvalBy(ade, { expiresAt: wide.expiresAt }),
  ];
  assert.deepEqual(breaksOf({ proposal, approval }), ["proposal window_too_long"]);
});
