// Who may call the vault: a certificate of ours, an access token that belongs to it, an active tenant, and a policy
// that says so. Everybody else is refused, and the refusal is on record.
import assert from "node:assert/strict";
import { createHmac, createPublicKey, generateKeyPairSync } from "node:crypto";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { SYSTEM_TENANT_ID } from "@cofferdam/cde/vault/tenants/system-tenant.ts";
import { createTestAuthority } from "@cofferdam/kit/testdata/test-certificate.ts";
import { asAdmin } from "../admin-client.ts";
import { sandboxCallers, sandboxTenants, type SandboxCaller } from "../callers.ts";
import { openTestBed } from "../test-bed.ts";
import { certificateThumbprint } from "../token-issuer.ts";
import { readAllowedPairs, readOperations, requestOf, type ApiRequest } from "./api-operations.ts";
import { entriesByRequest } from "./audit-entries.ts";
import { openConnection, problemOf, type Answer, type Certificate, type Connection } from "./connection.ts";
import { es256, openForger, type Forgery } from "./forged-token.ts";
import { strangeCertificate } from "./strange-certificate.ts";

const bed = await openTestBed({ environment: { VAULT_CHECKPOINT_INTERVAL: "100ms" } });
after(() => bed[Symbol.asyncDispose]());

const { standing } = bed;
const { harbourCoffee, lanternBooks } = sandboxTenants;
const forger = await openForger(standing);
const forge = (forgery?: Forgery): string => forger.forge(forgery);
const operations = await readOperations();
const aToken = "tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g";
const readAToken: ApiRequest = { method: "GET", path: `/v1/tokens/${aToken}` };

const connections = new Map<Certificate | null, Connection>();
after(() => {
  for (const connection of connections.values()) connection[Symbol.dispose]();
});

function sendAs(certificate: Certificate | null, accessToken: string | null, request = readAToken): Promise<Answer> {
  const connection = connections.get(certificate) ?? openConnection(standing, certificate);
  connections.set(certificate, connection);
  return connection.send({
    ...request,
    ...(accessToken !== null && { headers: { authorization: `Bearer ${accessToken}` } }),
  });
}

/** What the vault's own log, or a tenant's, says about a refused request. */
async function recordOf(answer: Answer, tenantId: string = SYSTEM_TENANT_ID): Promise<object> {
  const entries = (await entriesByRequest(bed.adminUrl, tenantId)).get(answer.headers.get("request-id") ?? "") ?? [];
  assert.equal(entries.length, 1, "one entry for one refusal");
  const { action, outcome, reason, actor, origin } = entries[0] ?? {};
  return { action, outcome, reason, actor, origin };
}

const egress = standing.identities.egress;
const expired = await strangeCertificate(standing, { spiffeId: egress.spiffeId, endsAt: new Date(Date.now() - 1_000) });
const foreign = createTestAuthority().issue({ uris: [egress.spiffeId] });

const strangers: readonly (readonly [string, Certificate | null])[] = [
  ["without a certificate", null],
  ["with a certificate of another authority", { certificatePem: foreign.cert, keyPem: foreign.key }],
  ["with an expired certificate", expired],
];

for (const [name, certificate] of strangers) {
  test(`a client ${name} gets no connection, whatever token it holds`, async () => {
    await assert.rejects(sendAs(certificate, forge()), { code: /^(?:ECONNRESET|EPIPE|ERR_SSL_.+)$/ });
  });
}

const strangeNames: readonly (readonly [string, string])[] = [
  ["of another trust domain", "spiffe://cofferdam.test.evil.test/cde/egress"],
  ["of a trust domain that ours begins with", "spiffe://cofferdam.tes/cde/egress"],
  ["with dot segments", "spiffe://cofferdam.test/cde/../cde/egress"],
  ["that is no SPIFFE name", "https://cofferdam.test/cde/egress"],
  ["that holds a card number", "spiffe://cofferdam.test/cde/c4242424242424242"],
  ["that is too long for the audit log", `spiffe://cofferdam.test/${Array(4).fill("a".repeat(60)).join("/")}`],
];

for (const [name, spiffeId] of strangeNames) {
  test(`a certificate of our authority for a name ${name} is refused, and that is on record`, async () => {
    const certificate = await strangeCertificate(standing, { spiffeId });
    const cnf = { "x5t#S256": certificateThumbprint(certificate.certificatePem) };
    const answer = await sendAs(certificate, forge({ claims: { cnf } }));
    assert.deepEqual([answer.status, problemOf(answer).type], [401, "/problems/peer-certificate-invalid"]);
    assert.deepEqual(await recordOf(answer), {
      action: "auth.refuse",
      outcome: "denied",
      reason: "peer-certificate-invalid",
      actor: { workload: "unknown", clientId: "unknown" },
      origin: "127.0.0.1",
    });
  });
}

