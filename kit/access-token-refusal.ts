/**
 * Why an access token is not accepted, in words that help an honest client and tell a dishonest one nothing new.
 */
import { Problem } from "./problem.ts";

const refusals = {
  form: "the authorization header must be Bearer, one space and a JWT in compact form",
  header: "the token's header must hold alg, kid and typ at+jwt, and nothing else",
  signature: "the token is not signed by a key we trust",
  claims: "a claim is missing or not in the form we accept",
  issuer: "the issuer is not ours",
  audience: "the audience does not match this service",
  lifetime: "the token has expired, is not valid yet, or is valid for too long",
  binding: "the token is bound to another client certificate",
} as const;

/** The problem to throw. Reasons about claims are for tokens whose signature is good. */
export function refusal(reason: keyof typeof refusals): Problem {
  return new Problem("access-token-invalid", { detail: refusals[reason] });
}
