// Access tokens that no issuer would write: any header, any claims, signed by whomever the test likes.
import { createPrivateKey, sign, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { sandboxCallers, sandboxTenants } from "../callers.ts";
import type { StandingVault } from "../standing-vault.ts";
import { certificateThumbprint, tokenIssuer, vaultAudience } from "../token-issuer.ts";

type Json = Readonly<Record<string, unknown>>;

/** What a forged token changes in a good one. `undefined` leaves a field out. */
export interface Forgery {
  readonly header?: Json;
  readonly claims?: Json;
  /** Signs the first two parts; with the issuer's own key unless given. */
  readonly signer?: (input: string) => string;
}

export interface Forger {
  /** A token for egress of Harbour Coffee but for what the forgery says. */
  forge(forgery?: Forgery): string;
  /** The issuer's key: stolen, so that everything but the signature is put to the test. */
  readonly issuerKey: KeyObject;
}

export async function openForger(standing: StandingVault): Promise<Forger> {
  const issuerKey = createPrivateKey(await readFile(path.join(standing.directory, "identity/token-issuer-key.pem")));
  const kid = standing.issuer.jwks.keys[0]?.kid;
  const { clientId, scopes } = sandboxCallers.egress;
  return {
    issuerKey,
    forge: ({ header = {}, claims = {}, signer = es256(issuerKey) } = {}) => {
      const now = Math.floor(Date.now() / 1_000);
      const good = {
        iss: tokenIssuer,
        aud: vaultAudience,
        client_id: clientId,
        tenant: sandboxTenants.harbourCoffee.tenantId,
        scope: scopes.join(" "),
        iat: now,
        exp: now + 300,
        jti: "forged",
        cnf: { "x5t#S256": certificateThumbprint(standing.identities.egress.certificatePem) },
      };
      const input = `${encoded({ alg: "ES256", typ: "at+jwt", kid, ...header })}.${encoded({ ...good, ...claims })}`;
      return `${input}.${signer(input)}`;
    },
  };
}

/** Signs as our issuer does: ECDSA on P-256 with SHA-256, both numbers one after the other. */
export function es256(key: KeyObject): (input: string) => string {
  return (input) => sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" }).toString("base64url");
}

function encoded(value: Json): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
