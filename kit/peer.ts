/**
 * Who is at the other end of a mutual TLS connection, by the SPIFFE ID in its certificate.
 */
import { createHash } from "node:crypto";
import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";

import { containsPan } from "./pan-guard.ts";
import { Problem } from "./problem.ts";

export interface Peer {
  /** For example `spiffe://cofferdam.test/cde/egress`. */
  readonly spiffeId: string;
  /** The path of the SPIFFE ID without its first slash, for example `cde/egress`. */
  readonly workload: string;
  /** base64url SHA-256 of the certificate in DER: what `cnf["x5t#S256"]` of an access token names (RFC 8705 §3.1). */
  readonly thumbprint: string;
}

interface KnownPeer {
  readonly peer: Peer;
  readonly trustDomain: string;
  readonly expiresAtMs: number;
}

const knownPeers = new WeakMap<TLSSocket, KnownPeer>();

/** SPIFFE-ID §2.2: segments of letters, digits, dot, hyphen and underscore; dots alone are refused below. */
const spiffePath = /^(?:\/[A-Za-z0-9._-]{1,64}){1,8}$/;

/** Logs name the workload in every line, and an audit entry has this many characters for it. */
const longestWorkload = 128;

/**
 * Reads the peer of a connection whose certificate chain TLS has verified. The answer is kept with the socket; the
 * certificate's end is checked each time, since a connection may outlive it.
 *
 * Throws Problem `peer-certificate-invalid` when the chain was not verified, the certificate has ended, is a CA's, or
 * does not carry exactly one URI name, a SPIFFE ID of exactly this trust domain (X509-SVID §2, §4.1).
 */
export function peerOf(socket: TLSSocket, trustDomain: string, now: () => number = Date.now): Peer {
  let known = knownPeers.get(socket);
  if (known?.trustDomain !== trustDomain) {
    known = readPeer(socket, trustDomain);
    knownPeers.set(socket, known);
  }
  if (now() >= known.expiresAtMs) throw refusal("the certificate has expired");
  return known.peer;
}

function refusal(detail: string): Problem {
  return new Problem("peer-certificate-invalid", { detail });
}

function readPeer(socket: TLSSocket, trustDomain: string): KnownPeer {
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  if (certificate === undefined) throw refusal("a client certificate of our authority is required");
  if (certificate.ca) throw refusal("an authority's certificate is no client certificate");
  const spiffeId = onlyUriName(certificate);
  const workload = workloadOf(spiffeId, trustDomain);
  const thumbprint = createHash("sha256").update(certificate.raw).digest("base64url");
  return { peer: { spiffeId, workload, thumbprint }, trustDomain, expiresAtMs: certificate.validToDate.getTime() };
}

/** Node prints names as `URI:…, DNS:…` and quotes those that could be misread in that list; we refuse to guess. */
function onlyUriName({ subjectAltName = "" }: X509Certificate): string {
  if (subjectAltName.includes('"')) throw refusal("the certificate has a name we cannot read");
  const uris = subjectAltName.split(", ").filter((name) => name.startsWith("URI:"));
  const [uri] = uris;
  if (uri === undefined || uris.length > 1) throw refusal("the certificate must carry exactly one URI name");
  return uri.slice("URI:".length);
}

function workloadOf(spiffeId: string, trustDomain: string): string {
  const prefix = `spiffe://${trustDomain}`;
  const path = spiffeId.startsWith(prefix) ? spiffeId.slice(prefix.length) : "";
  if (!spiffePath.test(path) || /\/\.\.?(?:\/|$)/.test(path))
    throw refusal("the URI name must be a SPIFFE ID of our trust domain");
  const workload = path.slice(1);
  if (workload.length > longestWorkload || containsPan(workload))
    throw refusal("the SPIFFE ID cannot be put on record");
  return workload;
}
