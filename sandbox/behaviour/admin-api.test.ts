// Every operation of the admin plane, answered as its document says: the life of a data key from rotation to certificate,
// an export that is imported again, and what each operation refuses.
import assert from "node:assert/strict";
import { createPublicKey, hash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { parse } from "yaml";
import { adminRoutes } from "@cofferdam/cde/vault/admin/routes.ts";
import { verifierKey } from "@cofferdam/cde/vault/audit/signed-note.ts";
import { ceremonySigner } from "@cofferdam/cde/vault/keys/ceremony/ceremony-transcript.ts";
import { openKeyCertificate } from "@cofferdam/cde/vault/keys/ceremony/key-certificate.ts";
import { SYSTEM_TENANT_ID } from "@cofferdam/cde/vault/tenants/system-tenant.ts";
import type { ApiDocument, Operation } from "@cofferdam/openapi/api-document.ts";
import {
  validateBillOfMaterials,
  validateCensus,
  validateCertificateList,
  validateCertificatePreview,
  validateCertificateView,
  validateCustody,
  validateExecutionPreview,
  validateJobList,
  validateJobPreview,
  validateJobView,
  validateKeyInventory,
  validateProposalList,
  validateStatus,
} from "@cofferdam/openapi/validate-admin-response.ts";
import { sandboxTenants } from "../callers.ts";
import { trustDomain } from "../pki.ts";
import { standUpAdmin } from "../standing-admin.ts";
import { openTestBed } from "../test-bed.ts";
import { entriesOf } from "./audit-entries.ts";
import {
  answerOf,
  approved,
  documented,
  draftOf,
  execute,
  propose,
  statementBy,
  viewOf,
  type Draft,
} from "../ceremony.ts";
import { eventually } from "./eventually.ts";
import { strangeCertificate } from "./strange-certificate.ts";

const bed = await openTestBed();
const { standing } = bed;
const admin = await standUpAdmin(standing);
after(async () => {
  await admin.stop();
  await bed[Symbol.asyncDispose]();
});
const custodian = admin.client(admin.custodians.mei);
const auditor = admin.client(standing.identities.auditor);
const { tenantId } = sandboxTenants.harbourCoffee;
const otherId = "99999999-9999-4999-8999-999999999999";

async function fingerprintOf(publicKeyFile: string): Promise<string> {
  return hash("sha256", createPublicKey(await readFile(publicKeyFile)).export({ type: "spki", format: "der" }));
}

async function carriedOut(draft: Draft, more: { readonly bundle?: string } = {}) {
  await approved(admin, draft);
  assert.equal((await answerOf(execute(custodian, draft, more))).brief, "202");
  const view = await eventually(
    () => viewOf(auditor, draft),
    ({ state }) => state !== "running",
    15_000,
  );
  assert.equal(view.state, "done", JSON.stringify(view.result));
  return view;
}

async function census() {
  const { data } = await auditor.GET("/v1/census", { params: { query: { tenant_id: tenantId } } });
  return documented(validateCensus(data)).versions;
}

test("the table of routes and the document are one list", async () => {
  const text = await readFile(path.join(import.meta.dirname, "../../openapi/vault-admin.yaml"), "utf8");
  const { paths } = parse(text) as ApiDocument;
  const written = Object.entries(paths).flatMap(([template, methods]) =>
    Object.entries(methods as Readonly<Record<string, Operation>>)
      .filter(([name, operation]) => name !== "parameters" && operation["x-cofferdam-action"] !== null)
      .map(([method, operation]) => `${method} ${template} ${operation["x-cofferdam-action"] ?? ""}`),
  );
  const served = adminRoutes.map(
    ({ method, path: template, action }) => `${method} ${template.replaceAll(/:(\w+)/g, "{$1}")} ${action}`,
  );
  assert.deepEqual(served.toSorted(), written.toSorted());
});

test("status, inventory and custody are read by an auditor, in every form", async () => {
  const status = documented(validateStatus((await auditor.GET("/v1/status")).data));
  assert.equal(status.is_sealed, false);
  assert.equal(status.tenants, 2);
  assert.deepEqual(
    status.root_keys.map(({ state, wraps }) => [state, wraps]),
    [["active", 6]],
  );
  assert.equal(status.custodians.length, 3);
  const inventory = documented(validateKeyInventory((await auditor.GET("/v1/inventory")).data));
  assert.equal(inventory.keys.length, 1 + 6 + 2);
  const checkpointKey = inventory.keys.find((key) => key["kind"] === "checkpoint");
  assert.equal(checkpointKey?.["id"], await fingerprintOf(standing.checkpointPublicKeyFile));
  assert.deepEqual([checkpointKey["state"], checkpointKey["location"]], ["active", "file of the vault"]);
  const cbom = await auditor.GET("/v1/inventory", { params: { query: { format: "cbom" } } });
  assert.equal(documented(validateBillOfMaterials(cbom.data)).bomFormat, "CycloneDX");
  assert.match(cbom.response.headers.get("content-type") ?? "", /^application\/vnd\.cyclonedx\+json/);
  const custody = documented(validateCustody((await auditor.GET("/v1/custody")).data));
  assert.equal(custody.custody, null);
});

test("a data key is replaced, its rows are moved, and it is certified empty", async () => {
  const tokens = await bed.client("capture");
  for (const pan of ["4242424242424242", "5555555555554444"]) {
    assert.equal((await tokens.POST("/v1/tokens", { body: { card: { pan } } })).response.status, 201);
  }
  const draft = draftOf("rotate-data-key", { tenant_id: tenantId });
  const view = await carriedOut(draft);
  const keyId = String(view.result?.["former_key_id"]);
  const jobId = String(view.result?.["job_id"]);
  const ended = await eventually(
    async () => {
      const sent = { params: { path: { tenant_id: tenantId, job_id: jobId } } };
      return documented(validateJobView((await auditor.GET("/v1/jobs/{tenant_id}/{job_id}", sent)).data));
    },
    ({ state }) => state === "done",
    15_000,
  );
  assert.equal(ended.rows_done, 2);
  const jobs = documented(validateJobList((await auditor.GET("/v1/jobs")).data)).jobs;
  assert.deepEqual(
    jobs.map(({ job_id: id }) => id),
    [jobId],
  );
  const former = (await census()).find(({ key_id: id }) => id === keyId);
  assert.deepEqual([former?.state, former?.rows], ["decrypt-only", 0]);

  const body = { tenant_id: tenantId, key_id: keyId };
  const preview = await custodian.POST("/v1/certificates", { body: { ...body, dry_run: true } });
  assert.equal(documented(validateCertificatePreview(preview.data)).rows, 0);
  const [one, two] = await Promise.all([1, 2].map(() => certified(keyId)));
  assert.equal(one?.note, two?.note);
  const key = createPublicKey(await readFile(admin.transcriptPublicKeyFile, "utf8"));
  const certificate = openKeyCertificate(one?.note ?? "", [verifierKey(ceremonySigner(trustDomain), key)]);
  assert.equal(certificate.keyId, keyId);
  const listed = await auditor.GET("/v1/certificates", { params: { query: body } });
  assert.equal(documented(validateCertificateList(listed.data)).certificates[0]?.note, one?.note);
  const jobPreview = await custodian.POST("/v1/jobs", { body: { ...body, dry_run: true } });
  assert.equal(documented(validateJobPreview(jobPreview.data)).rows_total, 0);
});

async function certified(keyId: string) {
  const body = { tenant_id: tenantId, key_id: keyId, dry_run: false };
  return documented(validateCertificateView((await custodian.POST("/v1/certificates", { body })).data));
}

test("a job is started, paused, throttled and resumed", async () => {
  const keyId = (await census()).find(({ purpose, version }) => purpose === "data" && version === 1)?.key_id ?? "";
  const body = { tenant_id: tenantId, key_id: keyId, dry_run: false, max_rows_per_second: 1 };
  const started = documented(validateJobView((await custodian.POST("/v1/jobs", { body })).data));
  assert.equal(started.max_rows_per_second, 1);
  const change = async (changes: { readonly state?: "running" | "paused"; readonly max_rows_per_second?: number }) => {
    const params = { path: { tenant_id: tenantId, job_id: started.job_id } };
    return answerOf(custodian.PATCH("/v1/jobs/{tenant_id}/{job_id}", { params, body: changes }));
  };
  // Nothing is left to be moved, so the job may be over before anybody steers it.
  for (const changes of [{ state: "paused" }, { max_rows_per_second: 5_000 }, { state: "running" }] as const) {
    assert.match((await change(changes)).brief, /^(?:200|409 operation-refused not-possible)$/);
  }
});

test("an export is a file of wrapped keys, fetched once it is done, and imported again", async () => {
  const draft = draftOf("export-keys", {});
  const params = { path: { proposal_id: draft.id } };
  const preview = await approvedPreview(draft);
  assert.equal(preview.operation, "export-keys");
  const early = auditor.GET("/v1/proposals/{proposal_id}/transcript", { params, parseAs: "text" });
  assert.equal((await early).response.status, 404);
  assert.equal((await answerOf(execute(custodian, draft))).brief, "202");
  await eventually(
    () => viewOf(auditor, draft),
    ({ state }) => state === "done",
    15_000,
  );
  const { data: bundle } = await custodian.GET("/v1/proposals/{proposal_id}/artifact", { params, parseAs: "text" });
  const forbidden = auditor.GET("/v1/proposals/{proposal_id}/artifact", { params, parseAs: "text" });
  assert.equal((await forbidden).response.status, 403);
  assert.ok(bundle);
  const exported = (await entriesOf(bed.adminUrl, SYSTEM_TENANT_ID)).filter(({ object }) => object === draft.id);
  assert.equal(exported.at(-2)?.action, "key.export");

  const importing = draftOf("import-keys", { bundle_sha256: hash("sha256", bundle, "hex") });
  await approved(admin, importing);
  const other = execute(custodian, importing, { dry_run: true, bundle: `${bundle} ` });
  assert.equal((await answerOf(other)).brief, "400 invalid-field parameters");
  assert.equal((await answerOf(execute(custodian, importing, { bundle }))).brief, "202");
  const view = await eventually(
    () => viewOf(auditor, importing),
    ({ state }) => state !== "running",
    15_000,
  );
  assert.equal(view.state, "done", JSON.stringify(view.result));
});

async function approvedPreview(draft: Draft) {
  await approved(admin, draft);
  const { data } = await execute(custodian, draft, { dry_run: true });
  return documented(validateExecutionPreview(data));
}

test("proposals are listed newest first, without their results", async () => {
  const { proposals } = documented(validateProposalList((await auditor.GET("/v1/proposals")).data));
  assert.deepEqual(
    proposals.map(({ operation, result }) => [operation, result]),
    [
      ["import-keys", null],
      ["export-keys", null],
      ["rotate-data-key", null],
    ],
  );
});

test("what is not there, not known or not possible is refused in the forms that the document has", async () => {
  const proposal = { params: { path: { proposal_id: otherId } } };
  const tenant = { params: { query: { tenant_id: otherId } } };
  const job = { params: { path: { tenant_id: tenantId, job_id: otherId } } };
  const ofKey = { tenant_id: tenantId, key_id: otherId, dry_run: false };
  const primary = (await census()).find(({ is_primary: isPrimary }) => isPrimary)?.key_id ?? "";
  const ofPrimary = { ...ofKey, key_id: primary };
  const table: readonly (readonly [string, Promise<{ readonly response: Response; readonly error?: unknown }>])[] = [
    ["404 not-found", auditor.GET("/v1/proposals/{proposal_id}", proposal)],
    ["404 not-found", custodian.GET("/v1/proposals/{proposal_id}/artifact", proposal)],
    ["404 not-found", execute(custodian, { id: otherId, operation: "export-keys" })],
    ["404 not-found", auditor.GET("/v1/census", tenant)],
    ["404 not-found", auditor.GET("/v1/jobs/{tenant_id}/{job_id}", job)],
    ["409 operation-refused unknown-key", custodian.POST("/v1/certificates", { body: ofKey })],
    ["409 operation-refused still-needed", custodian.POST("/v1/certificates", { body: ofPrimary })],
    ["409 operation-refused unknown-key", custodian.POST("/v1/jobs", { body: ofKey })],
    ["409 operation-refused still-needed", custodian.POST("/v1/jobs", { body: ofPrimary })],
    ["409 share-refused no-custodians", custodian.POST("/v1/unseal")],
    ["403 access-denied", auditor.POST("/v1/unseal")],
    ["403 access-denied", auditor.POST("/v1/jobs", { body: ofKey })],
    ["403 access-denied", admin.client(standing.identities.payment).GET("/v1/status")],
  ];
  for (const [expected, sent] of table) assert.equal((await answerOf(sent)).brief, expected);
});

test("a ceremony file that cannot be read, or asks for what there is not, is refused with its field", async () => {
  for (const [ceremony, expected] of [
    ["ceremony: cofferdam/1\n", "400 invalid-field ceremony-file"],
    [draftOf("open-all-keys", {}).ceremony, "409 operation-refused unknown-operation"],
    [draftOf("rotate-root-key", { scheme: "paper" }).ceremony, "400 invalid-field parameters"],
  ] as const) {
    const statement = { statement: "a", signature: "YQ==", certificate: "a" };
    const sent = custodian.POST("/v1/proposals", { body: { proposal_id: otherId, ceremony, statement } });
    assert.equal((await answerOf(sent)).brief, expected);
  }
});

test("a certificate of another trust domain is refused, and the refusal is in the vault's own log", async () => {
  const stranger = await strangeCertificate(standing, { spiffeId: "spiffe://elsewhere.test/management/custodian-mei" });
  const answer = await answerOf(admin.client({ ...admin.custodians.mei, ...stranger }).GET("/v1/status"));
  assert.equal(answer.brief, "401 peer-certificate-invalid");
  const entries = await entriesOf(bed.adminUrl, SYSTEM_TENANT_ID);
  const entry = entries.find(({ requestId }) => requestId === answer.requestId);
  assert.deepEqual([entry?.action, entry?.outcome, entry?.actor.workload], ["auth.refuse", "denied", "unknown"]);
});

test("problem pages are served, and metrics count refusals, proposals and operations", async () => {
  const page = await auditor.GET("/problems/{slug}", {
    params: { path: { slug: "approval-refused" } },
    parseAs: "text",
  });
  assert.match(page.data ?? "", /^# The custodian or the statement does not count/);
  const metrics = await (await fetch(`${admin.admin.opsUrl}/metrics`)).text();
  for (const name of ["key_refusals_total", "key_proposals", "key_operation_seconds_count", "key_rows"]) {
    assert.match(metrics, new RegExp(`cofferdam_${name}\\{`), name);
  }
  const ready = await fetch(`${admin.admin.opsUrl}/readyz`);
  assert.equal(ready.status, 200);
});

test("a proposal whose time has passed is counted as expired, not as one that waits", async () => {
  const countOf = async (state: string): Promise<number> => {
    const metrics = await (await fetch(`${admin.admin.opsUrl}/metrics`)).text();
    return Number(
      new RegExp(`^cofferdam_key_proposals\\{state="${state}"[^}]*\\} (\\d+)$`, "m").exec(metrics)?.[1] ?? 0,
    );
  };
  const openBefore = documented(validateStatus((await auditor.GET("/v1/status")).data)).proposals_open;
  const draft = draftOf("rotate-root-key", { scheme: "file" }, new Date(Date.now() + 1_000));
  assert.equal(
    (await answerOf(propose(custodian, draft, statementBy(admin.custodians.mei, "propose", draft)))).brief,
    "201",
  );
  await eventually(
    () => countOf("proposed"),
    (count) => count > 0,
    10_000,
  );
  await delay(1_100);
  // Counted again with the next change.
  const other = draftOf("rotate-root-key", { scheme: "file" });
  assert.equal(
    (await answerOf(propose(custodian, other, statementBy(admin.custodians.mei, "propose", other)))).brief,
    "201",
  );
  await eventually(
    () => countOf("expired"),
    (count) => count === 1,
    10_000,
  );
  assert.equal(documented(validateStatus((await auditor.GET("/v1/status")).data)).proposals_open, openBefore + 1);
});

test("told to end, it drains and ends well", async () => {
  assert.deepEqual(await admin.admin.stop(), { code: 0, signal: null });
});
