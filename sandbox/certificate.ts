// Makes one X.509 certificate. Keys are made by node:crypto; node-forge writes the certificate and signs it.
import { generateKeyPair, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import forge from "node-forge";

/** A key pair as PEM: SPKI and PKCS#8. */
export interface PemKeyPair {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** A certificate and its private key as PEM. */
export interface CertifiedKey {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** The key of a certificate that signs itself. */
export interface OwnKey {
  readonly privateKeyPem: string;
}

/** What a certificate says about its holder. */
export interface CertificateContent {
  /** The common name. It is for people: nothing is decided by it. */
  readonly commonName: string;
  readonly publicKeyPem: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly use: CertificateUse;
}

/** An authority signs certificates; a leaf is shown in a TLS handshake. */
export type CertificateUse =
  | {
      readonly kind: "authority";
      /** How many authorities may follow below it. */
      readonly pathLength: number;
    }
  | {
      readonly kind: "leaf";
      /** The one URI in its subject alternative name. */
      readonly spiffeId: string;
      /** True for a server: names of this machine are added, and it may be shown by a server. */
      readonly server: boolean;
    };

/** Makes an RSA key pair in the background. */
export function makeRsaKeyPair(modulusLength: 2048 | 3072): Promise<PemKeyPair> {
  return promisify(generateKeyPair)("rsa", {
    modulusLength,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}

/**
 * Makes a certificate and returns its PEM. It is signed with RSA and SHA-256 by `issuer`, or by its own key when that
 * has no certificate.
 */
export function makeCertificate(content: CertificateContent, issuer: CertifiedKey | OwnKey): string {
  const certificate = forge.pki.createCertificate();
  const issuerCertificate = "certificatePem" in issuer ? forge.pki.certificateFromPem(issuer.certificatePem) : null;
  const subject = [{ name: "commonName", value: content.commonName }];
  certificate.publicKey = forge.pki.publicKeyFromPem(content.publicKeyPem);
  certificate.serialNumber = randomSerialNumber();
  certificate.validity.notBefore = content.notBefore;
  certificate.validity.notAfter = content.notAfter;
  certificate.setSubject(subject);
  certificate.setIssuer(issuerCertificate?.subject.attributes ?? subject);
  certificate.setExtensions([
    ...(content.use.kind === "authority" ? authorityExtensions(content.use) : leafExtensions(content.use)),
    { name: "subjectKeyIdentifier" },
    { name: "authorityKeyIdentifier", keyIdentifier: keyIdentifier(issuerCertificate ?? certificate) },
  ]);
  certificate.sign(forge.pki.privateKeyFromPem(issuer.privateKeyPem), forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate).replaceAll("\r\n", "\n");
}

/** 128 bits, all random but the first two: positive, and never with a leading zero byte (RFC 5280 §4.1.2.2). */
function randomSerialNumber(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes.toString("hex");
}

function keyIdentifier(certificate: forge.pki.Certificate): string {
  return certificate.generateSubjectKeyIdentifier().getBytes();
}

function authorityExtensions({ pathLength }: { pathLength: number }): object[] {
  return [
    { name: "basicConstraints", critical: true, cA: true, pathLenConstraint: pathLength },
    { name: "keyUsage", critical: true, keyCertSign: true, cRLSign: true },
  ];
}

// Every workload is a client of another; only some are servers.
function leafExtensions({ spiffeId, server }: { spiffeId: string; server: boolean }): object[] {
  const uri = { type: 6, value: spiffeId };
  const here = [
    { type: 2, value: "localhost" },
    { type: 7, ip: "127.0.0.1" },
    { type: 7, ip: "::1" },
  ];
  return [
    { name: "basicConstraints", critical: true, cA: false },
    { name: "keyUsage", critical: true, digitalSignature: true },
    { name: "extKeyUsage", clientAuth: true, ...(server ? { serverAuth: true } : {}) },
    { name: "subjectAltName", altNames: server ? [uri, ...here] : [uri] },
  ];
}
