// What a custodian signs: that they propose, approve or withdraw one ceremony, by its digest. Pure. Seven lines of
// printable ASCII, each with its line break:
//
//   cofferdam/ceremony-statement/1
//   approve                                                              propose, approve or withdraw
//   0199c5d2-7c1e-7000-8000-000000000001                                 proposal, UUID
//   9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08     SHA-256 of the ceremony file, hex
//   management/custodian-mei                                             who signs: workload of their certificate
//   2026-11-25T10:00:00.000Z                                             end of the proposal; the same in every statement on it
//   2026-11-24T10:00:00.000Z                                             signed at
//
// It is signed with the key of the custodian's own TLS certificate: who may call is who may sign, and nobody keeps a second
// key for this.
import { X509Certificate, createPrivateKey, hash } from "node:crypto";
import { uuid } from "@cofferdam/kit/uuid.ts";
import { isSignedBy, signText } from "../custody/custodian-signature.ts";

const statementActs = ["propose", "approve", "withdraw"] as const;
export type StatementAct = (typeof statementActs)[number];

/** What a statement says. */
export interface StatementFacts {
  readonly act: StatementAct;
  readonly proposalId: string;
  /** SHA-256 of the ceremony file, 32 bytes. */
  readonly digest: Buffer;
  /** e.g. `management/custodian-mei`. */
  readonly custodian: string;
  readonly expiresAt: Date;
  readonly signedAt: Date;
}

/** A statement with its proof, as JSON. At most 8,192 characters. */
export interface SignedStatement {
  /** The seven lines. */
  readonly statement: string;
  /** Base64; RSA-PSS with SHA-256, ECDSA (DER) or Ed25519, by the key of the certificate. */
  readonly signature: string;
  /** The custodian's certificate alone, in PEM, without those that issued it. */
  readonly certificate: string;
}

/** A statement whose signature was verified. */
export interface VerifiedStatement {
  readonly facts: StatementFacts;
  /** From the certificate's SPIFFE id; the same as `facts.custodian`. */
  readonly workload: string;
  /** From the certificate's SPIFFE id. */
  readonly trustDomain: string;
  /** SHA-256 of the certificate's public key (SPKI, DER), 32 bytes. */
  readonly spki: Buffer;
}

/**
 * - `malformed`: not a statement, or more than one text could mean it.
 * - `certificate_unreadable`: not one certificate with one SPIFFE id.
 * - `key_unsuitable`: the private key is not the certificate's, or of a kind that does not sign here.
 * - `signature_invalid`: not signed with the key of that certificate.
 * - `other_custodian`: the statement names somebody else than the certificate.
 */
export type StatementErrorCode =
  "malformed" | "certificate_unreadable" | "key_unsuitable" | "signature_invalid" | "other_custodian";

/** A statement that must not be believed, or cannot be made. */
export class StatementError extends Error {
  override readonly name = "StatementError";
  readonly code: StatementErrorCode;

