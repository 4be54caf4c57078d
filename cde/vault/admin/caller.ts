import { hash } from "node:crypto";
import { TLSSocket } from "node:tls";
import type { Request } from "express";
import { peerOf } from "@cofferdam/kit/peer.ts";
import type { Signer } from "./dual-control.ts";

const signers = new WeakMap<TLSSocket, { readonly signer: Signer }>();

/**
 * Who calls, by the certificate that TLS has verified: its SPIFFE id and its public key. Throws Problem
 * `peer-certificate-invalid`, each time anew, for a connection may outlive its certificate.
 */
export function callerOf({ socket }: Request, trustDomain: string): Signer {
  if (!(socket instanceof TLSSocket)) throw new Error("the admin plane was served without TLS");
  const { workload } = peerOf(socket, trustDomain);
  const known = signers.get(socket);
  if (known !== undefined) return known.signer;
  const signer = { workload, spki: publicKeyOf(socket), trustDomain };
  signers.set(socket, { signer });
  return signer;
}

function publicKeyOf(socket: TLSSocket): Buffer {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) throw new Error("a verified peer has no certificate");
  return hash("sha256", certificate.publicKey.export({ type: "spki", format: "der" }), "buffer");
}
