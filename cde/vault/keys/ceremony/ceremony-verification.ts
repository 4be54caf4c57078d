// Verifies a ceremony's transcript offline, with nothing but the vault's public key: five steps, each with what it found
// broken. Pure.
//
//   signature   the vault signed this text, and it is a transcript
//   ceremony    the ceremony file is the one with that digest, and asks for that operation
//   statements  each is signed by the certificate in it, and is about this proposal, this file, this end
//   custodians  two people, two keys, both on the roster as it was then
//   times       proposed, approved and started in that order, before the proposal ended
import type { KeyObject } from "node:crypto";
import { NoteError } from "../../audit/signed-note.ts";
import { CeremonyFileError, readCeremonyFile, type CeremonyFile } from "./ceremony-file.ts";
import {
  StatementError,
  verifyStatement,
  type SignedStatement,
  type StatementAct,
  type VerifiedStatement,
} from "./ceremony-statement.ts";
import {
  TranscriptError,
  ceremonySigner,
  ceremonyVerifiers,
  openCeremonyNote,
  parseTranscript,
  type CeremonyTranscript,
} from "./ceremony-transcript.ts";

/**
 * - `note_refused`: not signed with the key, or changed since. `transcript_malformed`: signed, and no transcript.
 * - `digest_mismatch`, `ceremony_unreadable`, `operation_mismatch`: the file is another one, none, or asks for another
 *   operation than was recorded.
 * - `statement_refused`: it does not verify by itself. `other_act`, `other_proposal`, `other_digest`, `other_expiry`: it
 *   verifies and says something else. `other_trust_domain`: its certificate is of another house than the vault's key.
 * - `approval_missing`: one person alone, for what needs two. `same_custodian`, `same_key`: one person twice.
 *   `not_a_custodian`: not on the roster with that key.
 * - `window_too_long`: the proposal was open for more than seven days. `approved_outside_window`,
 *   `started_outside_window`: not between the proposal and its end. `ended_before_start`.
 */
export type TranscriptBreakCode =
  | "note_refused"
  | "transcript_malformed"
  | "digest_mismatch"
  | "ceremony_unreadable"
  | "operation_mismatch"
  | "statement_refused"
  | "other_act"
  | "other_proposal"
  | "other_digest"
  | "other_expiry"
  | "other_trust_domain"
  | "approval_missing"
  | "same_custodian"
  | "same_key"
  | "not_a_custodian"
  | "window_too_long"
  | "approved_outside_window"
  | "started_outside_window"
  | "ended_before_start";

/** What is broken, and in which part of the transcript. */
export interface TranscriptBreak {
  readonly code: TranscriptBreakCode;
  readonly of: "transcript" | "proposal" | "approval";
}

export type TranscriptStepName = "signature" | "ceremony" | "statements" | "custodians" | "times";

export interface TranscriptStep {
  readonly name: TranscriptStepName;
  readonly breaks: readonly TranscriptBreak[];
}

/** Without a signature nothing else is looked at. `file` and statements are null where they could not be read. */
export interface TranscriptReport {
  readonly verdict: "intact" | "broken";
  readonly steps: readonly TranscriptStep[];
  readonly breaks: readonly TranscriptBreak[];
  readonly transcript: CeremonyTranscript | null;
  readonly file: CeremonyFile | null;
  readonly proposal: VerifiedStatement | null;
  readonly approval: VerifiedStatement | null;
}

/** Verifies a transcript against the keys that may have signed it. Throws NoteError `key_malformed` for an unfit key. */
export function verifyTranscript(note: string, publicKeys: readonly KeyObject[]): TranscriptReport {
  const transcript = opened(note, publicKeys);
  if (typeof transcript === "string") return reportOf({ signature: [of("transcript", transcript)] }, nothing);
  const file = readOrNull(() => readCeremonyFile(Buffer.from(transcript.ceremony)), CeremonyFileError);
  const statements = { proposal: verified(transcript.proposal), approval: verified(transcript.approval) };
  const signer = ceremonyVerifiers(note, publicKeys)[0]?.name ?? "";
  const breaks = {
    signature: [],
    ceremony: ceremonyBreaks(transcript, file),
    statements: statementBreaks(transcript, statements, signer),
    custodians: custodianBreaks(transcript, statements),
    times: timeBreaks(transcript, statements),
  };
  return reportOf(breaks, { transcript, file, ...statements });
}

/** What may be done by one person alone, because it only ever makes things safer. */
const ALONE: readonly string[] = ["revoke-key"];
const LONGEST_WINDOW_MS = 7 * 24 * 3_600_000;
const nothing = { transcript: null, file: null, proposal: null, approval: null };

interface Statements {
  readonly proposal: VerifiedStatement | null;
  readonly approval: VerifiedStatement | null;
}

function opened(
  note: string,
  publicKeys: readonly KeyObject[],
): CeremonyTranscript | "note_refused" | "transcript_malformed" {
  try {
    return parseTranscript(openCeremonyNote(note, publicKeys));
  } catch (error) {
    if (error instanceof NoteError && error.code !== "key_malformed") return "note_refused";
    if (error instanceof TranscriptError) return "transcript_malformed";
    throw error;
  }
}

