// How an operation ends in the database: with a transcript of what came of it, or without one when nobody had signed for it.
import type { Database } from "@cofferdam/kit/database.ts";
import { appendEvents, lockHead } from "../audit/audit-store.ts";
import type { AuditEvent } from "../audit/event.ts";
import { audited } from "../rotation/key-events.ts";
import type { Attribution, OperationResult } from "../rotation/operation.ts";
import { SYSTEM_TENANT_ID } from "../tenants/system-tenant.ts";
import { nameOf } from "./ceremonies.ts";
import type { Custodian } from "./custodians.ts";
import { storeEnd, type Proposal } from "./proposal-store.ts";
import { transcriptOf } from "./transcript.ts";

export interface EndOptions {
  readonly database: Database;
  readonly now: () => number;
  readonly build: string;
  /** As of the last time that the roster was read. */
  readonly custodians: () => readonly Custodian[];
  readonly sign: (text: string) => string;
}

/** Stores what came of an operation, with its event; nothing when it does not run any more. Throws DatabaseError. */
export async function endOperation(
  options: EndOptions,
  { proposal, attribution }: { readonly proposal: Proposal; readonly attribution: Attribution },
  outcome: "done" | "failed",
  result: OperationResult,
): Promise<void> {
  const { database, now, build, sign } = options;
  const { artifact = null, ...facts } = result;
  const endedAtMs = now();
  const ending = { outcome, result: facts, endedAtMs, custodians: options.custodians(), build };
  const transcript = sign(transcriptOf(proposal, ending));
  await audited({ database, now, build, attribution }, SYSTEM_TENANT_ID, async (tx) => {
    const end = { state: outcome, at: new Date(endedAtMs), result: JSON.stringify(facts), transcript, artifact };
    const ended = await storeEnd(tx, proposal.id, end);
    const reason = `${outcome} ${nameOf(proposal.digest)}`;
    return {
      value: undefined,
      events: ended === null ? [] : [{ action: "ceremony.end", object: proposal.id, reason }],
    };
  });
}

/**
 * Ends what was found running without custodians' signatures. The vault signs no transcript of it, and the event is in the
 * process's own name: who the row says that started it is as little proven as the rest. Throws DatabaseError.
 */
export async function endUnsigned(
  { database, now, build }: EndOptions,
  { id, digest }: Proposal,
  requestId: string,
): Promise<void> {
  const event: AuditEvent = {
    actor: { workload: "cde/vault-admin", clientId: "dual-control" },
    action: "ceremony.end",
    object: id,
    outcome: "refused",
    reason: `not_signed ${nameOf(digest)}`,
    origin: "local",
    requestId,
    state: null,
  };
  const at = new Date(now());
  const result = JSON.stringify({ error: "not_signed" });
  await database.asTenant(SYSTEM_TENANT_ID, async (tx) => {
    const head = await lockHead(tx, SYSTEM_TENANT_ID);
    const ended = await storeEnd(tx, id, { state: "failed", at, result, transcript: null, artifact: null });
    await appendEvents(tx, SYSTEM_TENANT_ID, head, ended === null ? [] : [event], { now: at, build });
  });
}
