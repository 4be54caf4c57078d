import type { Transaction } from "@cofferdam/kit/database.ts";
import type { Tenant } from "../tenants/tenant.ts";
import type { Answer, Command } from "./commands.ts";

/** One transaction of a tenant: what its commands work with, and the answers found so far. */
export interface Round {
  readonly tx: Transaction;
  readonly tenant: Tenant;
  readonly nowMs: number;
  readonly answers: Map<Command, Answer>;
}