test("a stolen certificate without a token is asked for one", async () => {
  const answer = await sendAs(egress, null);
  assert.deepEqual([answer.status, problemOf(answer).type], [401, "/problems/access-token-missing"]);
  assert.equal(answer.headers.get("www-authenticate"), "Bearer");
  assert.deepEqual(await recordOf(answer), refusalOf("access-token-missing"));
});

function refusalOf(reason: string, workload: SandboxCaller["workload"] = "cde/egress"): object {
  return {
    action: "auth.refuse",
    outcome: "denied",
    reason,
    actor: { workload, clientId: "unknown" },
    origin: "127.0.0.1",
  };
}

test("a stolen token is worth nothing to a caller with another certificate", async () => {
  const stolen = await standing.accessToken("egress", harbourCoffee);
  const answer = await sendAs(standing.identities.payment, stolen);
  assert.deepEqual([answer.status, problemOf(answer).type], [401, "/problems/access-token-invalid"]);
  assert.deepEqual(await recordOf(answer), refusalOf("access-token-invalid", "non-cde/payment"));
});

const strangerKey = generateKeyPairSync("ec", { namedCurve: "P-256" });
const byStranger = es256(strangerKey.privateKey);
const strangerJwk = strangerKey.publicKey.export({ format: "jwk" });
const publicPem = createPublicKey(forger.issuerKey).export({ type: "spki", format: "pem" });
const hs256 = (input: string): string => createHmac("sha256", publicPem).update(input).digest("base64url");
const now = Math.floor(Date.now() / 1_000);

/** Not signed by the issuer: whatever they claim, the answer speaks of form, header or signature alone. */
const unsigned: readonly (readonly [string, string])[] = [
  ["alg none", forge({ header: { alg: "none" }, signer: () => "AA" })],
  ["alg none and an empty signature", forge({ header: { alg: "none" }, signer: () => "" })],
  ["HS256 with the public key as secret", forge({ header: { alg: "HS256" }, signer: hs256 })],
  ["HS256 under the name ES256", forge({ signer: hs256 })],
  ["a stranger's signature", forge({ signer: byStranger })],
  ["a stranger's signature and claims that would not do", forge({ signer: byStranger, claims: { iss: "x", exp: 0 } })],
  ["an unknown kid", forge({ header: { kid: "k2" } })],
  ["the kid __proto__", forge({ header: { kid: "__proto__" }, signer: byStranger })],
  ["a key of its own in the header", forge({ header: { jwk: strangerJwk }, signer: byStranger })],
  ["a key set of its own", forge({ header: { jku: "https://evil.test/jwks" }, signer: byStranger })],
  ["a certificate of its own", forge({ header: { x5u: "https://evil.test/cert" } })],
  ["a critical extension", forge({ header: { crit: ["exp"] } })],
  ["the type of an identity token", forge({ header: { typ: "JWT" } })],
  ["changed claims", forge().replace(/\.[^.]+\./, `.${Buffer.from('{"tenant":"x"}').toString("base64url")}.`)],
  ["a second one behind it", `${forge()}, Bearer ${forge()}`],
];

/** Signed by the issuer, and still not for us, not for now or not for this caller. */
const unfit: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ["another issuer", { iss: "https://identity.cofferdam.test/" }],
  ["another audience", { aud: "https://payments.cofferdam.test" }],
  ["our audience among others", { aud: ["https://vault.cofferdam.test", "https://evil.test"] }],
  ["a passed end", { iat: now - 400, exp: now - 100 }],
  ["a life of a day", { exp: now + 86_400 }],
  ["a beginning in the future", { iat: now + 200, exp: now + 400 }],
  ["no binding to a certificate", { cnf: undefined }],
  ["the binding of another certificate", { cnf: { "x5t#S256": "A".repeat(43) } }],
  ["a tenant in a list", { tenant: [harbourCoffee.tenantId] }],
  ["a tenant with a line break", { tenant: `${harbourCoffee.tenantId}\n` }],
  ["a tenant in SQL", { tenant: "' or true --" }],
  ["scopes in a list", { scope: ["tokens:detokenize"] }],
  ["a client whose name is a card number", { client_id: "4242424242424242" }],
];

const shapes = new Set<string>();

/** The detail of the refusal, once everything else about it has been checked. */
async function refusalDetail(accessToken: string): Promise<string> {
  const answer = await sendAs(egress, accessToken);
  const { detail = "", ...problem } = problemOf(answer);
  assert.deepEqual([answer.status, problem.type], [401, "/problems/access-token-invalid"]);
  assert.equal(answer.headers.get("www-authenticate"), `Bearer error="invalid_token", error_description="${detail}"`);
  assert.deepEqual(await recordOf(answer), refusalOf("access-token-invalid"));
  const rest = [...answer.headers].filter(
    ([name]) => !["date", "request-id", "www-authenticate", "content-length", "ratelimit"].includes(name),
  );
  shapes.add(JSON.stringify([rest, { ...problem, request_id: "" }]));
  return detail;
}

