// What key operations leave in the audit log: no event, no effect.
import type { Transaction } from "@cofferdam/kit/database.ts";
import { appendEvents, lockHead, type Head } from "../audit/audit-store.ts";
import type { AuditAction, AuditEvent, RowState } from "../audit/event.ts";
import type { OperationContext } from "./operation.ts";

/** A fact for the log: what was done to which key, token or tenant. */
export interface KeyEvent {
  readonly action: AuditAction;
  readonly object: string;
  /** Codes, ids and counts only. */
  readonly reason?: string;
  readonly state?: RowState;
}

/**
 * Does work on a tenant's keys in one transaction, behind the lock of its audit log, and appends the events that it
 * gives. `work` gets the log's end as it was before them.
 */
export function audited<Value>(
  context: Pick<OperationContext, "database" | "attribution" | "now" | "build">,
  tenantId: string,
  work: (tx: Transaction, head: Head) => Promise<{ readonly value: Value; readonly events: readonly KeyEvent[] }>,
): Promise<Value> {
  return context.database.asTenant(tenantId, (tx) => auditedIn(context, tx, tenantId, work));
}

/** The same in a transaction that is open already and stands at that tenant. */
export async function auditedIn<Value>(
  context: Pick<OperationContext, "attribution" | "now" | "build">,
  tx: Transaction,
  tenantId: string,
  work: (tx: Transaction, head: Head) => Promise<{ readonly value: Value; readonly events: readonly KeyEvent[] }>,
): Promise<Value> {
  const head = await lockHead(tx, tenantId);
  const { value, events } = await work(tx, head);
  const entries = events.map((event) => entryOf(event, context.attribution));
  await appendEvents(tx, tenantId, head, entries, { now: new Date(context.now()), build: context.build });
  return value;
}

function entryOf(event: KeyEvent, attribution: OperationContext["attribution"]): AuditEvent {
  const { action, object, reason = null, state = null } = event;
  return { ...attribution, action, object, outcome: "allowed", reason, state };
}
