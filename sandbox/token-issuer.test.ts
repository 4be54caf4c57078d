import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtempDisposable, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from "jose";
import { sandboxCallers, sandboxTenants } from "./callers.ts";
import { makeCertificate, makeRsaKeyPair } from "./certificate.ts";
import { openTokenIssuer, tokenIssuer, vaultAudience, type TokenIssuer, type TokenRequest } from "./token-issuer.ts";

let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
let issuer: TokenIssuer;
let request: TokenRequest;

before(async () => {
  folder = await mkdtempDisposable(path.join(tmpdir(), "cofferdam-test-"));
  issuer = await openTokenIssuer(folder.path);
  const { clientId, scopes } = sandboxCallers.payment;
  const { tenantId } = sandboxTenants.harbourCoffee;
  request = { clientId, scopes, tenantId, certificatePem: await selfSigned() };
});

after(() => folder.remove());

test("issues an access token that is bound to the caller's certificate", async () => {
  const token = await issuer.issue(request);
  const { payload, protectedHeader } = await verify(token);
  assert.deepEqual(protectedHeader, { alg: "ES256", typ: "at+jwt", kid: issuer.jwks.keys[0]?.kid });
  const { iat, jti, ...claims } = payload;
  const thumbprint = createHash("sha256").update(new X509Certificate(request.certificatePem).raw).digest("base64url");
  assert.deepEqual(claims, {
    iss: tokenIssuer,
    aud: vaultAudience,
    sub: "payment",
    client_id: "payment",
    tenant: "11111111-1111-4111-8111-111111111111",
    scope: "tokens:read tokens:update tokens:delete",
    nbf: iat,
    exp: Number(iat) + 300,
    cnf: { "x5t#S256": thumbprint },
  });
  assert.notEqual((await verify(await issuer.issue(request))).payload.jti, jti);
});

test("lets a test replace or leave out what a verifier must check", async () => {
  const token = await issuer.issue({ ...request, claims: { aud: ["a", "b"], cnf: undefined }, header: { typ: "JWT" } });
  const { payload } = await jwtVerify(token, keys());
  assert.deepEqual(payload.aud, ["a", "b"]);
  assert(!("cnf" in payload));
  assert.equal(decodeProtectedHeader(token).typ, "JWT");
});

test("issues for another time and lifetime", async () => {
  const hourAgo = new Date(Date.now() - 3_600_000);
  const past = await openTokenIssuer(folder.path, () => hourAgo);
  await assert.rejects(verify(await past.issue({ ...request, lifetimeSeconds: 60 })), { code: "ERR_JWT_EXPIRED" });
});

test("keeps one private key, which its public keys do not contain", async () => {
  const again = await openTokenIssuer(folder.path);
  assert.deepEqual(again.jwks, issuer.jwks);
  assert.deepEqual(Object.keys(issuer.jwks.keys[0] ?? {}).sort(), ["alg", "crv", "kid", "kty", "use", "x", "y"]);
  assert.equal((await stat(path.join(folder.path, "token-issuer-key.pem"))).mode & 0o777, 0o600);
});

function verify(token: string): ReturnType<typeof jwtVerify> {
  return jwtVerify(token, keys(), { issuer: tokenIssuer, audience: vaultAudience, typ: "at+jwt" });
}

function keys(): ReturnType<typeof createLocalJWKSet> {
  return createLocalJWKSet(issuer.jwks as JSONWebKeySet);
}

async function selfSigned(): Promise<string> {
  const pair = await makeRsaKeyPair(2048);
  const day = { notBefore: new Date(), notAfter: new Date(Date.now() + 86_400_000) };
  const use = { kind: "leaf", spiffeId: "spiffe://cofferdam.test/non-cde/payment", server: false } as const;
  const content = { commonName: "test", publicKeyPem: pair.publicKey, ...day, use };
  return makeCertificate(content, { privateKeyPem: pair.privateKey });
}
