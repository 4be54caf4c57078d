// One attempt to bring shares together: it has a nonce and a key of its own, takes shares for itself alone, and ends.
import { generateKeyPairSync, randomBytes, type KeyObject } from "node:crypto";
import { isSignedBy } from "./custodian-signature.ts";
import { CustodyError } from "./custody-error.ts";
import type { ShareSubmission } from "./custody-request.ts";
import { submissionText } from "./custody-texts.ts";
import type { SealingKey } from "../envelope.ts";
import { holderOf, type SharingRecord } from "./share-custody.ts";
import { formatShareKey, openShare, readShareLabel } from "./share-envelope.ts";
import { SHARE_BYTES, checkOfShare, combineShares } from "./sharing.ts";

/** Fifteen minutes: custodians are called together, they do not come by. */
export const ATTEMPT_MS = 900_000;
/** How far a signature's time may lie from ours, before or after. */
export const SIGNATURE_WINDOW_MS = 300_000;

/** What a custodian needs to bring a share. JSON. */
export interface UnsealTicket {
  readonly sharing_id: string;
  /** 32 random bytes, base64url: names the attempt. */
  readonly nonce: string;
  /** X25519, raw, base64url: the share is encrypted to it. */
  readonly agent_key: string;
  readonly threshold: number;
  /** Custodians whose shares are here. */
  readonly received: readonly string[];
  /** ISO 8601, UTC. */
  readonly expires_at: string;
}

export interface UnsealAttempt {
  readonly ticket: () => UnsealTicket;
  readonly isOver: (nowMs: number) => boolean;
  readonly isComplete: () => boolean;
  /** Takes a share. Throws CustodyError: then it does not count, and the attempt goes on. */
  readonly accept: (submission: ShareSubmission, nowMs: number) => Promise<void>;
  /** The unseal key out of the shares, which exist in the clear only while this works. */
  readonly combine: () => Promise<SealingKey>;
}

/** Begins an attempt at a sharing. Its private key exists only here. */
export function beginAttempt(sharing: SharingRecord, nowMs: number): UnsealAttempt {
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  const nonce = randomBytes(32).toString("base64url");
  const expiresAtMs = nowMs + ATTEMPT_MS;
  const accepted = new Map<number, ShareSubmission>();
  return {
    ticket: () => ({
      sharing_id: sharing.id,
      nonce,
      agent_key: formatShareKey(publicKey),
      threshold: sharing.threshold,
      received: [...accepted.values()].map(({ custodian }) => custodian),
      expires_at: new Date(expiresAtMs).toISOString(),
    }),
    isOver: (atMs) => atMs >= expiresAtMs,
    isComplete: () => accepted.size >= sharing.threshold,
    accept: async (submission, atMs) => {
      checkLabel(submission, sharing, nonce);
      checkSignature(submission, sharing, nonce, atMs);
      if (accepted.has(submission.index)) throw new CustodyError("already_received", "this attempt has that share");
      (await openChecked(submission, sharing, privateKey)).fill(0);
      accepted.set(submission.index, submission);
    },
    combine: () => combineAccepted([...accepted.values()], sharing, privateKey),
  };
}

function checkLabel(submission: ShareSubmission, sharing: SharingRecord, nonce: string): void {
  const label = readShareLabel(submission.envelope);
  if (label?.kind !== "unsealing")
    throw new CustodyError("malformed_request", "the envelope holds no share to unseal with");
  if (label.sharingId !== sharing.id || label.nonce !== nonce) {
    throw new CustodyError("other_attempt", "the share was sealed for another attempt");
  }
  const holder = holderOf(sharing, submission.index);
  if (holder === undefined) throw new CustodyError("unknown_share", "the sharing has no share of that index");
  const isConsistent = label.index === submission.index && label.custodian === submission.custodian;
  if (!isConsistent || holder.custodian !== submission.custodian) {
    throw new CustodyError("wrong_custodian", "that custodian does not hold that share");
  }
}

function checkSignature(submission: ShareSubmission, sharing: SharingRecord, nonce: string, atMs: number): void {
  const { custodian, index, envelope, signature, signed_at: signedAt } = submission;
  const text = submissionText({ nonce, sharingId: sharing.id, custodian, index, envelope, signedAt });
  const signingKey = holderOf(sharing, index)?.signing_key ?? "";
  if (!isSignedBy(signingKey, text, signature)) {
    throw new CustodyError("bad_signature", "the share is not signed by the key of its holder");
  }
  if (Math.abs(Date.parse(signedAt) - atMs) > SIGNATURE_WINDOW_MS) {
    throw new CustodyError("stale_signature", "the share was signed more than 5 minutes ago, or later than now");
  }
}

async function openChecked(
  { envelope, index }: ShareSubmission,
  sharing: SharingRecord,
  privateKey: KeyObject,
): Promise<Uint8Array> {
  const share = await openShare(envelope, privateKey);
  if (share === null) throw new CustodyError("other_attempt", "the share was sealed to another key");
  const { check } = sharing.shares.find((record) => record.index === index) ?? {};
  if (share.length === SHARE_BYTES && checkOfShare(sharing.id, index, share) === check) return share;
  share.fill(0);
  throw new CustodyError("wrong_share", "these are not the bytes of that share");
}

async function combineAccepted(
  submissions: readonly ShareSubmission[],
  sharing: SharingRecord,
  privateKey: KeyObject,
): Promise<SealingKey> {
  const shares: Uint8Array[] = [];
  try {
    for (const submission of submissions) shares.push(await openChecked(submission, sharing, privateKey));
    return await combineShares(sharing.id, shares);
  } finally {
    for (const share of shares) share.fill(0);
  }
}