  constructor(code: StatementErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Signs a statement in the name of the certificate's workload. `certificatePem` may hold a chain, leaf first. Throws
 * StatementError `malformed`, `certificate_unreadable`, `key_unsuitable`.
 */
export function signStatement(
  facts: Omit<StatementFacts, "custodian">,
  keys: { readonly keyPem: string; readonly certificatePem: string },
): SignedStatement {
  const { certificate, workload } = holderOf(keys.certificatePem);
  const statement = formatStatement({ ...facts, custodian: workload });
  readStatement(statement);
  return {
    statement,
    signature: signatureOver(statement, keys.keyPem, certificate),
    certificate: certificate.toString(),
  };
}

/** The seven lines. */
function formatStatement({ act, proposalId, digest, custodian, expiresAt, signedAt }: StatementFacts): string {
  const times = [expiresAt.toISOString(), signedAt.toISOString()];
  return [FORMAT, act, proposalId, digest.toString("hex"), custodian, ...times, ""].join("\n");
}

/** Reads exactly what `formatStatement` writes. Says nothing of who signed it. Throws StatementError `malformed`. */
export function readStatement(text: string): StatementFacts {
  const fields = statementText.exec(text)?.groups ?? {};
  const facts = {
    act: fields["act"] as StatementAct,
    proposalId: fields["proposal"] ?? "",
    digest: Buffer.from(fields["digest"] ?? "", "hex"),
    custodian: fields["custodian"] ?? "",
    expiresAt: new Date(fields["expires"] ?? NaN),
    signedAt: new Date(fields["signed"] ?? NaN),
  };
  const isDated = !isNaN(facts.expiresAt.getTime()) && !isNaN(facts.signedAt.getTime());
  // A day that does not exist, such as 30 February, is another one to a Date.
  if (!isDated || !uuid.test(facts.proposalId) || formatStatement(facts) !== text)
    throw malformed("the text is no statement");
  return facts;
}

/** Takes the JSON of a signed statement apart, within its bounds. Throws StatementError `malformed`. */
export function readSignedStatement(value: unknown): SignedStatement {
  const { statement, signature, certificate, ...others } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const isWhole = isText(statement, 512) && isText(signature, 1_024) && isText(certificate, 6_144);
  if (!isWhole || Object.keys(others).length > 0 || Buffer.from(signature, "base64").toString("base64") !== signature) {
    throw malformed("a signed statement has a statement, a signature and a certificate");
  }
  return { statement, signature, certificate };
}

/**
 * Verifies a statement against its own certificate. Whether that certificate's key is a custodian's is for the caller to
 * know: who issued it and when it ends is not looked at, for a transcript is read years later. Throws StatementError.
 */
export function verifyStatement(signed: SignedStatement): VerifiedStatement {
  const { statement, signature, certificate: pem } = readSignedStatement(signed);
  const { certificate, workload, trustDomain } = holderOf(pem);
  if (certificate.toString() !== pem) {
    throw new StatementError("certificate_unreadable", "the certificate is not one certificate in PEM");
  }
  const facts = readStatement(statement);
  if (!isSignedBy(certificate.publicKey.export({ type: "spki", format: "pem" }), statement, signature)) {
    throw new StatementError("signature_invalid", "the statement is not signed with the key of the certificate");
  }
  if (facts.custodian !== workload) {
    throw new StatementError("other_custodian", "the statement names another custodian than the certificate");
  }
  return { facts, workload, trustDomain, spki: spkiDigest(certificate) };
}

/** SHA-256 of the public key in a certificate (PEM; of a chain, the first), hex: what the roster of custodians lists. */
export function publicKeyDigest(certificatePem: string): string {
  return spkiDigest(holderOf(certificatePem).certificate).toString("hex");
}

function spkiDigest(certificate: X509Certificate): Buffer {
  return hash("sha256", certificate.publicKey.export({ type: "spki", format: "der" }), "buffer");
}

interface Holder {
  readonly certificate: X509Certificate;
  readonly workload: string;
  readonly trustDomain: string;
}

/** Reads the certificate, of a chain the first, and its one SPIFFE id. */
function holderOf(pem: string): Holder {
  const certificate = certificateOf(pem);
  const { subjectAltName = "" } = certificate;
  // Node quotes names that could be misread in its list; we refuse to guess (as `kit/peer.ts` does).
  const uris = subjectAltName.includes('"') ? [] : subjectAltName.split(", ").filter((name) => name.startsWith("URI:"));
  const { trustDomain, workload } = spiffeId.exec(uris[0] ?? "")?.groups ?? {};
  if (uris.length !== 1 || trustDomain === undefined || workload === undefined) {
    throw new StatementError("certificate_unreadable", "the certificate does not carry one SPIFFE id");
  }
  return { certificate, workload, trustDomain };
}

function certificateOf(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new StatementError("certificate_unreadable", "the certificate cannot be read");
  }
}

function signatureOver(text: string, keyPem: string, certificate: X509Certificate): string {
  try {
    const key = createPrivateKey(keyPem);
    if (certificate.checkPrivateKey(key)) return signText(text, key);
  } catch {
    // OpenSSL's words help nobody, and a key of another kind is told below.
  }
  throw new StatementError(
    "key_unsuitable",
    "the private key is not the certificate's, or of a kind that does not sign",
  );
}

function isText(value: unknown, limit: number): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= limit;
}

function malformed(message: string): StatementError {
  return new StatementError("malformed", message);
}

const FORMAT = "cofferdam/ceremony-statement/1";
/** SPIFFE-ID §2.1, §2.2; no segment of dots. */
const segments = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}(?:/[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}){0,7}";
const spiffeId = new RegExp(`^URI:spiffe://(?<trustDomain>[a-z0-9._-]{1,255})/(?<workload>${segments})$`);
const time = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z";
const statementText = new RegExp(
  [
    `^${FORMAT}`,
    `(?<act>${statementActs.join("|")})`,
    "(?<proposal>\\S{36})",
    "(?<digest>[0-9a-f]{64})",
    `(?<custodian>${segments})`,
    `(?<expires>${time})`,
    `(?<signed>${time})\n$`,
  ].join("\n"),
);
