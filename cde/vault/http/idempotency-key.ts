import { Problem } from "@cofferdam/kit/problem.ts";
import { encodeFields } from "../keys/fields.ts";
import type { SealingKey } from "../keys/envelope.ts";
import { hmacSha256 } from "../keys/hmac.ts";
import type { RequestMacs } from "../tokens/commands.ts";

// draft-ietf-httpapi-idempotency-key-header: a structured-field string. Bare keys are common, so they serve too.
const QUOTED = /^"([\x21\x23-\x5b\x5d-\x7e]{1,255})"$/;
const BARE = /^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/;

/** The key that a header carries, without quotes; null when there is none. Throws Problem. */
export function idempotencyKey(header: string | undefined): string | null {
  if (header === undefined) return null;
  const key = QUOTED.exec(header)?.[1] ?? BARE.exec(header)?.[0];
  if (key === undefined) {
    throw new Problem("idempotency-key-invalid", { detail: "Send 1 to 255 visible ASCII characters, quoted or bare." });
  }
  return key;
}

/**
 * Binds a key to its client and operation, and a body to the key: both as MACs under a request key of the tenant,
 * because a plain hash of a body with a card number could be reversed by trying every number.
 */
export function requestMacs(
  requestKey: SealingKey,
  request: { readonly clientId: string; readonly operation: string; readonly key: string; readonly body: Uint8Array },
): RequestMacs {
  const scope = [request.clientId, request.operation, request.key] as const;
  return {
    keyMac: hmacSha256(requestKey.secret, encodeFields(["idempotency-key", ...scope])),
    requestMac: hmacSha256(requestKey.secret, encodeFields(["idempotent-body", ...scope]), request.body),
  };
}
