/**
 * What we know of a request beside what it says: its id, its age, and who turned out to be asking.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

import type { Caller } from "./access-token.ts";
import type { ProblemType } from "./problem.ts";

export interface RequestFacts {
  /** A random UUID, made by us; a client's own id is never taken over. */
  readonly id: string;
  /** Of `performance.now()`. */
  readonly startedAtMs: number;
  /** Address of the client, read while there is one; `0.0.0.0` when it had gone before. */
  readonly origin: string;
  caller?: Pick<Caller, "tenantId" | "clientId" | "workload">;
  problem?: ProblemType;
}

const factsByRequest = new WeakMap<IncomingMessage, RequestFacts>();

/** The facts of a request; the first call makes them. */
export function factsOf(request: IncomingMessage): RequestFacts {
  let facts = factsByRequest.get(request);
  if (facts === undefined) {
    const { remoteAddress: origin = "0.0.0.0" } = request.socket;
    facts = { id: newRequestId(), startedAtMs: performance.now(), origin };
    factsByRequest.set(request, facts);
  }
  return facts;
}

/** The id that the client sees in the `request-id` header, for audit events and problem documents. */
export function requestId(response: ServerResponse): string {
  return factsOf(response.req).id;
}

/** Puts the caller into the access log line of this request. */
export function nameCaller(response: ServerResponse, { tenantId, clientId, workload }: Caller): void {
  factsOf(response.req).caller = { tenantId, clientId, workload };
}

export function newRequestId(): string {
  return randomUUID();
}
