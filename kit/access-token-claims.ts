/**
 * The claims of an access token: their one accepted form, and what this service expects of them.
 */
import { refusal } from "./access-token-refusal.ts";
import { containsPan } from "./pan-guard.ts";
import type { JsonObject } from "./strict-json.ts";
import { uuid } from "./uuid.ts";

/** What a token says, in our form. Times are seconds since 1970. */
export interface TokenClaims {
  readonly tenantId: string;
  readonly clientId: string;
  readonly scopes: ReadonlySet<string>;
  readonly tokenId: string;
  readonly issuer: string;
  readonly audience: string;
  readonly thumbprint: string;
  readonly issuedAt: number;
  readonly notBefore: number;
  readonly expiresAt: number;
}

const identifier = /^[\x21-\x7e]{1,128}$/;
/** RFC 6749 §3.3: scope tokens separated by single spaces. */
const scopeList = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;
const url = /^[\x21-\x7e]{1,512}$/;
const sha256 = /^[A-Za-z0-9_-]{43}$/;

/**
 * Reads the claims we use and leaves the others alone. Throws the refusal `claims` for any in another form, and for a
 * client whose name holds a card number: logs and audit entries repeat that name.
 */
export function readClaims(payload: JsonObject): TokenClaims {
  const text = (value: unknown, form: RegExp): string => {
    if (typeof value !== "string" || !form.test(value)) throw refusal("claims");
    return value;
  };
  const client = (value: unknown): string => {
    const name = text(value, identifier);
    if (containsPan(name)) throw refusal("claims");
    return name;
  };
  const seconds = (value: unknown): number => {
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw refusal("claims");
    return value;
  };
  const { iss, aud, exp, iat, nbf = iat, jti, client_id, tenant, scope, cnf } = payload;
  const confirmation = typeof cnf === "object" && cnf !== null ? (cnf as JsonObject)["x5t#S256"] : undefined;
  return {
    issuer: text(iss, url),
    audience: text(aud, url),
    expiresAt: seconds(exp),
    issuedAt: seconds(iat),
    notBefore: seconds(nbf),
    tokenId: text(jti, identifier),
    clientId: client(client_id),
    tenantId: text(tenant, uuid),
    scopes: new Set(text(scope, scopeList).split(" ")),
    thumbprint: text(confirmation, sha256),
  };
}

export interface Expectations {
  readonly issuer: string;
  readonly audience: string;
  readonly maxLifetimeSeconds: number;
  readonly clockToleranceSeconds: number;
  readonly nowSeconds: number;
}

/** Throws the refusal that fits when a claim is not what this service expects at this time. */
export function checkClaims(claims: TokenClaims, expected: Expectations): void {
  if (claims.issuer !== expected.issuer) throw refusal("issuer");
  if (claims.audience !== expected.audience) throw refusal("audience");
  const earliest = expected.nowSeconds - expected.clockToleranceSeconds;
  const latest = expected.nowSeconds + expected.clockToleranceSeconds;
  const lifetime = claims.expiresAt - claims.issuedAt;
  const current = claims.expiresAt > earliest && claims.issuedAt <= latest && claims.notBefore <= latest;
  if (!current || lifetime <= 0 || lifetime > expected.maxLifetimeSeconds) throw refusal("lifetime");
}
