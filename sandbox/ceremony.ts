// What custodians do with their tools: write a ceremony file, sign a statement about it, send it.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  formatCeremonyFile,
  readCeremonyFile,
  type Ceremony,
} from "@cofferdam/cde/vault/keys/ceremony/ceremony-file.ts";
import {
  signStatement,
  type SignedStatement,
  type StatementAct,
  type StatementFacts,
} from "@cofferdam/cde/vault/keys/ceremony/ceremony-statement.ts";
import type { Problem, ProposalView } from "@cofferdam/openapi/generated/vault-admin-types.ts";
import { validateAdminProblem, validateProposalView } from "@cofferdam/openapi/validate-admin-response.ts";
import type { Validation } from "@cofferdam/openapi/validate.ts";
import type { Identity } from "./pki.ts";
import type { AdminClient, StandingAdmin } from "./standing-admin.ts";

/** A ceremony that can be signed for. */
export interface Draft {
  readonly id: string;
  readonly ceremony: string;
  readonly digest: Buffer;
  readonly operation: string;
  readonly expiresAt: Date;
}

const HOUR_MS = 3_600_000;

/** A ceremony file and an id for its proposal. */
export function draftOf(
  operation: string,
  parameters: Ceremony["parameters"],
  expiresAt = new Date(Date.now() + HOUR_MS),
): Draft {
  const ceremony = formatCeremonyFile({ operation, reason: "Tried in the sandbox.", parameters });
  const { digest } = readCeremonyFile(Buffer.from(ceremony));
  return { id: randomUUID(), ceremony, digest, operation, expiresAt };
}

/** What somebody signs about it; `changes` say what the statement claims instead. */
export function statementBy(
  identity: Pick<Identity, "keyPem" | "certificatePem">,
  act: StatementAct,
  { id: proposalId, digest, expiresAt }: Draft,
  changes: Partial<Omit<StatementFacts, "custodian">> = {},
): SignedStatement {
  return signStatement({ act, proposalId, digest, expiresAt, signedAt: new Date(), ...changes }, identity);
}

/** An answer of the admin plane in brief. */
export interface Answer {
  /** `200`, or `403 approval-refused same-custodian`. */
  readonly brief: string;
  readonly requestId: string;
  /** Of a refusal. */
  readonly problem: Problem | null;
}

/** Reads any answer; a refusal must have the form that the document gives it. */
export async function answerOf(
  sent: Promise<{ readonly response: Response; readonly error?: unknown }>,
): Promise<Answer> {
  const { response, error } = await sent;
  const requestId = response.headers.get("request-id") ?? "";
  if (response.ok) return { brief: String(response.status), requestId, problem: null };
  const problem = documented(validateAdminProblem(error));
  const brief = [response.status, problem.type.replace("/problems/", ""), problem.errors?.[0]?.keyword ?? ""];
  return { brief: brief.join(" ").trim(), requestId, problem };
}

/** The value, if it has the form that the document gives it. */
export function documented<Value>(validation: Validation<Value>): Value {
  if (validation.ok) return validation.value;
  throw new Error(`not as documented: ${JSON.stringify(validation.errors)}`);
}

export function propose(
  client: AdminClient,
  draft: Draft,
  statement: SignedStatement,
): Promise<{ readonly response: Response; readonly error?: unknown }> {
  const body = { proposal_id: draft.id, ceremony: draft.ceremony, statement };
  return client.POST("/v1/proposals", { body });
}

export function decide(
  client: AdminClient,
  how: "approval" | "withdrawal",
  { id }: Pick<Draft, "id">,
  statement: SignedStatement,
): Promise<{ readonly response: Response; readonly error?: unknown }> {
  const sent = { params: { path: { proposal_id: id } }, body: { statement } };
  return how === "approval"
    ? client.POST("/v1/proposals/{proposal_id}/approval", sent)
    : client.POST("/v1/proposals/{proposal_id}/withdrawal", sent);
}

export function execute(
  client: AdminClient,
  { id, operation }: Pick<Draft, "id" | "operation">,
  more: { readonly dry_run?: boolean; readonly bundle?: string } = {},
): Promise<{ readonly response: Response; readonly error?: unknown; readonly data?: unknown }> {
  const body = { operation, dry_run: false, ...more };
  return client.POST("/v1/proposals/{proposal_id}/execution", { params: { path: { proposal_id: id } }, body });
}

/** Mei proposes, Ade approves. Throws unless both count. */
export async function approved(admin: StandingAdmin, draft: Draft): Promise<void> {
  const { mei, ade } = admin.custodians;
  const proposal = await answerOf(propose(admin.client(mei), draft, statementBy(mei, "propose", draft)));
  const approval = await answerOf(decide(admin.client(ade), "approval", draft, statementBy(ade, "approve", draft)));
  if (proposal.brief !== "201" || approval.brief !== "200") {
    throw new Error(`not approved: ${proposal.brief}, ${approval.brief}`);
  }
}

export async function viewOf(client: AdminClient, { id }: Pick<Draft, "id">): Promise<ProposalView> {
  const { data } = await client.GET("/v1/proposals/{proposal_id}", { params: { path: { proposal_id: id } } });
  return documented(validateProposalView(data));
}

const POLL_MS = 50;
const OVER_WITHIN_MS = 60_000;

/** Proposed by Mei, approved by Ade, started, and waited for. Throws unless it was done; gives its result. */
export async function carryOut(
  admin: StandingAdmin,
  operation: string,
  parameters: Ceremony["parameters"],
): Promise<NonNullable<ProposalView["result"]>> {
  const draft = draftOf(operation, parameters);
  const client = admin.client(admin.custodians.mei);
  await approved(admin, draft);
  const { brief } = await answerOf(execute(client, draft));
  if (brief !== "202") throw new Error(`${operation} was not started: ${brief}`);
  for (const startedAtMs = performance.now(); performance.now() - startedAtMs < OVER_WITHIN_MS;) {
    const { state, result } = await viewOf(client, draft);
    if (state === "done") return result ?? {};
    if (state === "failed") throw new Error(`${operation} failed`);
    await sleep(POLL_MS);
  }
  throw new Error(`${operation} took too long`);
}
