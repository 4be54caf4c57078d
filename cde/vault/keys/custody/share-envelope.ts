// A share on its way: a compact JWE (RFC 7516), ECDH-ES+A256KW on X25519 (RFC 8037) and A256GCM. The protected header
// says what it is for, so no envelope serves as another.
import { createPublicKey, type KeyObject } from "node:crypto";
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from "jose";

const ALGORITHMS = { alg: "ECDH-ES+A256KW", enc: "A256GCM" } as const;
const TYPES = { custody: "cofferdam-custody-share", unsealing: "cofferdam-unsealing-share" } as const;
/** An envelope has about 600 characters. */
export const MAX_ENVELOPE_CHARS = 2_048;

/**
 * What the protected header says. `custody` is an envelope for a custodian to keep; `unsealing` one for the key agent, for
 * one attempt, which the nonce names.
 */
export interface ShareLabel {
  readonly kind: keyof typeof TYPES;
  readonly sharingId: string;
  readonly index: number;
  readonly custodian: string;
  /** null in custody. */
  readonly nonce: string | null;
}

/** Encrypts a share to an X25519 key. The caller wipes the share. */
export async function sealShare(share: Uint8Array, label: ShareLabel, recipient: KeyObject): Promise<string> {
  const header = {
    ...ALGORITHMS,
    typ: TYPES[label.kind],
    sharing_id: label.sharingId,
    index: label.index,
    custodian: label.custodian,
    ...(label.nonce !== null && { nonce: label.nonce }),
  };
  return new CompactEncrypt(share).setProtectedHeader(header).encrypt(recipient);
}

/** Decrypts a share. The caller wipes it. Null when the envelope is not for this key, or was changed. */
export async function openShare(envelope: string, recipient: KeyObject): Promise<Uint8Array | null> {
  try {
    const { plaintext } = await compactDecrypt(envelope, recipient, {
      keyManagementAlgorithms: [ALGORITHMS.alg],
      contentEncryptionAlgorithms: [ALGORITHMS.enc],
    });
    return plaintext;
  } catch {
    // Whatever jose finds wrong, the envelope is not one to believe, and its words may hold what was sent.
    return null;
  }
}

/** Reads the label, which nobody has authenticated before the envelope opens; null when it is none. */
export function readShareLabel(envelope: string): ShareLabel | null {
  if (envelope.length > MAX_ENVELOPE_CHARS) return null;
  const header = headerOf(envelope);
  const { typ, sharing_id: sharingId, index, custodian, nonce = null } = header;
  const kind = typ === TYPES.custody ? "custody" : "unsealing";
  const isLabel =
    typ === TYPES[kind] &&
    typeof sharingId === "string" &&
    Number.isInteger(index) &&
    typeof custodian === "string" &&
    (kind === "custody" ? nonce === null : typeof nonce === "string");
  return isLabel ? { kind, sharingId, index: index as number, custodian, nonce: nonce as string | null } : null;
}

/** The X25519 public key that 43 characters of base64url name; null when they name none. */
export function readShareKey(text: string): KeyObject | null {
  if (!/^[\w-]{43}$/.test(text)) return null;
  return createPublicKey({ key: { kty: "OKP", crv: "X25519", x: text }, format: "jwk" });
}

/** The same key as text again. */
export function formatShareKey(key: KeyObject): string {
  return key.export({ format: "jwk" }).x ?? "";
}

function headerOf(envelope: string): Readonly<Record<string, unknown>> {
  try {
    return decodeProtectedHeader(envelope);
  } catch {
    return {};
  }
}
