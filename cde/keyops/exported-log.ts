// What an export of the audit log says of a ceremony or a certificate. That the export itself is intact is the business of
// `verify-audit`.
import { AuditEntryError, decodeEntry, type AuditAction, type AuditEntry } from "../vault/audit/event.ts";
import { exportedTenants, openExport } from "../vault/audit/export-folder.ts";
import { parseEntryLine } from "../vault/audit/export-format.ts";
import { appendLeaf, emptyFrontier, leafHash, rootOf } from "../vault/audit/merkle.ts";
import type { CeremonyTranscript } from "../vault/keys/ceremony/ceremony-transcript.ts";
import { readStatement } from "../vault/keys/ceremony/ceremony-statement.ts";

/** The root of the first `size` entries of a tenant's log, 32 bytes; null when it has not so many. */
export function logRootAt(exportFolder: string, tenantId: string, size: number): Buffer | null {
  let frontier = emptyFrontier;
  for (const line of openExport(exportFolder, tenantId).entries) {
    if (frontier.size === size) break;
    frontier = appendLeaf(frontier, leafHash(parseEntryLine(line)?.entry ?? "")).frontier;
  }
  return frontier.size === size ? rootOf(frontier) : null;
}

/** The steps of a ceremony that no log of the export has an event for, with the person who took them. */
export function missingEvents(exportFolder: string, transcript: CeremonyTranscript): readonly AuditAction[] {
  const steps = stepsOf(transcript);
  // The vault's own log, where they are, is the first: its tenant is the one of zeros.
  for (const tenantId of exportedTenants(exportFolder)) {
    for (const line of openExport(exportFolder, tenantId).entries) {
      const entry = line.includes(transcript.proposal_id) ? entryOf(line) : null;
      if (entry?.object !== transcript.proposal_id || entry.outcome !== "allowed") continue;
      if ([null, entry.actor.workload].includes(steps.get(entry.action) ?? null)) steps.delete(entry.action);
    }
    if (steps.size === 0) return [];
  }
  return [...steps.keys()];
}

/** Each step and who took it; null where anybody may have. */
function stepsOf({ proposal, approval, started_by: startedBy }: CeremonyTranscript): Map<AuditAction, string | null> {
  const steps = new Map<AuditAction, string | null>([
    ["ceremony.propose", readStatement(proposal.statement).custodian],
    ["ceremony.start", startedBy],
    ["ceremony.end", null],
  ]);
  if (approval !== null) steps.set("ceremony.approve", readStatement(approval.statement).custodian);
  return steps;
}

function entryOf(line: string): AuditEntry | null {
  try {
    return decodeEntry(parseEntryLine(line)?.entry ?? "");
  } catch (error) {
    if (error instanceof AuditEntryError) return null;
    throw error;
  }
}
