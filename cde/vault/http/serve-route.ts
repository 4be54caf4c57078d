// What every operation goes through, in this order: certificate, rate of the workload, access token, tenant, rate of
// the tenant and of its client, policy, body, handler. A refusal on the way is audited before it is answered, but for
// rates: whoever is over one must not fill the log.
import type { Request, RequestHandler, Response } from "express";
import { TLSSocket } from "node:tls";
import type { Caller, TokenVerifier } from "@cofferdam/kit/access-token.ts";
import { readBody } from "@cofferdam/kit/http-body.ts";
import { parseJson } from "@cofferdam/kit/strict-json.ts";
import { peerOf, type Peer } from "@cofferdam/kit/peer.ts";
import { Problem } from "@cofferdam/kit/problem.ts";
import { factsOf, nameCaller, requestId } from "@cofferdam/kit/request-facts.ts";
import type { Attribution, RecordCommand } from "../tokens/commands.ts";
import { TenantGoneError, type Tenant } from "../tenants/tenant.ts";
import { isOpaqueToken } from "../tokens/token.ts";
import { QueueError } from "../tokens/commit-queue.ts";
import { KeyringError } from "../keys/keyring.ts";
import { RootKeyError } from "../keys/root/root-key.ts";
import type { RateClass, RateLimiter } from "./rate-limits.ts";
import { refusalCode } from "./refusal-code.ts";
import { send, type Reply } from "./reply.ts";
import type { Route } from "./routes.ts";
import type { Call, Vault } from "./vault-context.ts";

/** What the pipeline needs beside the vault. */
export interface Edge {
  readonly vault: Vault;
  readonly trustDomain: string;
  readonly tokens: TokenVerifier;
  /** Attempts of one workload, before its access token is even looked at. */
  readonly attempts: RateLimiter;
  readonly limits: Readonly<Record<RateClass, RateLimiter>>;
  /** All clients of a tenant together. */
  readonly tenantLimit: RateLimiter;
  /** The log that takes refusals of callers without a tenant. */
  readonly systemTenantId: string;
  readonly bodyDeadlineMs: number;
}

const UNKNOWN = "unknown";

/** The handler of one line of the table. */
export function serveRoute(edge: Edge, route: Route): RequestHandler {
  return async (request, response) => {
    const reply = await serve(edge, route, request, response).catch((error: unknown) => {
      throw problemOf(error);
    });
    if (reply.kind === "problem") throw reply.problem;
    send(response, reply);
  };
}

async function serve(edge: Edge, route: Route, request: Request, response: Response): Promise<Reply> {
  const peer = await admit(edge, request, response);
  const caller = await onRecord(edge, request, response, peer.workload, () =>
    edge.tokens.verify(request.get("authorization"), peer),
  );
  nameCaller(response, caller);
  const attribution: Attribution = {
    actor: { workload: caller.workload, clientId: caller.clientId },
    origin: originOf(request),
    requestId: requestId(response),
  };
  const denied = (): Promise<Reply> =>
    refuse(edge, edge.systemTenantId, route, request, attribution, new Problem("access-denied"));
  const tenant = await edge.vault.tenants.find(caller.tenantId);
  if (tenant?.status !== "active") return denied();
  await edge.tenantLimit(request, response, tenant.id);
  await edge.limits[route.rate](request, response, `${tenant.id}:${caller.clientId}`);
  try {
    const call = newCall(edge, route, { request, caller, tenant, attribution });
    return await handle(edge, route, call);
  } catch (error) {
    if (error instanceof TenantGoneError) return denied();
    const problem = problemOf(error);
    if (!isAudited(problem)) throw problem;
    return refuse(edge, tenant.id, route, request, attribution, problem);
  }
}

