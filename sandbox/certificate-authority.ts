// A certificate authority of the sandbox: a key that signs certificates, kept in a folder.
import { createPrivateKey, X509Certificate } from "node:crypto";
import path from "node:path";
import { makeCertificate, makeRsaKeyPair, type CertifiedKey } from "./certificate.ts";
import { makePrivateDirectory, readIfPresent, replacePrivateFile } from "./private-file.ts";

/** Which authority is wanted, and where it is kept. */
export interface AuthorityOptions {
  /** Holds cert.pem and key.pem (mode 0600). */
  readonly directory: string;
  readonly commonName: string;
  /** The authority above; null for a root. */
  readonly issuer: CertifiedKey | null;
  readonly now: Date;
}

/** Certificates are valid from a little before now, for the clocks that run behind. */
export const backdatingMs = 5 * 60_000;

const dayMs = 24 * 3_600_000;
const lifetimeMs = 90 * dayMs;
const renewBeforeEndMs = 7 * dayMs; // Longer than any certificate that the sandbox issues lives.

/**
 * Reads the authority from its folder; makes a new one when there is none, when it ends within a week, or when it was
 * not signed by `issuer`.
 */
export async function openAuthority(options: AuthorityOptions): Promise<CertifiedKey> {
  const directory = await makePrivateDirectory(options.directory);
  const certificateFile = path.join(directory, "cert.pem");
  const keyFile = path.join(directory, "key.pem");
  const [certificatePem, privateKeyPem] = await Promise.all([readIfPresent(certificateFile), readIfPresent(keyFile)]);
  if (certificatePem !== null && privateKeyPem !== null) {
    const kept = { certificatePem, privateKeyPem };
    if (isUsable(kept, options)) return kept;
  }
  const made = await makeAuthority(options);
  await replacePrivateFile(keyFile, made.privateKeyPem);
  await replacePrivateFile(certificateFile, made.certificatePem);
  return made;
}

function isUsable(authority: CertifiedKey, { issuer, now }: AuthorityOptions): boolean {
  const certificate = new X509Certificate(authority.certificatePem);
  const above = issuer === null ? certificate : new X509Certificate(issuer.certificatePem);
  return (
    certificate.validToDate.getTime() - now.getTime() > renewBeforeEndMs &&
    certificate.checkPrivateKey(createPrivateKey(authority.privateKeyPem)) &&
    certificate.checkIssued(above) &&
    certificate.verify(above.publicKey)
  );
}

async function makeAuthority({ commonName, issuer, now }: AuthorityOptions): Promise<CertifiedKey> {
  const pair = await makeRsaKeyPair(3072);
  const ownKey = { privateKeyPem: pair.privateKey };
  const content = {
    commonName,
    publicKeyPem: pair.publicKey,
    notBefore: new Date(now.getTime() - backdatingMs),
    notAfter: new Date(now.getTime() + lifetimeMs),
    use: { kind: "authority", pathLength: issuer === null ? 1 : 0 },
  } as const;
  return { certificatePem: makeCertificate(content, issuer ?? ownKey), privateKeyPem: pair.privateKey };
}
