// What the audit log says, and its one text form. Ten facts and more about every effect and every refusal; no card number.
//
// An entry is one line of JSON in the canonical form of RFC 8785: fixed keys in sorted order, no spaces, whole numbers,
// printable ASCII. The leaf of the Merkle tree is this text, so a meaning has exactly one text and one hash:
//
//   {"action":"token.read","actor":{"client_id":"…","workload":"…"},"build":"…","object":"tok_…","origin":"192.0.2.7",
//    "outcome":"allowed","reason":null,"recorded_at":"2026-01-31T09:00:00.000Z","request_id":"…","sequence":0,
//    "state":{"row_digest":"<base64 of 32 bytes>","row_version":1},"tenant_id":"…","version":1}

import { isIP } from "node:net";
import { containsPan } from "@cofferdam/kit/pan-guard.ts";
import { uuid } from "@cofferdam/kit/uuid.ts";

/** Everything the vault puts on record. A new action is a line here, so that the list stays the list. PCI DSS 10.2.1. */
export const auditActions = [
  "audit.read",
  "auth.refuse",
  "ceremony.approve",
  "ceremony.end",
  "ceremony.propose",
  "ceremony.refuse",
  "ceremony.start",
  "ceremony.withdraw",
  "custody.journal_broken",
  "custody.share",
  "job.change",
  "job.end",
  "job.start",
  "key.certify",
  "key.create",
  "key.destroy",
  "key.export",
  "key.import",
  "key.promote",
  "key.read",
  "key.retire",
  "key.revoke",
  "key.wrap",
  "key.wrap_remove",
  "retention.report",
  "root-key.activate",
  "root-key.destroy",
  "root-key.replace",
  "root-key.retire",
  "tenant.create",
  "tenant.destroy",
  "token.create",
  "token.delete",
  "token.detokenize",
  "token.expire",
  "token.read",
  "token.reencrypt",
  "token.reindex",
  "token.resume",
  "token.suspend",
  "token.update",
] as const;
export type AuditAction = (typeof auditActions)[number];

/** `denied`: policy said no. `refused`: the request could not be done, whatever policy says. */
export const auditOutcomes = ["allowed", "denied", "refused"] as const;
export type AuditOutcome = (typeof auditOutcomes)[number];

/** Who acted: the peer certificate's workload and the access token's client. */
export interface Actor {
  readonly workload: string;
  readonly clientId: string;
}

/**
 * The token row after the action; its version grows with every change. A digest of null is a tombstone: nothing of the
 * card is left to commit to.
 */
export interface RowState {
  readonly rowVersion: number;
  readonly rowDigest: Buffer | null;
}

/** What a caller puts on record. Tenant, sequence, time and build are added where it is appended. */
export interface AuditEvent {
  readonly actor: Actor;
  readonly action: AuditAction;
  /** The token or key id acted upon. Never a card number, never a fingerprint. */
  readonly object: string | null;
  readonly outcome: AuditOutcome;
  /** The purpose of a read, how a token came about, the code of a refusal, a report's counts: nothing a caller worded. */
  readonly reason: string | null;
  /** The peer's IP address, or `local` for work the vault starts itself. */
  readonly origin: string;
  readonly requestId: string;
  readonly state: RowState | null;
}

/** An event in its place in a tenant's log. `sequence` starts at 0 and has no gap; it orders the log, the clock does not. */
export interface AuditEntry extends AuditEvent {
  readonly tenantId: string;
  readonly sequence: number;
  /** ISO 8601, UTC, milliseconds. */
  readonly recordedAt: string;
  /** Which build of the vault wrote the entry. */
  readonly build: string;
}

/** Why a value is no audit entry. */
export type AuditEntryErrorCode = "field_invalid" | "card_number" | "text_malformed";

/** An entry that must not be written or cannot be read. The message never holds a value of the entry. */
export class AuditEntryError extends Error {
  override readonly name = "AuditEntryError";
  readonly code: AuditEntryErrorCode;

