// A certificate and its key in one file with a password, as people's browsers and mail programs import it.
import forge from "node-forge";
import type { Identity } from "./pki.ts";

// AES-256 under a key that PBKDF2 makes with HMAC-SHA-256. node-forge writes counts below 65,536 only.
const protection = { algorithm: "aes256", prfAlgorithm: "sha256", saltSize: 16, count: 65_000 } as const;

/**
 * The identity as PKCS#12 (DER): its key, its certificate and its zone's authority. The key is encrypted with
 * AES-256-CBC; a change to the file shows by an HMAC under the same password (HMAC-SHA-1: node-forge has no other).
 * The password is printable ASCII, because importers do not agree on how to encode anything else.
 */
export function toPkcs12(identity: Identity, password: string): Buffer {
  if (!/^[\x20-\x7e]{1,128}$/.test(password)) throw new Error("the password must be printable ASCII, at most 128 long");
  const key = forge.pki.privateKeyFromPem(identity.keyPem);
  const chain = forge.pem.decode(identity.certificatePem).map((block) => forge.pem.encode(block));
  const certificates = chain.map((pem) => forge.pki.certificateFromPem(pem));
  const envelope = forge.pkcs12.toPkcs12Asn1(key, certificates, password, {
    ...protection,
    friendlyName: identity.workload,
  });
  return Buffer.from(forge.asn1.toDer(envelope).getBytes(), "binary");
}
