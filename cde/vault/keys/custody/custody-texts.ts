// What custodians sign, as text: one fact a line, in this order, a newline after each. Nobody signs what they cannot read.
import { hash } from "node:crypto";

/** That a custodian brings this share, now, to this attempt. */
export function submissionText(facts: {
  readonly nonce: string;
  readonly sharingId: string;
  readonly custodian: string;
  readonly index: number;
  readonly envelope: string;
  readonly signedAt: string;
}): string {
  const { nonce, sharingId, custodian, index, envelope, signedAt } = facts;
  return lines("cofferdam/share-submission/1", nonce, sharingId, custodian, index, sha256(envelope), signedAt);
}

/** That a custodian gives this share to a successor, who signs with that key from then on. */
export function handOverText(facts: {
  readonly sharingId: string;
  readonly index: number;
  readonly from: string;
  readonly to: string;
  /** SPKI in PEM, as `readSigningKey` writes it. */
  readonly signingKey: string;
  readonly signedAt: string;
}): string {
  const { sharingId, index, from, to, signingKey, signedAt } = facts;
  return lines("cofferdam/share-hand-over/1", sharingId, index, from, to, sha256(signingKey), signedAt);
}

function lines(...facts: readonly (string | number)[]): string {
  return facts.map((fact) => `${fact}\n`).join("");
}

function sha256(text: string): string {
  return hash("sha256", text, "hex");
}
