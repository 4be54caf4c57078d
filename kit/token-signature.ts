/**
 * Signatures of compact JWTs, each key with the one algorithm that configuration gives it.
 */
import { createPublicKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { compactVerify } from "jose";
import type { JWK } from "jose";

/** A public key as configuration holds it. */
export type PublicJwk = JWK & { readonly kid: string; readonly alg: string };

export interface VerificationKey {
  readonly alg: string;
  readonly key: KeyObject;
}

/**
 * Reads a key once, at start. ES256 is all that our authorisation server signs with; another algorithm is added here,
 * with its key type. Throws TypeError for a key that is private, for another use or of another algorithm.
 */
export function importKey(jwk: PublicJwk): VerificationKey {
  if (jwk.alg !== "ES256" || jwk.kty !== "EC" || jwk.crv !== "P-256") throw new TypeError("a key is not an ES256 key");
  if (jwk.d !== undefined) throw new TypeError("a key is private; verifiers hold public keys only");
  const forSignatures = (jwk.use ?? "sig") === "sig" && (jwk.key_ops ?? ["verify"]).includes("verify");
  if (!forSignatures) throw new TypeError("a key is not for signatures");
  return { alg: jwk.alg, key: createPublicKey({ key: { ...jwk }, format: "jwk" }) };
}

/** @returns the payload's bytes, or null when the token is not in canonical compact form or not signed by this key. */
export async function checkSignature(token: string, { alg, key }: VerificationKey): Promise<Uint8Array | null> {
  if (!token.split(".").every(isCanonical)) return null;
  try {
    const { payload } = await compactVerify(token, key, { algorithms: [alg] });
    return payload;
  } catch {
    return null;
  }
}

/** Several texts can stand for the same bytes in base64url; only one of them is what an encoder writes. */
function isCanonical(part: string): boolean {
  return Buffer.from(part, "base64url").toString("base64url") === part;
}