function verified(statement: SignedStatement | null): VerifiedStatement | null {
  return statement === null ? null : readOrNull(() => verifyStatement(statement), StatementError);
}

function ceremonyBreaks(transcript: CeremonyTranscript, file: CeremonyFile | null): TranscriptBreak[] {
  if (file === null) return [of("transcript", "ceremony_unreadable")];
  return found(
    [file.digest.toString("hex") !== transcript.digest, of("transcript", "digest_mismatch")],
    [file.operation !== transcript.operation, of("transcript", "operation_mismatch")],
  );
}

function statementBreaks(transcript: CeremonyTranscript, statements: Statements, signer: string): TranscriptBreak[] {
  const expiresAtMs = statements.proposal?.facts.expiresAt.getTime();
  return parts(transcript).flatMap(([part, act]) => {
    const statement = statements[part];
    if (statement === null) return [of(part, "statement_refused")];
    const { facts, trustDomain } = statement;
    return found(
      [facts.act !== act, of(part, "other_act")],
      [facts.proposalId !== transcript.proposal_id, of(part, "other_proposal")],
      [facts.digest.toString("hex") !== transcript.digest, of(part, "other_digest")],
      [facts.expiresAt.getTime() !== expiresAtMs, of(part, "other_expiry")],
      [ceremonySigner(trustDomain) !== signer, of(part, "other_trust_domain")],
    );
  });
}

function custodianBreaks(transcript: CeremonyTranscript, { proposal, approval }: Statements): TranscriptBreak[] {
  const isAlone = transcript.approvals_needed === 0 && ALONE.includes(transcript.operation);
  const missing = found([transcript.approval === null && !isAlone, of("transcript", "approval_missing")]);
  const unlisted = parts(transcript).flatMap(([part]) => {
    const statement = part === "proposal" ? proposal : approval;
    return found([statement !== null && !isListed(transcript, statement), of(part, "not_a_custodian")]);
  });
  if (proposal === null || approval === null) return [...missing, ...unlisted];
  return [
    ...missing,
    ...unlisted,
    ...found(
      [proposal.workload === approval.workload, of("approval", "same_custodian")],
      [proposal.spki.equals(approval.spki), of("approval", "same_key")],
    ),
  ];
}

function isListed({ custodians }: CeremonyTranscript, { workload, spki }: VerifiedStatement): boolean {
  return custodians.some((each) => each.workload === workload && each.spki === spki.toString("hex"));
}

function timeBreaks(transcript: CeremonyTranscript, { proposal, approval }: Statements): TranscriptBreak[] {
  const [startedMs, endedMs] = [Date.parse(transcript.started_at), Date.parse(transcript.ended_at)];
  const disordered = found([endedMs < startedMs, of("transcript", "ended_before_start")]);
  if (proposal === null) return disordered;
  const [proposedMs, expiresMs] = [proposal.facts.signedAt.getTime(), proposal.facts.expiresAt.getTime()];
  const approvedMs = approval?.facts.signedAt.getTime() ?? proposedMs;
  return [
    ...found(
      [expiresMs - proposedMs > LONGEST_WINDOW_MS + CLOCKS_APART_MS, of("proposal", "window_too_long")],
      [!isWithin(approvedMs, proposedMs, expiresMs), of("approval", "approved_outside_window")],
      [!isWithin(startedMs, approvedMs, expiresMs), of("transcript", "started_outside_window")],
    ),
    ...disordered,
  ];
}

/** Custodians' clocks and the vault's may lie so far apart: the vault takes no statement that is further off. */
const CLOCKS_APART_MS = 300_000;

function isWithin(ms: number, fromMs: number, untilMs: number): boolean {
  return ms >= fromMs - CLOCKS_APART_MS && ms <= untilMs + CLOCKS_APART_MS;
}

function parts({ approval }: CeremonyTranscript): readonly (readonly ["proposal" | "approval", StatementAct])[] {
  return approval === null
    ? [["proposal", "propose"]]
    : [
        ["proposal", "propose"],
        ["approval", "approve"],
      ];
}

function of(part: TranscriptBreak["of"], code: TranscriptBreakCode): TranscriptBreak {
  return { code, of: part };
}

function found(...checks: readonly (readonly [isBroken: boolean, found: TranscriptBreak])[]): TranscriptBreak[] {
  return checks.flatMap(([isBroken, each]) => (isBroken ? [each] : []));
}

function reportOf(
  steps: Readonly<Partial<Record<TranscriptStepName, readonly TranscriptBreak[]>>>,
  read: Omit<TranscriptReport, "verdict" | "steps" | "breaks">,
): TranscriptReport {
  const named = Object.entries(steps).map(([name, breaks]) => ({ name: name as TranscriptStepName, breaks }));
  const breaks = named.flatMap((step) => step.breaks);
  return { verdict: breaks.length === 0 ? "intact" : "broken", steps: named, breaks, ...read };
}

function readOrNull<T>(read: () => T, expected: abstract new (...args: never[]) => Error): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof expected) return null;
    throw error;
  }
}