/** Which workload calls, by its certificate, and whether it has not called too often. */
async function admit(edge: Edge, request: Request, response: Response): Promise<Peer> {
  const peer = await onRecord(edge, request, response, UNKNOWN, async () => {
    try {
      return peerOf(tlsSocketOf(request), edge.trustDomain);
    } catch (error) {
      // Refusals are written down, so certificates that are refused share one limit.
      await edge.attempts(request, response, UNKNOWN);
      throw error;
    }
  });
  await edge.attempts(request, response, peer.workload);
  return peer;
}

/** Puts a refusal of the caller on record, in the vault's own log: no tenant is known yet. */
async function onRecord<Who>(
  edge: Edge,
  request: Request,
  response: Response,
  workload: string,
  identify: () => Who | Promise<Who>,
): Promise<Who> {
  try {
    return await identify();
  } catch (error) {
    if (!(error instanceof Problem) || error.type === "rate-limited") throw error;
    await edge.vault.submit(edge.systemTenantId, {
      kind: "record",
      attribution: {
        actor: { workload, clientId: UNKNOWN },
        origin: originOf(request),
        requestId: requestId(response),
      },
      action: "auth.refuse",
      object: null,
      outcome: "denied",
      reason: error.type,
    });
    throw error;
  }
}

function newCall(
  edge: Edge,
  route: Route,
  who: {
    readonly request: Request;
    readonly caller: Caller;
    readonly tenant: Tenant;
    readonly attribution: Attribution;
  },
): Call {
  const demand = (purpose: string | null): void => {
    const { workload, tenantId, scopes } = who.caller;
    const asked = { workload, tenantId, scopes, action: route.action, resourceTenantId: who.tenant.id, purpose };
    if (!edge.vault.authorize(asked).isAllowed) throw new Problem("access-denied");
  };
  // Whether a card may leave depends on the purpose in the body; everything else is decided before the body is read.
  if (route.action !== "detokenize") demand(null);
  return { vault: edge.vault, ...who, demandPurpose: demand };
}

async function handle(edge: Edge, { handler }: Route, call: Call): Promise<Reply> {
  if (handler.body === "none") return handler.handle(call);
  const body = await readBody(call.request, { limitBytes: handler.limitBytes, deadlineMs: edge.bodyDeadlineMs });
  try {
    if (handler.body === "card") return await handler.handle(call, body.bytes);
    return await handler.handle(call, parseJson(body.bytes));
  } finally {
    body.wipe();
  }
}

/** Leaves the refusal in the audit log, then answers it. When the log cannot be written, neither can the answer. */
async function refuse(
  edge: Edge,
  tenantId: string,
  route: Route,
  request: Request,
  attribution: Attribution,
  problem: Problem,
): Promise<Reply> {
  const token = request.params["token"];
  const command: RecordCommand = {
    kind: "record",
    attribution,
    action: route.audit,
    object: typeof token === "string" && isOpaqueToken(token) ? token : null,
    outcome: problem.status === 403 ? "denied" : "refused",
    reason: refusalCode(problem),
  };
  await edge.vault.submit(tenantId, command);
  return { kind: "problem", problem };
}

/** Refusals of what was asked are audited; a service that could not do its work says so in logs and metrics. */
function isAudited(problem: Problem): boolean {
  return problem.status < 500 || problem.type === "integrity-failure";
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof QueueError) return queueProblem(error);
  if (error instanceof KeyringError || error instanceof RootKeyError) {
    return new Problem("key-unavailable", { retryAfterSeconds: 60, cause: error });
  }
  throw error;
}

function queueProblem(error: QueueError): Problem {
  if (error.code === "deadline") return new Problem("outcome-unknown", { cause: error });
  return new Problem(error.code === "closed" ? "shutting-down" : "overloaded", { retryAfterSeconds: 1, cause: error });
}

function tlsSocketOf(request: Request): TLSSocket {
  if (request.socket instanceof TLSSocket) return request.socket;
  throw new Error("the data plane was served without TLS");
}

/** The client's address, in its IPv4 form where it has one. */
function originOf(request: Request): string {
  return factsOf(request).origin.replace(/^::ffff:/, "");
}
