// A share that changes hands. The store sees no share: the giver has encrypted it to the successor already.
import { isSignedBy } from "./custodian-signature.ts";
import { CustodyError } from "./custody-error.ts";
import type { HandOverRequest } from "./custody-request.ts";
import { handOverText } from "./custody-texts.ts";
import { holderOf, mayReceive, type ShareHolding, type SharingRecord } from "./share-custody.ts";
import { SIGNATURE_WINDOW_MS } from "./unseal-attempt.ts";

/**
 * The sharings with a new holder of one share of the present one. Handing it over to oneself replaces the signing key.
 *
 * @throws CustodyError `unknown_share`, `wrong_custodian`, `bad_signature`, `stale_signature`, `bad_custodians`,
 * `too_many_shares`
 */
export function handOver(
  sharings: readonly SharingRecord[],
  present: SharingRecord,
  request: HandOverRequest,
  nowMs: number,
): readonly SharingRecord[] {
  const holder = holderOf(present, request.index);
  if (holder === undefined) throw new CustodyError("unknown_share", "the sharing has no share of that index");
  if (holder.custodian !== request.from) {
    throw new CustodyError("wrong_custodian", "that custodian does not hold that share");
  }
  checkSignature(present.id, holder, request, nowMs);
  checkSuccessor(sharings, present, request);
  const { name: custodian, signing_key } = request.to;
  const next: ShareHolding = { custodian, signing_key, since: new Date(nowMs).toISOString() };
  const shares = present.shares.map((share) =>
    share.index === request.index ? { ...share, held_by: [...share.held_by, next] } : share,
  );
  return sharings.map((sharing) => (sharing === present ? { ...present, shares } : sharing));
}

function checkSignature(sharingId: string, holder: ShareHolding, request: HandOverRequest, nowMs: number): void {
  const { index, from, to, signature, signed_at: signedAt } = request;
  const text = handOverText({ sharingId, index, from, to: to.name, signingKey: to.signing_key, signedAt });
  if (!isSignedBy(holder.signing_key, text, signature)) {
    throw new CustodyError("bad_signature", "the hand-over is not signed by the holder of the share");
  }
  const signedAtMs = Date.parse(signedAt);
  // What was signed before the giver held the share (again) belongs to an earlier hand-over.
  if (Math.abs(signedAtMs - nowMs) > SIGNATURE_WINDOW_MS || signedAtMs < Date.parse(holder.since)) {
    throw new CustodyError("stale_signature", "the hand-over was not signed within the last 5 minutes");
  }
}

function checkSuccessor(
  sharings: readonly SharingRecord[],
  present: SharingRecord,
  { index, to }: HandOverRequest,
): void {
  const holdings = present.shares.flatMap(({ held_by }) => held_by);
  if (holdings.some((held) => held.signing_key === to.signing_key && held.custodian !== to.name)) {
    throw new CustodyError("bad_custodians", "the successor signs with another custodian's key");
  }
  if (!mayReceive(sharings, { sharingId: present.id, index, custodian: to.name })) {
    throw new CustodyError("too_many_shares", "the successor would have known enough shares to open the file alone");
  }
}
