// Stands in for the identity service: signs the access tokens with which workloads call the vault (RFC 9068), each
// bound to the certificate of the workload that may use it (RFC 8705 §3.1).
import { createHash, createPrivateKey, createPublicKey, randomUUID, X509Certificate } from "node:crypto";
import { generateKeyPairSync } from "node:crypto";
import path from "node:path";
import { calculateJwkThumbprint, exportJWK, SignJWT, type JWK } from "jose";
import { keepPrivateFile, makePrivateDirectory } from "./private-file.ts";

/** `iss` of every token of the sandbox. */
export const tokenIssuer = "https://identity.cofferdam.test";

/** `aud` of the tokens for the vault. */
export const vaultAudience = "https://vault.cofferdam.test";

/** What a token is issued for. */
export interface TokenRequest {
  readonly clientId: string;
  readonly tenantId: string;
  readonly scopes: readonly string[];
  /** PEM of the certificate (the first, when it is a chain) whose holder may use the token. */
  readonly certificatePem: string;
  /** Default: the vault. */
  readonly audience?: string;
  /** Default 300. */
  readonly lifetimeSeconds?: number;
  /** Claims that replace the ones below, for tests of refusals; `undefined` leaves a claim out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Header fields that replace the ones below. */
  readonly header?: Readonly<Record<string, unknown>>;
}

/** A public key set (RFC 7517) whose keys name their algorithm and id. */
export interface PublicKeySet {
  readonly keys: readonly (JWK & { readonly kid: string; readonly alg: string })[];
}

/** Issues access tokens. */
export interface TokenIssuer {
  /** What verifiers are configured with. */
  readonly jwks: PublicKeySet;
  /** Issues an access token as a compact JWS: ES256, `typ` at+jwt. */
  readonly issue: (request: TokenRequest) => Promise<string>;
}

const algorithm = "ES256";

/** Opens the issuer; its key lives in `directory` (mode 0600) and is made the first time. `now` is its clock. */
export async function openTokenIssuer(directory: string, now: () => Date = () => new Date()): Promise<TokenIssuer> {
  const folder = await makePrivateDirectory(directory);
  const key = createPrivateKey(await keepPrivateFile(path.join(folder, "token-issuer-key.pem"), makeKey));
  const jwk = await exportJWK(createPublicKey(key));
  const kid = await calculateJwkThumbprint(jwk);
  return {
    jwks: { keys: [{ ...jwk, kid, alg: algorithm, use: "sig" }] },
    issue: (request) =>
      new SignJWT(claimsOf(request, Math.floor(now().getTime() / 1000)))
        .setProtectedHeader({ alg: algorithm, typ: "at+jwt", kid, ...request.header })
        .sign(key),
  };
}

/** `x5t#S256` of a certificate: base64url of the SHA-256 of its DER (RFC 8705 §3.1). */
export function certificateThumbprint(certificatePem: string): string {
  return createHash("sha256").update(new X509Certificate(certificatePem).raw).digest("base64url");
}

function claimsOf(request: TokenRequest, nowSeconds: number): Record<string, unknown> {
  return {
    iss: tokenIssuer,
    aud: request.audience ?? vaultAudience,
    sub: request.clientId,
    client_id: request.clientId,
    tenant: request.tenantId,
    scope: request.scopes.join(" "),
    iat: nowSeconds,
    nbf: nowSeconds,
    exp: nowSeconds + (request.lifetimeSeconds ?? 300),
    jti: randomUUID(),
    cnf: { "x5t#S256": certificateThumbprint(request.certificatePem) },
    ...request.claims,
  };
}

function makeKey(): string {
  const privateKeyEncoding = { type: "pkcs8", format: "pem" } as const;
  const publicKeyEncoding = { type: "spki", format: "pem" } as const;
  return generateKeyPairSync("ec", { namedCurve: "P-256", privateKeyEncoding, publicKeyEncoding }).privateKey;
}
