// /v1/proposals: what custodians propose, approve, withdraw and start, and what came of it.
import {
  validateExecuteProposal,
  validateProposalPath,
  validatePropose,
  validateStatementRequest,
} from "@cofferdam/openapi/validate-admin.ts";
import { Problem } from "@cofferdam/kit/problem.ts";
import { validBody } from "../http/field-problem.ts";
import type { Reply } from "../http/reply.ts";
import { digestOf } from "../rotation/certify-key.ts";
import { audited } from "../rotation/key-events.ts";
import { SYSTEM_TENANT_ID } from "../tenants/system-tenant.ts";
import type { AdminCall } from "./admin-plane.ts";
import { approve, findProposal, listProposals, propose, withdraw, type CeremonyContext } from "./ceremonies.ts";
import { signersOf } from "./dual-control.ts";
import { readArtifact, readTranscript, type Proposal } from "./proposal-store.ts";
import { json, text, validPath } from "./reply-of.ts";
import { proposalView } from "./views.ts";

/** A bundle in one string; its JSON escapes come on top. */
const MAX_BUNDLE_CHARACTERS = 16 * 1_024 * 1_024;

export async function proposeOperation(call: AdminCall, body: unknown): Promise<Reply> {
  const { proposal_id: proposalId, ceremony, statement } = validBody(validatePropose(body));
  const proposed = { proposalId, ceremony, statement };
  return json(201, viewOf(call, await propose(ceremonyContext(call), call.plane.operations, proposed)));
}

/** What came of each is in its own view: a hundred results may be long. */
export async function listAllProposals(call: AdminCall): Promise<Reply> {
  const proposals = await listProposals(call.plane);
  return json(200, { proposals: proposals.map((proposal) => ({ ...viewOf(call, proposal), result: null })) });
}

export async function readOneProposal(call: AdminCall): Promise<Reply> {
  return json(200, viewOf(call, known(await findProposal(call.plane, proposalIdOf(call)))));
}

export async function approveProposal(call: AdminCall, body: unknown): Promise<Reply> {
  const { statement } = validBody(validateStatementRequest(body));
  return json(200, viewOf(call, known(await approve(ceremonyContext(call), proposalIdOf(call), statement))));
}

export async function withdrawProposal(call: AdminCall, body: unknown): Promise<Reply> {
  const { statement } = validBody(validateStatementRequest(body));
  return json(200, viewOf(call, known(await withdraw(ceremonyContext(call), proposalIdOf(call), statement))));
}

export async function executeProposal(call: AdminCall, body: unknown): Promise<Reply> {
  const { operation, dry_run: isDryRun, bundle = null } = validBody(validateExecuteProposal(body));
  if (bundle !== null && bundle.length > MAX_BUNDLE_CHARACTERS) throw new Problem("body-too-large");
  const { executions } = call.plane;
  const start = { proposalId: proposalIdOf(call), operation, bundle, attribution: call.attribution };
  if (!isDryRun) return json(202, viewOf(call, known(await executions.start(start))));
  const preview = await executions.preview(known(await findProposal(call.plane, start.proposalId)), start);
  return json(200, { proposal_id: start.proposalId, operation, dry_run: true, preview });
}

export async function readProposalTranscript(call: AdminCall): Promise<Reply> {
  const id = proposalIdOf(call);
  return text(known(await call.plane.database.asTenant(SYSTEM_TENANT_ID, (tx) => readTranscript(tx, id))));
}

/** Keys leave here, wrapped as they are: to those alone who signed for it, and each time is an event. */
export async function readProposalArtifact(call: AdminCall): Promise<Reply> {
  const id = proposalIdOf(call);
  if (!isSigner(call, known(await findProposal(call.plane, id)))) throw new Problem("access-denied");
  const artifact = await audited(call.context, SYSTEM_TENANT_ID, async (tx) => {
    const found = await readArtifact(tx, id);
    if (found === null) return { value: null, events: [] };
    return { value: found, events: [{ action: "key.export", object: id, reason: digestOf(found) }] };
  });
  return text(known(artifact));
}

function isSigner({ signer }: AdminCall, proposal: Proposal): boolean {
  const publicKey = signer.spki.toString("hex");
  return signersOf(proposal).some((each) => each.workload === signer.workload && each.publicKey === publicKey);
}

function ceremonyContext({ plane, attribution, signer }: AdminCall): CeremonyContext {
  const { database, now, build } = plane;
  return { database, now, build, attribution, signer };
}

function viewOf({ plane }: AdminCall, proposal: Proposal) {
  return proposalView(proposal, plane.executions.progressOf(proposal.id));
}

function proposalIdOf({ request }: AdminCall): string {
  return validPath(validateProposalPath(request.params)).proposal_id;
}

function known<Value>(found: Value | null): Value {
  if (found === null) throw new Problem("not-found");
  return found;
}
