/**
 * - `already_initialised`, `not_initialised`: there is, or is not, a root key file.
 * - `sealed`, `not_sealed`: the call is for the other state.
 * - `malformed_request`: what was sent has not the form of the call; `bad_custodians`: it has, and names too few, too many
 *   or the same custodians or keys twice, or keys of a kind that is not taken.
 * - `no_attempt`: no unsealing has begun, or its 15 minutes are over.
 * - `other_attempt`: the share was encrypted for another attempt, or to another key.
 * - `unknown_share`, `wrong_custodian`: the sharing has no such share, or somebody else holds it.
 * - `bad_signature`, `stale_signature`: not by the holder's key, or not of the last 5 minutes.
 * - `already_received`: this attempt has that share.
 * - `wrong_share`: not the bytes that were handed out.
 * - `not_opened`: enough shares came and they do not open the file; all of them were dropped.
 * - `too_many_shares`: the custodian would have known enough shares to open the file alone.
 */
export type CustodyErrorCode =
  | "already_initialised"
  | "not_initialised"
  | "sealed"
  | "not_sealed"
  | "malformed_request"
  | "bad_custodians"
  | "no_attempt"
  | "other_attempt"
  | "unknown_share"
  | "wrong_custodian"
  | "bad_signature"
  | "stale_signature"
  | "already_received"
  | "wrong_share"
  | "not_opened"
  | "too_many_shares";

/** A custody call that is refused. Except after `not_opened`, nothing has changed; no share has counted. */
export class CustodyError extends Error {
  override readonly name = "CustodyError";
  readonly code: CustodyErrorCode;

  constructor(code: CustodyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
