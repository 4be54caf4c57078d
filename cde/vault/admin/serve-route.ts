// What every operation of the admin plane goes through, in this order: certificate, rate, roster, policy, acknowledgement,
// body, handler. A refusal on the way is audited before it is answered, but for rates: whoever is over one must not fill
// the log.
import type { Request, RequestHandler, Response } from "express";
import { readBody } from "@cofferdam/kit/http-body.ts";
import { Problem } from "@cofferdam/kit/problem.ts";
import { factsOf, requestId } from "@cofferdam/kit/request-facts.ts";
import { parseJson } from "@cofferdam/kit/strict-json.ts";
import { uuid } from "@cofferdam/kit/uuid.ts";
import { appendEvents, lockHead } from "../audit/audit-store.ts";
import type { AuditEvent } from "../audit/event.ts";
import type { RateLimiter } from "../http/rate-limits.ts";
import { refusalCode } from "../http/refusal-code.ts";
import { send, type Reply } from "../http/reply.ts";
import type { Attribution } from "../rotation/operation.ts";
import { SYSTEM_TENANT_ID } from "../tenants/system-tenant.ts";
import type { AdminCall, AdminPlane } from "./admin-plane.ts";
import { callerOf } from "./caller.ts";
import { custodianOf, isAcknowledged } from "./custodians.ts";
import { DualControlError, type Signer } from "./dual-control.ts";
import { problemOf } from "./refusal-problem.ts";
import type { AdminRoute } from "./routes.ts";

/** What the pipeline needs beside the plane. */
export interface AdminEdge {
  readonly plane: AdminPlane;
  readonly trustDomain: string;
  /** Requests of one workload, accepted or not. */
  readonly rate: RateLimiter;
  /** Told of every refusal, by its code. */
  readonly onRefusal: (code: string) => void;
  /** Told when something else than a read was done. */
  readonly onChange: () => void;
}

/** One request on its way through, and what is known of it so far. */
interface Passage {
  readonly edge: AdminEdge;
  readonly route: AdminRoute;
  readonly request: Request;
  readonly response: Response;
  attribution: Attribution;
  /** Id of the proposal that it is about; null while nobody knows. */
  proposalId: string | null;
}

const UNKNOWN = "unknown";

/** The handler of one line of the table. */
export function serveRoute(edge: AdminEdge, route: AdminRoute): RequestHandler {
  return async (request, response) => {
    const nobody = { actor: { workload: UNKNOWN, clientId: UNKNOWN }, origin: originOf(request) };
    const attribution = { ...nobody, requestId: requestId(response) };
    const passage: Passage = { edge, route, request, response, attribution, proposalId: proposalIdIn(request.params) };
    const reply = await serve(passage).catch(async (error: unknown) => {
      const problem = problemOf(error);
      if (problem instanceof Problem && isAudited(problem)) await record(passage, problem);
      throw problem;
    });
    if (reply.kind === "problem") throw reply.problem;
    send(response, reply);
  };
}

async function serve(passage: Passage): Promise<Reply> {
  const { edge, route, request, response } = passage;
  const signer = await admit(passage);
  const actor = { workload: signer.workload, clientId: signer.spki.toString("base64url") };
  passage.attribution = { ...passage.attribution, actor };
  factsOf(request).caller = { tenantId: SYSTEM_TENANT_ID, ...actor };
  await edge.rate(request, response, signer.workload);
  const call = await authorised(passage, signer);
  const reply = await handle(passage, route, call);
  if (route.action !== "readKeys") edge.onChange();
  return reply;
}

/** Who calls, by certificate. Those that are refused share one limit, for each refusal is written down. */
async function admit({ edge, request, response }: Passage): Promise<Signer> {
  try {
    return callerOf(request, edge.trustDomain);
  } catch (error) {
    await edge.rate(request, response, UNKNOWN);
    throw error;
  }
}

async function authorised({ edge, route, request, attribution }: Passage, signer: Signer): Promise<AdminCall> {
  const { plane } = edge;
  const named = { workload: signer.workload, publicKey: signer.spki.toString("hex") };
  const custodian = custodianOf(await plane.roster.read(), named);
  const asked = { workload: signer.workload, isCustodian: custodian !== null, action: route.action };
  if (!plane.authorize(asked).isAllowed) throw new Problem("access-denied");
  // Whoever has not renewed it may look, and nothing else (PCI DSS 3.7.8).
  const acts = route.action !== "readKeys";
  if (acts && custodian !== null && !isAcknowledged(custodian, plane.now())) {
    throw new DualControlError("acknowledgement_over");
  }
  return { plane, request, signer, custodian, attribution, context: plane.contextFor(attribution) };
}

async function handle(passage: Passage, { handler }: AdminRoute, call: AdminCall): Promise<Reply> {
  if (handler.body === "none") return handler.handle(call);
  const { limitBytes, deadlineMs } = handler;
  const received = await readBody(call.request, { limitBytes, deadlineMs });
  try {
    const body = parseJson(received.bytes);
    passage.proposalId ??= proposalIdIn(body);
    return await handler.handle(call, body);
  } finally {
    received.wipe();
  }
}

/** Refusals of what was asked are audited; a service that could not do its work says so in logs and metrics. */
function isAudited(problem: Problem): boolean {
  return problem.status < 500 && problem.type !== "rate-limited";
}

/** Leaves the refusal in the vault's own log. When it cannot be written, neither can the answer. */
async function record({ edge, route, attribution, proposalId }: Passage, problem: Problem): Promise<void> {
  const { database, now, build } = edge.plane;
  const isKnown = attribution.actor.workload !== UNKNOWN;
  const event: AuditEvent = {
    ...attribution,
    action: isKnown ? "ceremony.refuse" : "auth.refuse",
    object: proposalId,
    outcome: problem.status === 403 || !isKnown ? "denied" : "refused",
    reason: isKnown ? `${route.action} ${refusalCode(problem)}` : problem.type,
    state: null,
  };
  await database.asTenant(SYSTEM_TENANT_ID, async (tx) => {
    const head = await lockHead(tx, SYSTEM_TENANT_ID);
    await appendEvents(tx, SYSTEM_TENANT_ID, head, [event], { now: new Date(now()), build });
  });
  edge.onRefusal(problem.errors?.[0]?.keyword ?? problem.type);
}

function proposalIdIn(fields: Readonly<Record<string, unknown>>): string | null {
  const id = fields["proposal_id"];
  return typeof id === "string" && uuid.test(id) ? id : null;
}

/** The client's address, in its IPv4 form where it has one. */
function originOf(request: Request): string {
  return factsOf(request).origin.replace(/^::ffff:/, "");
}
