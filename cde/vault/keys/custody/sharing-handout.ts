// A sharing from its making to the envelopes. The shares lie in the clear inside `handOut` alone.
import { CustodyError } from "./custody-error.ts";
import type { NamedCustodian } from "./custody-request.ts";
import type { SealingKey } from "../envelope.ts";
import { parseRootKeyFile } from "../root/root-key-file-format.ts";
import { openRootKeys } from "../root/root-key-file-seal.ts";
import type { SharingRecord } from "./share-custody.ts";
import { sealShare } from "./share-envelope.ts";
import { checkOfShare, combineShares, newSharing } from "./sharing.ts";

/** A share in the envelope that its custodian keeps. JSON. */
export interface HandedOutShare {
  readonly custodian: string;
  readonly index: number;
  /** Compact JWE to the custodian's share key. */
  readonly envelope: string;
}

/** A new sharing, and nothing in the clear but the key that it shares. */
export interface HandOut {
  readonly record: SharingRecord;
  readonly envelopes: readonly HandedOutShare[];
  readonly unsealKey: SealingKey;
  /** Opens the text of a file with shares alone, each share in its turn. Throws RootKeyError when any of them does not. */
  readonly prove: (text: string) => Promise<void>;
}

/**
 * Makes a sharing for custodians and lets `use` write it down; the shares are zeroed afterwards, whatever happened.
 *
 * @throws CustodyError `bad_custodians` when a share cannot be encrypted to a key; `use` was not called then
 */
export async function handOut<Result>(
  request: {
    readonly threshold: number;
    readonly custodians: readonly NamedCustodian[];
    readonly ceremonyDigest: string;
  },
  now: Date,
  use: (handOut: HandOut) => Promise<Result>,
): Promise<Result> {
  const { threshold, custodians } = request;
  const { unsealKey, shares } = await newSharing(threshold, custodians.length);
  try {
    const envelopes: HandedOutShare[] = [];
    for (const [place, custodian] of custodians.entries()) {
      envelopes.push(await envelopeFor(custodian, unsealKey.id, place + 1, shareAt(shares, place)));
    }
    const record = recordOf(request, unsealKey.id, shares, now.toISOString());
    return await use({
      record,
      envelopes,
      unsealKey,
      prove: (text) => proveShares(text, unsealKey.id, threshold, shares),
    });
  } finally {
    for (const share of shares) share.fill(0);
  }
}

async function envelopeFor(
  { name, shareKey }: NamedCustodian,
  sharingId: string,
  index: number,
  share: Uint8Array,
): Promise<HandedOutShare> {
  const label = { kind: "custody", sharingId, index, custodian: name, nonce: null } as const;
  try {
    return { custodian: name, index, envelope: await sealShare(share, label, shareKey) };
  } catch (cause) {
    // A point of small order has the form of a key, and X25519 refuses it (RFC 7748 §6.1).
    throw new CustodyError("bad_custodians", "a share cannot be encrypted to one of the share keys", { cause });
  }
}

function recordOf(
  request: Parameters<typeof handOut>[0],
  id: string,
  shares: readonly Uint8Array[],
  now: string,
): SharingRecord {
  return {
    id,
    created_at: now,
    ended_at: null,
    threshold: request.threshold,
    ceremony_digest: request.ceremonyDigest,
    shares: request.custodians.map(({ name, signingKey }, place) => ({
      index: place + 1,
      check: checkOfShare(id, place + 1, shareAt(shares, place)),
      held_by: [{ custodian: name, signing_key: signingKey, since: now }],
    })),
  };
}

async function proveShares(
  text: string,
  sharingId: string,
  threshold: number,
  shares: readonly Uint8Array[],
): Promise<void> {
  const file = parseRootKeyFile(text);
  for (const first of shares.keys()) {
    const quorum = [...shares, ...shares].slice(first, first + threshold);
    openRootKeys(file, await combineShares(sharingId, quorum));
  }
}

function shareAt(shares: readonly Uint8Array[], place: number): Uint8Array {
  const share = shares[place];
  if (share === undefined) throw new RangeError("there are fewer shares than custodians");
  return share;
}