const ofSignature =
  /^the (?:authorization header must be|token's header must hold|token is not signed by a key we trust)/;
const ofClaims = /^(?:a claim|the issuer|the audience|the token (?:has expired|is bound))/;

for (const [name, accessToken] of unsigned) {
  test(`a token with ${name} is refused without a word about its claims, and that is on record`, async () => {
    assert.match(await refusalDetail(accessToken), ofSignature);
  });
}

for (const [name, claims] of unfit) {
  test(`a well signed token with ${name} is refused, and that is on record`, async () => {
    assert.match(await refusalDetail(forge({ claims })), ofClaims);
  });
}

test("refused tokens differed in the detail of their answers and in nothing else", () => {
  assert.equal(shapes.size, 1, [...shapes].join("\n"));
});

test("a token of a tenant that does not exist is denied, and that is on record", async () => {
  const answer = await sendAs(egress, forge({ claims: { tenant: "33333333-3333-4333-8333-333333333333" } }));
  assert.deepEqual([answer.status, problemOf(answer).type], [403, "/problems/access-denied"]);
  assert.deepEqual(await recordOf(answer), {
    ...refusalOf("access-denied"),
    action: "token.read",
    actor: { workload: "cde/egress", clientId: "egress" },
  });
});

test("every operation is open to exactly the callers that a policy allows, with the scope that it asks for", async () => {
  const allowedPairs = await readAllowedPairs();
  const everyScope = [...new Set(operations.flatMap(({ scope }) => scope ?? []))];
  const reports = await strangeCertificate(standing, { spiffeId: "spiffe://cofferdam.test/cde/reports" });
  const callers = new Map<string, Certificate>([
    ...Object.entries(sandboxCallers).map(
      ([name, { workload }]) => [workload, standing.identities[name as keyof typeof sandboxCallers]] as const,
    ),
    ["cde/reports", reports],
  ]);
  const tried = [...callers].flatMap(([workload, certificate]) =>
    operations.flatMap((operation) =>
      [everyScope, everyScope.filter((scope) => scope !== operation.scope)].map((scopes) => ({
        workload,
        certificate,
        operation,
        scopes,
      })),
    ),
  );
  const passed: string[] = [];
  const denied: { readonly answer: Answer; readonly audit: readonly string[]; readonly what: string }[] = [];
  for (const { workload, certificate, operation, scopes } of tried) {
    const claims = {
      clientId: "anybody",
      tenantId: harbourCoffee.tenantId,
      scopes,
      certificatePem: certificate.certificatePem,
    };
    const answer = await sendAs(certificate, await standing.issuer.issue(claims), requestOf(operation, aToken));
    const mayPass =
      operation.action === null || (scopes === everyScope && allowedPairs.has(`${workload} ${operation.action}`));
    const what = `${workload} ${operation.id} with ${scopes.length} of ${everyScope.length} scopes: ${answer.status}`;
    assert.equal(answer.status < 400 || answer.status === 404, mayPass, what);
    if (!mayPass) denied.push({ answer, audit: operation.audit, what });
    else if (operation.action !== null) passed.push(`${workload} ${operation.id}`);
  }
  assert.equal(passed.length, 12, passed.join("\n"));
  const entries = await entriesByRequest(bed.adminUrl, harbourCoffee.tenantId);
  for (const { answer, audit, what } of denied) {
    assert.equal(problemOf(answer).type, "/problems/access-denied", what);
    const [entry, ...more] = entries.get(answer.headers.get("request-id") ?? "") ?? [];
    assert.deepEqual([entry?.outcome, entry?.reason, more.length], ["denied", "access-denied", 0], what);
    assert.ok(audit.includes(entry?.action ?? ""), what);
  }
});

test("a suspended tenant is shut out within five seconds, and that is on record", async () => {
  const accessToken = await standing.accessToken("payment", lanternBooks);
  assert.equal((await sendAs(standing.identities.payment, accessToken)).status, 404);
  await asAdmin(bed.adminUrl, (client) =>
    client.query("update vault.tenant set status = 'suspended' where tenant_id = $1", [lanternBooks.tenantId]),
  );
  await sleep(5_000);
  const answer = await sendAs(standing.identities.payment, accessToken);
  assert.deepEqual([answer.status, problemOf(answer).type], [403, "/problems/access-denied"]);
  assert.deepEqual(await recordOf(answer), {
    ...refusalOf("access-denied"),
    action: "token.read",
    actor: { workload: "non-cde/payment", clientId: "payment" },
  });
});
