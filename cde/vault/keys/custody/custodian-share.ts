// The custodian's side, for the command line: a key that shares are encrypted to, and shares made ready to be brought or
// handed over. No input, no output.
import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { readSigningKey, signText } from "./custodian-signature.ts";
import { CustodyError } from "./custody-error.ts";
import type { HandOverRequest, ShareSubmission } from "./custody-request.ts";
import { handOverText, submissionText } from "./custody-texts.ts";
import {
  formatShareKey,
  openShare,
  readShareKey,
  readShareLabel,
  sealShare,
  type ShareLabel,
} from "./share-envelope.ts";
import type { UnsealTicket } from "./unseal-attempt.ts";

const MIN_PASSPHRASE_BYTES = 15;

/** What a custodian has: the envelope as it was handed out, and two private keys. */
export interface CustodianKeys {
  /** Compact JWE. */
  readonly envelope: string;
  /** PKCS#8 in PEM, from `newShareKey`. */
  readonly shareKeyPem: string;
  /** What the share key is encrypted under; null when it is not. */
  readonly passphrase: string | null;
  /** PKCS#8 in PEM: the key of the custodian's certificate. */
  readonly signingKeyPem: string;
}

/**
 * A new X25519 key pair: `publicKey` raw, base64url, for the ceremony file; `privateKeyPem` PKCS#8.
 *
 * @param passphrase at least 15 bytes, encrypts the private key (AES-256-CBC, PBKDF2); null leaves that to whatever keeps
 * the file
 * @throws RangeError for a shorter passphrase
 */
export function newShareKey(passphrase: string | null): { readonly publicKey: string; readonly privateKeyPem: string } {
  if (passphrase !== null && Buffer.byteLength(passphrase) < MIN_PASSPHRASE_BYTES) {
    throw new RangeError(`a share key's passphrase has at least ${MIN_PASSPHRASE_BYTES} bytes`);
  }
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  const encryption = passphrase === null ? {} : { cipher: "aes-256-cbc", passphrase };
  return {
    publicKey: formatShareKey(publicKey),
    privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem", ...encryption }),
  };
}

/**
 * A custodian's share for one attempt: encrypted to the ticket's key, signed.
 *
 * @throws CustodyError `malformed_request` when ticket, envelope or key cannot be read or do not belong together,
 * `other_attempt` when the ticket asks for another sharing
 */
export async function sealedShareFor(
  ticket: Pick<UnsealTicket, "sharing_id" | "nonce" | "agent_key">,
  options: CustodianKeys & { readonly now: Date },
): Promise<ShareSubmission> {
  const { sharingId, custodian, index } = readCustodyLabel(options.envelope);
  if (ticket.sharing_id !== sharingId) throw new CustodyError("other_attempt", "the share is of another sharing");
  const { nonce } = ticket;
  const recipient = publicKeyOf(ticket.agent_key);
  const envelope = await resealed(options, { kind: "unsealing", sharingId, index, custodian, nonce }, recipient);
  const signedAt = options.now.toISOString();
  const text = submissionText({ nonce, sharingId, custodian, index, envelope, signedAt });
  return {
    custodian,
    index,
    envelope,
    signature: signText(text, privateKeyOf(options.signingKeyPem)),
    signed_at: signedAt,
  };
}

/**
 * A share for a successor: the envelope that the successor keeps, and the request that tells the store. The store may refuse
 * it (`too_many_shares`): give the envelope away only after it has agreed.
 *
 * @throws CustodyError `malformed_request`
 */
export async function handedOverShare(
  to: { readonly name: string; readonly share_key: string; readonly signing_key: string },
  options: CustodianKeys & { readonly now: Date },
): Promise<{ readonly envelope: string; readonly request: HandOverRequest }> {
  const { sharingId, custodian: from, index } = readCustodyLabel(options.envelope);
  const signingKey = readSigningKey(to.signing_key);
  if (signingKey === null) throw new CustodyError("malformed_request", "the successor's signing key cannot be read");
  const label = { kind: "custody", sharingId, index, custodian: to.name, nonce: null } as const;
  const envelope = await resealed(options, label, publicKeyOf(to.share_key));
  const signedAt = options.now.toISOString();
  const text = handOverText({ sharingId, index, from, to: to.name, signingKey, signedAt });
  const signature = signText(text, privateKeyOf(options.signingKeyPem));
  const successor = { name: to.name, signing_key: signingKey };
  return { envelope, request: { index, from, to: successor, signature, signed_at: signedAt } };
}

async function resealed(keys: CustodianKeys, label: ShareLabel, recipient: KeyObject): Promise<string> {
  const share = await openShare(keys.envelope, privateKeyOf(keys.shareKeyPem, keys.passphrase));
  if (share === null) throw new CustodyError("malformed_request", "the share key does not open the envelope");
  try {
    return await sealShare(share, label, recipient);
  } catch (cause) {
    throw new CustodyError("malformed_request", "the share cannot be encrypted to that key", { cause });
  } finally {
    share.fill(0);
  }
}

function readCustodyLabel(envelope: string): ShareLabel {
  const label = readShareLabel(envelope);
  if (label?.kind === "custody") return label;
  throw new CustodyError("malformed_request", "this is no envelope of a custodian's share");
}

function publicKeyOf(text: string): KeyObject {
  const key = readShareKey(text);
  if (key === null) throw new CustodyError("malformed_request", "the key to encrypt the share to cannot be read");
  return key;
}

function privateKeyOf(pem: string, passphrase: string | null = null): KeyObject {
  try {
    return createPrivateKey({ key: pem, ...(passphrase !== null && { passphrase }) });
  } catch {
    throw new CustodyError("malformed_request", "a private key cannot be read, or its passphrase is wrong");
  }
}
