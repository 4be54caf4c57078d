/**
 * Access tokens: JWTs of the RFC 9068 profile, bound to the client's certificate (RFC 8705 §3), narrowed to one form.
 *
 * The token chooses nothing. Keys and their algorithms come from configuration; `kid` is only a name to look one up by;
 * a header field beyond the three we know is a refusal, and so is a claim in any shape but the one written here.
 */
import { createHash } from "node:crypto";

import { checkClaims, readClaims } from "./access-token-claims.ts";
import type { TokenClaims } from "./access-token-claims.ts";
import { refusal } from "./access-token-refusal.ts";
import type { Peer } from "./peer.ts";
import { Problem } from "./problem.ts";
import { parseJson } from "./strict-json.ts";
import type { JsonObject } from "./strict-json.ts";
import { checkSignature, importKey } from "./token-signature.ts";
import type { PublicJwk, VerificationKey } from "./token-signature.ts";

/** Who asks, as the authorisation server and the certificate both say. */
export interface Caller {
  /** UUID in lower case. */
  readonly tenantId: string;
  readonly clientId: string;
  readonly workload: string;
  readonly scopes: ReadonlySet<string>;
  /** `jti`, for the audit log. */
  readonly tokenId: string;
}

export interface TokenVerifierOptions {
  /** Exactly the `iss` of accepted tokens. */
  readonly issuer: string;
  /** Exactly the `aud` of accepted tokens, which must be one string. */
  readonly audience: string;
  /** Public keys with their `kid` and the one algorithm each is used with. */
  readonly keys: readonly PublicJwk[];
  /** Longest `exp - iat` accepted; 300 when absent, at most 900. */
  readonly maxLifetimeSeconds?: number;
  /** How far the issuer's clock may differ; at most 60. */
  readonly clockToleranceSeconds: number;
  /** Verified tokens kept so that their signature is checked once. */
  readonly cacheEntries: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface TokenVerifier {
  /**
   * Reads the caller from an `authorization` header that came over this peer's connection.
   *
   * Throws Problem `access-token-missing` or `access-token-invalid`. The detail tells claims only of tokens whose
   * signature is good.
   */
  verify(authorization: string | undefined, peer: Peer): Promise<Caller>;
}

const defaultLifetimeSeconds = 300;
/** Tokens cannot be called back, so their lifetime bounds the damage of a stolen one. */
const lifetimeCapSeconds = 900;
const toleranceCapSeconds = 60;
const longestToken = 4_096;

/** Makes a verifier. Imports the keys now; throws TypeError for one that is private or of another use or algorithm. */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { maxLifetimeSeconds = defaultLifetimeSeconds, clockToleranceSeconds, now } = options;
  if (maxLifetimeSeconds > lifetimeCapSeconds) throw new TypeError("maxLifetimeSeconds is at most 900");
  if (clockToleranceSeconds > toleranceCapSeconds) throw new TypeError("clockToleranceSeconds is at most 60");
  const keys = importKeys(options.keys);
  const known = new KnownTokens(options.cacheEntries);

  return {
    async verify(authorization, peer) {
      const token = bearerToken(authorization);
      const digest = createHash("sha256").update(token).digest("base64");
      const claims = known.get(digest, now()) ?? readClaims(await verifiedPayload(token, keys));
      checkClaims(claims, { ...options, maxLifetimeSeconds, nowSeconds: now() / 1_000 });
      if (claims.thumbprint !== peer.thumbprint) throw refusal("binding");
      known.set(digest, claims);
      const { tenantId, clientId, scopes, tokenId } = claims;
      return { tenantId, clientId, workload: peer.workload, scopes, tokenId };
    },
  };
}

const bearer = /^Bearer ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i;

function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined) throw new Problem("access-token-missing");
  const token = authorization.length <= longestToken ? bearer.exec(authorization)?.[1] : undefined;
  if (token === undefined) throw refusal("form");
  return token;
}

function importKeys(keys: readonly PublicJwk[]): ReadonlyMap<string, VerificationKey> {
  const imported = new Map<string, VerificationKey>();
  for (const jwk of keys) {
    if (imported.has(jwk.kid)) throw new TypeError("two keys have the same kid");
    imported.set(jwk.kid, importKey(jwk));
  }
  if (imported.size === 0) throw new TypeError("no key to verify tokens with");
  return imported;
}

/** @returns the payload of a token whose signature is good; nothing in it has been looked at. */
async function verifiedPayload(token: string, keys: ReadonlyMap<string, VerificationKey>): Promise<JsonObject> {
  const header = Buffer.from(token.slice(0, token.indexOf(".")), "base64url");
  const key = keyFor(readJson(header, "header"), keys);
  const payload = await checkSignature(token, key);
  if (payload === null) throw refusal("signature");
  return readJson(payload, "claims");
}

function readJson(bytes: Uint8Array, reason: "header" | "claims"): JsonObject {
  try {
    return parseJson(bytes);
  } catch {
    throw refusal(reason);
  }
}

const headerNames: ReadonlySet<string> = new Set(["alg", "kid", "typ"]);

function keyFor(header: JsonObject, keys: ReadonlyMap<string, VerificationKey>): VerificationKey {
  const { alg, kid, typ } = header;
  if (typ !== "at+jwt" || typeof kid !== "string") throw refusal("header");
  if (!Object.keys(header).every((name) => headerNames.has(name))) throw refusal("header");
  const key = keys.get(kid);
  if (key === undefined || key.alg !== alg) throw refusal("signature");
  return key;
}

/** The tokens used last, by SHA-256, until they expire. Everything but the signature is checked again on each use. */
class KnownTokens {
  readonly #entries = new Map<string, TokenClaims>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(digest: string, nowMs: number): TokenClaims | undefined {
    const claims = this.#entries.get(digest);
    if (claims === undefined || nowMs < claims.expiresAt * 1_000) return claims;
    this.#entries.delete(digest);
    return undefined;
  }

  /** Map keeps insertion order, so setting anew moves an entry to the young end; the first entry is the oldest. */
  set(digest: string, claims: TokenClaims): void {
    this.#entries.delete(digest);
    this.#entries.set(digest, claims);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#capacity && oldest !== undefined) this.#entries.delete(oldest);
  }
}
