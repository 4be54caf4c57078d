// The admin plane's API as functions, typed by its document. Bodies go out and come in as JSON, over mutual TLS.
import type { components } from "@cofferdam/openapi/generated/vault-admin-types.ts";
import { AdminProblem, type ProblemView } from "./admin-problem.ts";
import { NotFinished } from "./errors.ts";

export type Schemas = components["schemas"];
export type ProposalView = Schemas["ProposalView"];
export type JobView = Schemas["JobView"];
export type KeyVersionView = Schemas["KeyVersionView"];

/** What the admin process can be asked. All throw AdminProblem when it refuses, NotFinished when it does not answer. */
export interface AdminClient {
  readonly status: () => Promise<Schemas["Status"]>;
  readonly inventory: (format: "json" | "cbom") => Promise<Readonly<Record<string, unknown>>>;
  readonly census: (tenantId: string) => Promise<Schemas["Census"]>;
  readonly propose: (request: Schemas["Propose"]) => Promise<ProposalView>;
  readonly proposals: () => Promise<Schemas["ProposalList"]>;
  readonly proposal: (id: string) => Promise<ProposalView>;
  readonly approve: (id: string, statement: Schemas["SignedStatement"]) => Promise<ProposalView>;
  readonly withdraw: (id: string, statement: Schemas["SignedStatement"]) => Promise<ProposalView>;
  readonly preview: (id: string, request: Execution) => Promise<Schemas["ExecutionPreview"]>;
  readonly execute: (id: string, request: Execution) => Promise<ProposalView>;
  readonly transcript: (id: string) => Promise<string>;
  readonly artifact: (id: string) => Promise<string>;
  readonly jobs: (tenantId: string | null) => Promise<Schemas["JobList"]>;
  readonly job: (tenantId: string, jobId: string) => Promise<JobView>;
  readonly previewJob: (request: KeyRequest) => Promise<Schemas["JobPreview"]>;
  readonly startJob: (request: KeyRequest & { readonly max_rows_per_second?: number }) => Promise<JobView>;
  readonly changeJob: (tenantId: string, jobId: string, change: Schemas["ChangeJob"]) => Promise<JobView>;
  readonly previewCertificate: (request: KeyRequest) => Promise<Schemas["CertificatePreview"]>;
  readonly certify: (request: KeyRequest) => Promise<Schemas["CertificateView"]>;
  readonly custody: () => Promise<Schemas["Custody"]>;
  readonly beginUnseal: () => Promise<Schemas["UnsealTicket"]>;
  readonly bringShare: (submission: Schemas["ShareSubmission"]) => Promise<Schemas["UnsealProgress"]>;
}

export type Execution = Omit<Schemas["ExecuteProposal"], "dry_run">;
type KeyRequest = Pick<Schemas["StartJob"], "tenant_id" | "key_id">;

/** `baseUrl` without a slash at its end; `send` shows the custodian's certificate. */
export function adminClient(baseUrl: string, send: typeof fetch): AdminClient {
  const text = async (method: Method, path: string, body?: unknown): Promise<string> => {
    const answer = await answerOf(baseUrl, () => send(`${baseUrl}${path}`, request(method, body)));
    if (answer.status >= 400) throw refusalIn(answer, baseUrl);
    return answer.text;
  };
  // The document says what comes back; an answer that is not JSON is told as an answer of something else.
  const call = async <Answer>(method: Method, path: string, body?: unknown): Promise<Answer> =>
    jsonIn(await text(method, path, body), baseUrl) as Answer;
  const proposal = (id: string): string => `/v1/proposals/${id}`;
  const job = (tenantId: string, jobId: string): string => `/v1/jobs/${tenantId}/${jobId}`;
  return {
    status: () => call("GET", "/v1/status"),
    inventory: (format) => call("GET", `/v1/inventory?format=${format}`),
    census: (tenantId) => call("GET", `/v1/census?tenant_id=${tenantId}`),
    propose: (body) => call("POST", "/v1/proposals", body),
    proposals: () => call("GET", "/v1/proposals"),
    proposal: (id) => call("GET", proposal(id)),
    approve: (id, statement) => call("POST", `${proposal(id)}/approval`, { statement }),
    withdraw: (id, statement) => call("POST", `${proposal(id)}/withdrawal`, { statement }),
    preview: (id, body) => call("POST", `${proposal(id)}/execution`, { ...body, dry_run: true }),
    execute: (id, body) => call("POST", `${proposal(id)}/execution`, { ...body, dry_run: false }),
    transcript: (id) => text("GET", `${proposal(id)}/transcript`),
    artifact: (id) => text("GET", `${proposal(id)}/artifact`),
    jobs: (tenantId) => call("GET", tenantId === null ? "/v1/jobs" : `/v1/jobs?tenant_id=${tenantId}`),
    job: (tenantId, jobId) => call("GET", job(tenantId, jobId)),
    previewJob: (body) => call("POST", "/v1/jobs", { ...body, dry_run: true }),
    startJob: (body) => call("POST", "/v1/jobs", { ...body, dry_run: false }),
    changeJob: (tenantId, jobId, change) => call("PATCH", job(tenantId, jobId), change),
    previewCertificate: (body) => call("POST", "/v1/certificates", { ...body, dry_run: true }),
    certify: (body) => call("POST", "/v1/certificates", { ...body, dry_run: false }),
    custody: () => call("GET", "/v1/custody"),
    beginUnseal: () => call("POST", "/v1/unseal"),
    bringShare: (submission) => call("POST", "/v1/unseal/shares", submission),
  };
}

