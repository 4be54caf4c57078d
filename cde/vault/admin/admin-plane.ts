// What handlers of the admin plane work with. Everything is made in main and given; nothing here is a global.
import type { Database } from "@cofferdam/kit/database.ts";
import type { Request } from "express";
import type { CryptoperiodFile } from "../keys/cryptoperiods.ts";
import type { JobWorker } from "../rotation/job-worker.ts";
import type { Deployment } from "../rotation/inventory-facts.ts";
import type { Attribution, Operation, OperationContext } from "../rotation/operation.ts";
import type { KeyAuthorizer } from "./authorize.ts";
import type { ContextFor } from "./carry-out.ts";
import type { ShareDesk } from "./custody.ts";
import type { Custodian, Roster } from "./custodians.ts";
import type { Signer } from "./dual-control.ts";
import type { Executions } from "./execution.ts";

/** The parts of a running admin process that requests need. */
export interface AdminPlane {
  /** As cofferdam_rotator. */
  readonly database: Database;
  readonly authorize: KeyAuthorizer;
  readonly roster: Roster;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly executions: Executions;
  readonly shares: ShareDesk;
  readonly jobs: JobWorker;
  /** Rows a second of a job that does not say. */
  readonly defaultRowsPerSecond: number;
  readonly cryptoperiods: CryptoperiodFile;
  /** What the inventory says besides what database and stores know; the custodians are those of the roster. */
  readonly deployment: () => Deployment;
  readonly contextFor: ContextFor;
  readonly build: string;
  readonly now: () => number;
}

/** One request of a caller whom policy lets do this. */
export interface AdminCall {
  readonly plane: AdminPlane;
  readonly request: Request;
  readonly signer: Signer;
  /** Null for an auditor. */
  readonly custodian: Custodian | null;
  readonly attribution: Attribution;
  /** In the caller's name. */
  readonly context: OperationContext;
}
