import type { AuditEvent } from "../audit/event.ts";

/** Who changes keys, when, with which build: for the audit log. */
export interface KeyOperation {
  readonly now: Date;
  readonly build: string;
  readonly actor: AuditEvent["actor"];
}
