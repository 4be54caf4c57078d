// What handlers work with. Everything is made in main and given; nothing here is a global.
import type { Database } from "@cofferdam/kit/database.ts";
import type { Caller } from "@cofferdam/kit/access-token.ts";
import type { Request } from "express";
import type { CheckpointPublisher } from "../audit/checkpoint-publisher.ts";
import type { TenantRegistry } from "../tenants/tenant-registry.ts";
import type { Answer, Attribution, Command } from "../tokens/commands.ts";
import type { Tenant } from "../tenants/tenant.ts";
import type { Authorizer } from "./authorize.ts";

/** The parts of a running vault that requests need. */
export interface Vault {
  readonly database: Database;
  readonly tenants: TenantRegistry;
  readonly authorize: Authorizer;
  readonly checkpoints: CheckpointPublisher;
  /** Carries a command out, together with others of its tenant, and audits it. */
  readonly submit: (tenantId: string, command: Command) => Promise<Answer>;
  readonly now: () => number;
}

/** One request of a known caller, allowed by policy unless the route decides later (see `Route.action`). */
export interface Call {
  readonly vault: Vault;
  readonly request: Request;
  readonly caller: Caller;
  readonly tenant: Tenant;
  readonly attribution: Attribution;
  /** Throws Problem `access-denied` unless policy lets the caller detokenise for this purpose. */
  readonly demandPurpose: (purpose: string) => void;
}
