// /v1/custody and /v1/unseal: who holds which share, and bringing one.
import { validateShareSubmission } from "@cofferdam/openapi/validate-admin.ts";
import { Problem } from "@cofferdam/kit/problem.ts";
import { validBody } from "../http/field-problem.ts";
import type { Reply } from "../http/reply.ts";
import type { AdminCall } from "./admin-plane.ts";
import { json } from "./reply-of.ts";

export async function readShareCustody({ plane }: AdminCall): Promise<Reply> {
  return json(200, { custody: await plane.shares.report(), journal: await plane.shares.chain() });
}

export async function beginUnsealing({ plane }: AdminCall): Promise<Reply> {
  return json(200, await plane.shares.begin());
}

export async function bringOneShare({ plane, custodian, attribution }: AdminCall, body: unknown): Promise<Reply> {
  if (custodian === null) throw new Problem("access-denied");
  const submission = validBody(validateShareSubmission(body));
  return json(200, await plane.shares.bring({ custodian, attribution }, submission));
}
