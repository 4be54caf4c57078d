// `keyops verify-transcript`: what the vault signed, checked offline with nothing but its public key. It opens no
// connection.
import { ceremonyVerifiers, transcriptFormat } from "../../vault/keys/ceremony/ceremony-transcript.ts";
import {
  verifyTranscript as verify,
  type TranscriptBreak,
  type TranscriptReport,
} from "../../vault/keys/ceremony/ceremony-verification.ts";
import {
  keyCertificateFormat,
  openKeyCertificate,
  type KeyCertificate,
} from "../../vault/keys/ceremony/key-certificate.ts";
import type { KeyObject } from "node:crypto";
import type { Command, Outcome } from "../command.ts";
import { Refusal, UsageError } from "../errors.ts";
import { logRootAt, missingEvents } from "../exported-log.ts";
import { readText } from "../files.ts";
import { readPublicKey } from "../public-key.ts";
import { withoutEnvelopes } from "../proposal-text.ts";
import { factLines } from "../text.ts";
import { transcriptText } from "../transcript-text.ts";

/** As long as a note may be. */
const maxNoteBytes = 4_000_000;

export const verifyTranscript: Command = {
  name: "verify-transcript",
  summary: "check a transcript or a key certificate offline",
  description:
    "Of a transcript: the vault's signature, the ceremony file's digest, both custodians' statements, that they were two people with two keys on the roster, and the order of times; then it tells what the ceremony was. Of a key certificate: the vault's signature. With an export of the audit log also that the log agrees; verify that with keyops verify-audit.",
  words: [],
  options: {
    file: { value: "<file>", help: "the transcript or certificate" },
    "public-key": {
      value: "<file>",
      help: "the key that signs transcripts, PEM or a verifier key; once more for each before it",
      isRepeated: true,
    },
    export: { value: "<folder>", help: "what export-audit wrote" },
  },
  isOnline: false,
  examples: [
    "verify-transcript --file rotation.transcript --public-key transcript-key.pem",
    "verify-transcript --file data-3.certificate --public-key transcript-key.pem --export ./audit-export",
  ],
  exitCodes: { 1: "it is broken; what is wrong is listed" },
  run: async ({ options }) => {
    const note = await readText(options.text("file"), maxNoteBytes);
    if (options.texts("public-key").length === 0) throw new UsageError("--public-key is needed");
    const publicKeys = await Promise.all(options.texts("public-key").map(readPublicKey));
    const exportFolder = options.has("export") ? options.text("export") : null;
    const [format] = note.split("\n", 1);
    if (format === transcriptFormat) return transcriptOutcome(verify(note, publicKeys), exportFolder);
    if (format === keyCertificateFormat) return certificateOutcome(openCertificate(note, publicKeys), exportFolder);
    throw new Refusal("the file is neither a transcript nor a key certificate");
  },
};

function transcriptOutcome(report: TranscriptReport, exportFolder: string | null): Outcome {
  const { transcript, steps, breaks } = report;
  const missing = exportFolder === null || transcript === null ? [] : missingEvents(exportFolder, transcript);
  const stepFacts = steps.map(
    ({ name, breaks: found }) => [name, found.map(breakText).join("; ") || "intact"] as const,
  );
  const isIntact = breaks.length === 0 && missing.length === 0;
  const verdict = factLines([
    ["transcript", isIntact ? "intact" : "BROKEN"],
    ...stepFacts,
    ["log", exportFolder === null ? null : missing.map((action) => `no event ${action}`).join("; ") || "agrees"],
  ]);
  const said = transcriptText(report);
  const json = {
    kind: "transcript",
    verdict: isIntact ? "intact" : "broken",
    breaks,
    missing_events: missing,
    transcript: transcript === null ? null : { ...transcript, result: withoutEnvelopes(transcript.result) },
  };
  return { text: said === "" ? verdict : `${verdict}\n${said}`, json, exitCode: isIntact ? 0 : 1 };
}

function openCertificate(note: string, publicKeys: readonly KeyObject[]): KeyCertificate {
  return openKeyCertificate(note, ceremonyVerifiers(note, publicKeys));
}

function certificateOutcome(certificate: KeyCertificate, exportFolder: string | null): Outcome {
  const root = exportFolder === null ? null : logRootAt(exportFolder, certificate.tenantId, certificate.logSize);
  const isIntact = exportFolder === null || (root?.equals(certificate.logRoot) ?? false);
  const { logRoot, ...facts } = certificate;
  const text = factLines([
    ["certificate", isIntact ? "intact" : "BROKEN"],
    ["signature", "intact"],
    ["log", exportFolder === null ? null : isIntact ? "agrees" : "has not the entries that the certificate names"],
    ["says", `0 rows under ${certificate.purpose} key ${certificate.keyId}, version ${certificate.version}`],
    ["tenant", certificate.tenantId],
    ["issued", certificate.issuedAt],
  ]);
  const json = {
    kind: "certificate",
    verdict: isIntact ? "intact" : "broken",
    certificate: { ...facts, logRoot: logRoot.toString("base64") },
  };
  return { text, json, exitCode: isIntact ? 0 : 1 };
}

function breakText({ code, of }: TranscriptBreak): string {
  return `${meanings[code]} (${of} ${code})`;
}

const meanings = {
  note_refused: "not signed with the given key, or changed since",
  transcript_malformed: "signed, and no transcript",
  digest_mismatch: "the ceremony file is not the one with that digest",
  ceremony_unreadable: "the ceremony file cannot be read",
  operation_mismatch: "the ceremony file asks for another operation",
  statement_refused: "the statement does not verify",
  other_act: "the statement says something else",
  other_proposal: "the statement is about another proposal",
  other_digest: "the statement is about another ceremony file",
  other_expiry: "the statement names another end",
  other_trust_domain: "the custodian's certificate is of another house",
  approval_missing: "nobody approved",
  same_custodian: "the proposer approved",
  same_key: "the proposer's key approved",
  not_a_custodian: "not on the roster with that key",
  window_too_long: "open for more than seven days",
  approved_outside_window: "not signed between the proposal and its end",
  started_outside_window: "not started between the signatures and the end",
  ended_before_start: "ended before it began",
} as const satisfies Record<TranscriptBreak["code"], string>;
