// The transcript of a ceremony: what was proposed, who signed for it, what came of it. A signed note (signed-note.ts) whose
// signer is `<trust domain>/key-ceremonies`, of two lines:
//
//   cofferdam/ceremony-transcript/1
//   {"approval":{…},"approvals_needed":1,"build":"…", …}        JSON, keys sorted, no spaces
//
// It holds the ceremony file and the custodians' own statements, so whoever has the vault's public key can check years
// later, offline, that two people with two keys signed for exactly this. Pure.
import { uuid } from "@cofferdam/kit/uuid.ts";
import { openNote, verifierKey, type VerifierKey } from "../../audit/signed-note.ts";
import { readSignedStatement, type SignedStatement } from "./ceremony-statement.ts";
import type { KeyObject } from "node:crypto";

/** A transcript as its JSON has it. Times are ISO 8601, UTC, milliseconds. */
export interface CeremonyTranscript {
  readonly proposal_id: string;
  readonly operation: string;
  /** The ceremony file, its whole text. */
  readonly ceremony: string;
  /** SHA-256 of the ceremony file, hex. */
  readonly digest: string;
  readonly approvals_needed: 0 | 1;
  readonly proposal: SignedStatement;
  readonly approval: SignedStatement | null;
  /** Workload of the custodian who started it. */
  readonly started_by: string;
  readonly started_at: string;
  readonly ended_at: string;
  readonly outcome: "done" | "failed";
  /** What the operation says came of it; no key, no share. */
  readonly result: Readonly<Record<string, unknown>>;
  /** All custodians as they were when it began. */
  readonly custodians: readonly RosterEntry[];
  /** Version of the vault's code. */
  readonly build: string;
}

export interface RosterEntry {
  readonly name: string;
  readonly workload: string;
  /** SHA-256 of the public key (SPKI, DER), hex. */
  readonly spki: string;
}

/** A text that is no transcript. */
export class TranscriptError extends Error {
  override readonly name = "TranscriptError";
}

/** The first line of every transcript. */
export const transcriptFormat = "cofferdam/ceremony-transcript/1";

/** Under which name a vault signs its transcripts and key certificates. */
export function ceremonySigner(trustDomain: string): string {
  return `${trustDomain}/key-ceremonies`;
}

/** The text that is signed. Throws TranscriptError for what `parseTranscript` would refuse. */
export function formatTranscript(transcript: CeremonyTranscript): string {
  const text = `${transcriptFormat}\n${canonicalJson(transcript)}\n`;
  parseTranscript(text);
  return text;
}

/** Reads exactly what `formatTranscript` writes. Says nothing of whether to believe it. Throws TranscriptError. */
export function parseTranscript(text: string): CeremonyTranscript {
  const [format, json = "", ...rest] = text.split("\n");
  const value = jsonOf(json);
  if (format !== transcriptFormat || rest.join("\n") !== "" || canonicalJson(value) !== json) {
    throw new TranscriptError("the text is no ceremony transcript");
  }
  return transcriptIn(value);
}

/**
 * Keys as verifiers under the name that the note says it is signed with: a note names its vault, and the key that opens it
 * proves the name. Empty when no line of it is signed as `<trust domain>/key-ceremonies`.
 */
export function ceremonyVerifiers(note: string, publicKeys: readonly KeyObject[]): readonly VerifierKey[] {
  const [, signer] = signerLine.exec(note) ?? [];
  return signer === undefined ? [] : publicKeys.map((key) => verifierKey(signer, key));
}

/** The text of a note that one of the keys signed as `<trust domain>/key-ceremonies`. Throws NoteError. */
export function openCeremonyNote(note: string, publicKeys: readonly KeyObject[]): string {
  return openNote(note, ceremonyVerifiers(note, publicKeys));
}

function jsonOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new TranscriptError("the transcript is not JSON");
  }
}

/** One text for one value: keys in the order of their UTF-16 units, no spaces (RFC 8785, for values that JSON can hold). */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, inner]) => inner !== undefined);
  const sorted = fields.sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${sorted.map(([name, inner]) => `${JSON.stringify(name)}:${canonicalJson(inner)}`).join(",")}}`;
}

function transcriptIn(value: unknown): CeremonyTranscript {
  const { approval, proposal, custodians, result, ...facts } = recordOf(value);
  must(uuid.test(textOf(facts, "proposal_id")), "proposal_id");
  must(/^[0-9a-f]{64}$/.test(textOf(facts, "digest")), "digest");
  must(facts["approvals_needed"] === 0 || facts["approvals_needed"] === 1, "approvals_needed");
  must(facts["outcome"] === "done" || facts["outcome"] === "failed", "outcome");
  for (const name of ["started_at", "ended_at"]) must(isTime(textOf(facts, name)), name);
  for (const name of ["operation", "ceremony", "started_by", "build"]) textOf(facts, name);
  must(Object.keys(facts).length === FACTS, "fields");
  must(Array.isArray(custodians) && custodians.length <= MAX_CUSTODIANS, "custodians");
  return {
    ...(facts as unknown as CeremonyTranscript),
    proposal: statementIn(proposal),
    approval: approval === null ? null : statementIn(approval),
    result: recordOf(result),
    custodians: custodians.map(rosterEntryIn),
  };
}

function statementIn(value: unknown): SignedStatement {
  try {
    return readSignedStatement(value);
  } catch {
    throw new TranscriptError("the transcript holds a statement without its parts");
  }
}

function rosterEntryIn(value: unknown): RosterEntry {
  const entry = recordOf(value);
  return { name: textOf(entry, "name"), workload: textOf(entry, "workload"), spki: textOf(entry, "spki") };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  must(typeof value === "object" && value !== null && !Array.isArray(value), "shape");
  return value as Readonly<Record<string, unknown>>;
}

function textOf(record: Readonly<Record<string, unknown>>, name: string): string {
  const value = record[name];
  must(typeof value === "string", name);
  return value;
}

function isTime(text: string): boolean {
  const time = new Date(text);
  return !isNaN(time.getTime()) && time.toISOString() === text;
}

function must(holds: boolean, field: string): asserts holds {
  if (!holds) throw new TranscriptError(`the transcript's ${field} is not valid`);
}

/** Fields besides the two statements, the custodians and the result. */
const FACTS = 10;
const MAX_CUSTODIANS = 100;
const signerLine = /\n\n(?:.*\n)*?— (\S+\/key-ceremonies) /u;
