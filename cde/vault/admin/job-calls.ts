// /v1/jobs and /v1/certificates: rows on their way to the next key, and the word that none is left.
import {
  validateCertificatesQuery,
  validateCertifyKey,
  validateChangeJob,
  validateJobPath,
  validateJobsQuery,
  validateStartJob,
} from "@cofferdam/openapi/validate-admin.ts";
import type { CertificateView } from "@cofferdam/openapi/generated/vault-admin-types.ts";
import { Problem } from "@cofferdam/kit/problem.ts";
import { validBody, validQuery } from "../http/field-problem.ts";
import type { Reply } from "../http/reply.ts";
import { readCertificates, type StoredCertificate } from "../rotation/census-store.ts";
import { certifyKey } from "../rotation/certify-key.ts";
import type { KeyJob } from "../rotation/job-store.ts";
import { changeJob, findJob, listJobs, previewJob, startJob } from "../rotation/jobs.ts";
import type { AdminCall } from "./admin-plane.ts";
import { json, validPath } from "./reply-of.ts";
import { jobView, time } from "./views.ts";

export async function startKeyJob(call: AdminCall, body: unknown): Promise<Reply> {
  const asked = validBody(validateStartJob(body));
  const { tenant_id: tenantId, key_id: keyId, dry_run: isDryRun } = asked;
  const { max_rows_per_second: maxRowsPerSecond = call.plane.defaultRowsPerSecond } = asked;
  if (isDryRun) {
    const rows = await previewJob(call.context, { tenantId, keyId });
    return json(200, { tenant_id: tenantId, key_id: keyId, dry_run: true, rows_total: rows });
  }
  const job = await startJob(call.context, { tenantId, keyId, maxRowsPerSecond, isUrgent: false });
  call.plane.jobs.kick();
  return json(201, viewOf(call, job));
}

export async function listKeyJobs(call: AdminCall): Promise<Reply> {
  const { tenant_id: tenantId = null } = validQuery(validateJobsQuery(call.request.query));
  const jobs = await listJobs(call.context, tenantId);
  return json(200, { jobs: jobs.map((job) => viewOf(call, job)) });
}

export async function readKeyJob(call: AdminCall): Promise<Reply> {
  return json(200, viewOf(call, await namedJob(call)));
}

export async function changeKeyJob(call: AdminCall, body: unknown): Promise<Reply> {
  const { state, max_rows_per_second: maxRowsPerSecond } = validBody(validateChangeJob(body));
  const { id } = await namedJob(call);
  const change = { ...(state !== undefined && { state }), ...(maxRowsPerSecond !== undefined && { maxRowsPerSecond }) };
  const job = await changeJob(call.context, id, change);
  call.plane.jobs.kick();
  return json(200, viewOf(call, job));
}

/** A certificate that exists is as good as a new one: no row comes back under a key that protects nothing new. */
export async function certifyKeyVersion(call: AdminCall, body: unknown): Promise<Reply> {
  const { tenant_id: tenantId, key_id: keyId, dry_run: isDryRun } = validBody(validateCertifyKey(body));
  await certifyKey(call.context, { tenantId, keyId }, true);
  if (isDryRun) return json(200, { tenant_id: tenantId, key_id: keyId, dry_run: true, rows: 0 });
  const [existing] = await certificatesOf(call, tenantId, keyId);
  if (existing !== undefined) return json(201, certificateView(tenantId, existing));
  await certifyKey(call.context, { tenantId, keyId });
  const [issued] = await certificatesOf(call, tenantId, keyId);
  if (issued === undefined) throw new Error("a certificate that was issued is not there");
  return json(201, certificateView(tenantId, issued));
}

export async function listKeyCertificates(call: AdminCall): Promise<Reply> {
  const { tenant_id: tenantId, key_id: keyId } = validQuery(validateCertificatesQuery(call.request.query));
  const found = await certificatesOf(call, tenantId, keyId);
  return json(200, { certificates: found.map((certificate) => certificateView(tenantId, certificate)) });
}

async function certificatesOf(
  { plane }: AdminCall,
  tenantId: string,
  keyId: string | undefined,
): Promise<readonly StoredCertificate[]> {
  const all = await plane.database.asTenant(tenantId, (tx) => readCertificates(tx, tenantId));
  return all.filter((certificate) => keyId === undefined || certificate.keyId === keyId);
}

function certificateView(tenantId: string, { keyId, issuedAtMs, note }: StoredCertificate): CertificateView {
  return { tenant_id: tenantId, key_id: keyId, issued_at: time(issuedAtMs), note };
}

async function namedJob({ request, context }: AdminCall): Promise<KeyJob> {
  const { tenant_id: tenantId, job_id: jobId } = validPath(validateJobPath(request.params));
  const job = await findJob(context, jobId);
  if (job?.tenantId !== tenantId) throw new Problem("not-found");
  return job;
}

function viewOf({ plane }: AdminCall, job: KeyJob) {
  const pace = plane.jobs.pace();
  return jobView(job, pace?.jobId === job.id && job.state === "running" ? pace.rowsPerSecond : null);
}
