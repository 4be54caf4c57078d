// Entries for the tests of this folder: ordinary ones, with nothing in them that a test depends on unseen.

import { createHash } from "node:crypto";
import type { AuditEntry, AuditEvent } from "../event.ts";

export const harbourCoffee = "11111111-1111-4111-8111-111111111111";
export const lanternBooks = "22222222-2222-4222-8222-222222222222";

export function sampleEvent(change: Partial<AuditEvent> = {}): AuditEvent {
  return {
    actor: { workload: "cde/capture", clientId: "capture-page" },
    action: "token.create",
    object: sampleToken(0),
    outcome: "allowed",
    reason: null,
    origin: "192.0.2.17",
    requestId: "0f8fad5b-d9cb-469f-a165-70867728950e",
    state: { rowVersion: 1, rowDigest: sampleDigest("row") },
    ...change,
  };
}

export function sampleEntry(change: Partial<AuditEntry> = {}): AuditEntry {
  return {
    ...sampleEvent(),
    tenantId: harbourCoffee,
    sequence: 0,
    recordedAt: "2026-01-31T09:00:00.000Z",
    build: "0.1.0+cd3df2a",
    ...change,
  };
}

/** A token of the vault's shape, one for each number. */
export function sampleToken(number: number): string {
  const digits = Array.from(number.toString(32), (digit) => crockford[Number.parseInt(digit, 32)]);
  return `tok_${digits.join("").padStart(36, "0")}`;
}

const crockford = "0123456789abcdefghjkmnpqrstvwxyz";

/** 32 bytes that stand for the digest of a row. */
export function sampleDigest(label: string): Buffer {
  return createHash("sha256").update(label).digest();
}