  constructor(code: AuditEntryErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The most characters an entry can have; the longest values in every field give about 1,200. */
export const maxEntryCharacters = 2048;

/**
 * The canonical text of an entry, about 450 characters. Throws AuditEntryError `field_invalid` for a control character
 * or a value out of its bounds and `card_number` for a card number in any field; nothing is written then, and the
 * transaction that wanted the entry must fail with it. PCI DSS 10.2.2, 3.5.1.
 */
export function encodeEntry(entry: AuditEntry): string {
  checkFields(entry);
  checkCardNumbers(entry);
  return canonicalText(entry);
}

/** Reads exactly what `encodeEntry` writes. Throws AuditEntryError for any other text, however alike in meaning. */
export function decodeEntry(text: string): AuditEntry {
  const entry = entryFrom(parsedRecord(text));
  checkFields(entry);
  if (canonicalText(entry) !== text) throw new AuditEntryError("text_malformed", "the entry is not in canonical form");
  return entry;
}

function canonicalText(entry: AuditEntry): string {
  const { actor, state } = entry;
  return (
    `{"action":"${entry.action}","actor":{"client_id":${quoted(actor.clientId)},"workload":${quoted(actor.workload)}},` +
    `"build":${quoted(entry.build)},"object":${quoted(entry.object)},"origin":"${entry.origin}",` +
    `"outcome":"${entry.outcome}","reason":${quoted(entry.reason)},"recorded_at":"${entry.recordedAt}",` +
    `"request_id":${quoted(entry.requestId)},"sequence":${entry.sequence},"state":${stateText(state)},` +
    `"tenant_id":"${entry.tenantId}","version":1}`
  );
}

function stateText(state: RowState | null): string {
  if (state === null) return "null";
  const digest = state.rowDigest === null ? null : state.rowDigest.toString("base64");
  return `{"row_digest":${quoted(digest)},"row_version":${state.rowVersion}}`;
}

function quoted(value: string | null): string {
  return value !== null && plain.test(value) ? `"${value}"` : JSON.stringify(value);
}

/** Takes the fields as they come; `checkFields` and the comparison with the canonical text then judge them. */
function entryFrom(wire: Readonly<Record<string, unknown>>): AuditEntry {
  const actor = record(wire["actor"]);
  return {
    tenantId: wire["tenant_id"],
    sequence: wire["sequence"],
    recordedAt: wire["recorded_at"],
    actor: { workload: actor["workload"], clientId: actor["client_id"] },
    action: wire["action"],
    object: wire["object"],
    outcome: wire["outcome"],
    reason: wire["reason"],
    origin: wire["origin"],
    requestId: wire["request_id"],
    build: wire["build"],
    state: wire["state"] === null ? null : stateFrom(record(wire["state"])),
  } as AuditEntry;
}

function stateFrom(wire: Readonly<Record<string, unknown>>): RowState {
  const digest = wire["row_digest"];
  const rowDigest = typeof digest === "string" ? Buffer.from(digest, "base64") : digest;
  return { rowVersion: wire["row_version"], rowDigest } as RowState;
}

function parsedRecord(text: string): Readonly<Record<string, unknown>> {
  if (text.length > maxEntryCharacters) throw new AuditEntryError("text_malformed", "the entry is too long");
  try {
    return record(JSON.parse(text));
  } catch (error) {
    if (error instanceof AuditEntryError) throw error;
    // The parser's own message quotes its input.
    throw new AuditEntryError("text_malformed", "the entry is not JSON");
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
  throw new AuditEntryError("text_malformed", "the entry has not the shape of an entry");
}

function checkFields(entry: AuditEntry): void {
  must(uuid.test(entry.tenantId), "tenant_id");
  must(isCount(entry.sequence), "sequence");
  must(timestamp.test(entry.recordedAt), "recorded_at");
  must(isText(entry.actor.workload, 128), "actor.workload");
  must(isText(entry.actor.clientId, 128), "actor.client_id");
  must(actions.has(entry.action), "action");
  must(entry.object === null || isText(entry.object, 128), "object");
  must(auditOutcomes.includes(entry.outcome), "outcome");
  must(entry.reason === null || isText(entry.reason, 128), "reason");
  must(entry.origin === "local" || isIP(entry.origin) !== 0, "origin");
  must(isText(entry.requestId, 64), "request_id");
  must(isText(entry.build, 128), "build");
  must(entry.state === null || entry.object !== null, "state");
  if (entry.state !== null) checkState(entry.state);
}

function checkState({ rowVersion, rowDigest }: RowState): void {
  must(isCount(rowVersion) && rowVersion >= 1, "state.row_version");
  must(rowDigest === null || (Buffer.isBuffer(rowDigest) && rowDigest.length === 32), "state.row_digest");
}

/** The other fields have shapes that hold no card number: checked time, address, closed lists and a digest. */
function checkCardNumbers({ actor, object, reason, requestId, build }: AuditEntry): void {
  const texts = [actor.workload, actor.clientId, object, reason, requestId, build];
  if (texts.some((text) => text !== null && containsPan(text))) {
    throw new AuditEntryError("card_number", "the audit entry holds a card number");
  }
}

function must(holds: boolean, field: string): asserts holds {
  if (!holds) throw new AuditEntryError("field_invalid", `the audit field ${field} is not valid`);
}

/** Printable ASCII: what cannot break a line, hide text or change its direction in whatever shows the log later. */
function isText(value: unknown, maxLength: number): boolean {
  return typeof value === "string" && value.length <= maxLength && printable.test(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

const actions: ReadonlySet<string> = new Set(auditActions);
const printable = /^[\x20-\x7e]+$/;
/** Printable, and the same in JSON: no quote, no backslash. */
const plain = /^[ !#-[\]-~]*$/;
const timestamp = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