type Method = "GET" | "POST" | "PATCH";

interface Answer {
  readonly status: number;
  readonly text: string;
}

function request(method: Method, body: unknown): RequestInit {
  if (body === undefined) return { method };
  return { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } };
}

async function answerOf(baseUrl: string, send: () => Promise<Response>): Promise<Answer> {
  try {
    const response = await send();
    return { status: response.status, text: await response.text() };
  } catch (error) {
    throw new NotFinished(`${baseUrl} does not answer: ${reasonOf(error)}`, hintOf(error), { cause: error });
  }
}

function refusalIn({ status, text }: Answer, baseUrl: string): Error {
  const problem = jsonIn(text, baseUrl) as Partial<ProblemView> | null;
  const { type, title, request_id: requestId } = problem ?? {};
  if (typeof type !== "string" || typeof title !== "string" || typeof requestId !== "string")
    return unknownAnswer(baseUrl);
  return new AdminProblem({ ...problem, type, title, status, request_id: requestId });
}

function jsonIn(text: string, baseUrl: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unknownAnswer(baseUrl);
  }
}

function unknownAnswer(baseUrl: string): NotFinished {
  return new NotFinished(
    `${baseUrl} gave an answer that is not the admin plane's`,
    "Is --admin-url the admin process?",
  );
}

/** The code that the system, TLS or undici gave, which lies under what `fetch` throws. */
function codeOf(error: unknown): string {
  const { name, code, cause } = error as { name?: string; code?: unknown; cause?: unknown };
  if (cause instanceof Error) return codeOf(cause);
  return typeof code === "string" ? code : (name ?? "");
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return reasons.get(code) ?? (isOfTls(code) ? "it does not take our certificate" : "the connection failed");
}

function hintOf(error: unknown): string {
  const code = codeOf(error);
  if (isOfTls(code)) return "Look at --cert and --key.";
  if (certificateCodes.has(code)) return "Look at --ca, and at the name in --admin-url.";
  if (code === "ECONNRESET" || code === "UND_ERR_SOCKET") {
    return "Look at --cert: a certificate that is not of its authority gets no answer. What was sent may have been done.";
  }
  return "Look at --admin-url, and whether the admin process runs. What was sent last may have been done: look first.";
}

const certificateCodes = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_HAS_EXPIRED",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);
const reasons: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "nothing listens there"],
  ["ENOTFOUND", "there is no such host"],
  ["EAI_AGAIN", "the name cannot be looked up now"],
  ["ECONNRESET", "the connection was cut"],
  ["UND_ERR_SOCKET", "the connection was cut"],
  ["TimeoutError", "it took too long"],
  ["UND_ERR_CONNECT_TIMEOUT", "it took too long"],
  ["UND_ERR_RES_EXCEEDED_MAX_SIZE", "the answer is longer than we take"],
  ...[...certificateCodes].map((code) => [code, "its certificate is not one that we trust"] as const),
]);

function isOfTls(code: string): boolean {
  return code.startsWith("ERR_SSL") || code.startsWith("ERR_OSSL");
}
