// The forms of the custody calls, as JSON, and their readers. What comes over a socket is `unknown` until one of these took it.
import type { KeyObject } from "node:crypto";
import { readSigningKey } from "./custodian-signature.ts";
import { CustodyError } from "./custody-error.ts";
import { MAX_ENVELOPE_CHARS, readShareKey } from "./share-envelope.ts";

/** Who is to hold shares: for `initialise` and `redistribute`. */
export interface SharingRequest {
  /** How many shares open the file: 2 to the number of custodians. */
  readonly threshold: number;
  /** 2 to 15, in the order of their shares. */
  readonly custodians: readonly {
    readonly name: string;
    /** X25519, raw, base64url: what the share is encrypted to. */
    readonly share_key: string;
    /** SPKI in PEM: the public key of the custodian's certificate. */
    readonly signing_key: string;
  }[];
  /** SHA-256 of the ceremony file, hex. */
  readonly ceremony_digest: string;
}

/** A share that a custodian brings: see `sealedShareFor`. */
export interface ShareSubmission {
  readonly custodian: string;
  readonly index: number;
  /** Compact JWE to the ticket's key. */
  readonly envelope: string;
  /** Base64, over `submissionText`. */
  readonly signature: string;
  /** ISO 8601, UTC, milliseconds. */
  readonly signed_at: string;
}

/** A share that changes hands. */
export interface HandOverRequest {
  readonly index: number;
  readonly from: string;
  readonly to: { readonly name: string; readonly signing_key: string };
  /** Base64, by the giver, over `handOverText`. */
  readonly signature: string;
  readonly signed_at: string;
}

/** A custodian as the request names them, with keys that were read. */
export interface NamedCustodian {
  readonly name: string;
  readonly shareKey: KeyObject;
  readonly signingKey: string;
}

type Json = Readonly<Record<string, unknown>>;
const MAX_CUSTODIANS = 15;

/** Throws CustodyError `malformed_request`, `bad_custodians`. */
export function readSharingRequest(value: unknown): {
  readonly threshold: number;
  readonly custodians: readonly NamedCustodian[];
  readonly ceremonyDigest: string;
} {
  const { threshold, custodians, ceremony_digest: ceremonyDigest } = objectOf(value);
  if (!Array.isArray(custodians)) throw malformed("custodians");
  if (custodians.length < 2 || custodians.length > MAX_CUSTODIANS) {
    throw new CustodyError("bad_custodians", `a sharing has 2 to ${MAX_CUSTODIANS} custodians`);
  }
  if (typeof threshold !== "number" || !Number.isInteger(threshold)) throw malformed("threshold");
  if (threshold < 2 || threshold > custodians.length) {
    throw new CustodyError("bad_custodians", "the threshold lies between 2 and the number of custodians");
  }
  if (typeof ceremonyDigest !== "string" || !/^[0-9a-f]{64}$/.test(ceremonyDigest)) throw malformed("ceremony_digest");
  const named = custodians.map((custodian) => readCustodian(objectOf(custodian)));
  assertDistinct(named.map(({ name }) => name));
  assertDistinct(named.map(({ signingKey }) => signingKey));
  assertDistinct(named.map(({ shareKey }) => shareKey.export({ format: "jwk" }).x ?? ""));
  return { threshold, custodians: named, ceremonyDigest };
}

/** Throws CustodyError `malformed_request`. */
export function readSubmission(value: unknown): ShareSubmission {
  const { custodian, index, envelope, signature, signed_at } = objectOf(value);
  if (!isName(custodian)) throw malformed("custodian");
  if (!isIndex(index)) throw malformed("index");
  if (!isText(envelope, MAX_ENVELOPE_CHARS)) throw malformed("envelope");
  if (!isText(signature, 2_048)) throw malformed("signature");
  if (!isTime(signed_at)) throw malformed("signed_at");
  return { custodian, index, envelope, signature, signed_at };
}

/** Throws CustodyError `malformed_request`, `bad_custodians`. */
export function readHandOver(value: unknown): HandOverRequest {
  const { index, from, to, signature, signed_at } = objectOf(value);
  if (!isIndex(index)) throw malformed("index");
  if (!isName(from)) throw malformed("from");
  if (!isText(signature, 2_048)) throw malformed("signature");
  if (!isTime(signed_at)) throw malformed("signed_at");
  return { index, from, to: readSigner(objectOf(to)), signature, signed_at };
}

function readCustodian(value: Json): NamedCustodian {
  const { name, signing_key: signingKey } = readSigner(value);
  const shareKey = typeof value["share_key"] === "string" ? readShareKey(value["share_key"]) : null;
  if (shareKey === null) throw new CustodyError("bad_custodians", "a share key is an X25519 public key, base64url");
  return { name, shareKey, signingKey };
}

function readSigner(value: Json): HandOverRequest["to"] {
  const { name, signing_key: pem } = value;
  if (!isName(name)) throw malformed("name");
  const signingKey = isText(pem, 2_048) ? readSigningKey(pem) : null;
  if (signingKey === null) {
    throw new CustodyError("bad_custodians", "a signing key is a public key in PEM: RSA, P-256, P-384 or Ed25519");
  }
  return { name, signing_key: signingKey };
}

/** One person under two names, or two with one key, would hold two shares. */
function assertDistinct(values: readonly string[]): void {
  if (new Set(values).size < values.length) {
    throw new CustodyError("bad_custodians", "two custodians have the same name or the same key");
  }
}

function isName(value: unknown): value is string {
  return typeof value === "string" && /^[a-z][a-z0-9-]{0,31}$/.test(value);
}

function isIndex(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_CUSTODIANS;
}

function isText(value: unknown, limit: number): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= limit;
}

function isTime(value: unknown): value is string {
  return (
    typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) && !isNaN(Date.parse(value))
  );
}

function objectOf(value: unknown): Json {
  if (typeof value !== "object" || value === null) throw malformed("the request");
  return value as Json;
}

function malformed(field: string): CustodyError {
  return new CustodyError("malformed_request", `${field} is missing or has not the form of the call`);
}
