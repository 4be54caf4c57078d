// The closing certificate of a rotation: "no row is under this key version". A signed note, so that anybody can verify it
// offline, years later, with a public key. Pure.
//
//   cofferdam/key-certificate/1
//   tenant 11111111-1111-4111-8111-111111111111
//   key 7b2f…                            id of the key version; of a root key `pkcs11:…`, and the tenant is the vault's own
//   purpose data
//   version 3
//   rows 0                               counted behind the lock of the tenant's audit log
//   log-size 412345                      entries in that log at that moment, and the root of their tree: the certificate
//   log-root CsUYapGGPo4dkMgIAUqom/…     stands at one place in the history that checkpoints sign
//   issued 2026-11-24T15:04:05.000Z
import { uuid } from "@cofferdam/kit/uuid.ts";
import { NoteError, openNote, type VerifierKey } from "../../audit/signed-note.ts";
import { schemeOf } from "../root/root-key.ts";

/** What a certificate says. */
export interface KeyCertificate {
  readonly tenantId: string;
  /** Id of a key version, or of a root key. */
  readonly keyId: string;
  readonly purpose: "data" | "index" | "request" | "root";
  readonly version: number;
  /** Always 0: of anything else there is no certificate. */
  readonly rows: 0;
  readonly logSize: number;
  /** 32 bytes. */
  readonly logRoot: Buffer;
  /** ISO 8601, UTC, milliseconds. */
  readonly issuedAt: string;
}

/** A text that is no certificate, or not one that was signed. */
export class KeyCertificateError extends Error {
  override readonly name = "KeyCertificateError";
}

/** The first line of every certificate. */
export const keyCertificateFormat = "cofferdam/key-certificate/1";

/** The text that is signed. */
export function formatKeyCertificate(certificate: KeyCertificate): string {
  const { tenantId, keyId, purpose, version, rows, logSize, logRoot, issuedAt } = certificate;
  return [
    keyCertificateFormat,
    `tenant ${tenantId}`,
    `key ${keyId}`,
    `purpose ${purpose}`,
    `version ${version}`,
    `rows ${rows}`,
    `log-size ${logSize}`,
    `log-root ${logRoot.toString("base64")}`,
    `issued ${issuedAt}`,
    "",
  ].join("\n");
}

/** Reads a certificate once its signature was verified. Throws KeyCertificateError; what it says must not be used then. */
export function openKeyCertificate(note: string, keys: readonly VerifierKey[]): KeyCertificate {
  try {
    return parseKeyCertificate(openNote(note, keys));
  } catch (error) {
    if (error instanceof NoteError) throw new KeyCertificateError(`the certificate is not believed: ${error.message}`);
    throw error;
  }
}

function parseKeyCertificate(text: string): KeyCertificate {
  const fields = certificateText.exec(text)?.groups ?? {};
  const certificate = {
    tenantId: fields["tenant"] ?? "",
    keyId: fields["key"] ?? "",
    purpose: fields["purpose"] as KeyCertificate["purpose"],
    version: Number(fields["version"]),
    rows: 0,
    logSize: Number(fields["size"]),
    logRoot: Buffer.from(fields["root"] ?? "", "base64"),
    issuedAt: fields["issued"] ?? "",
  } as const;
  const isNamed = uuid.test(certificate.keyId) || schemeOf(certificate.keyId) !== null;
  if (formatKeyCertificate(certificate) !== text || !uuid.test(certificate.tenantId) || !isNamed) {
    throw new KeyCertificateError("the text is no key certificate");
  }
  return certificate;
}

const certificateText = new RegExp(
  [
    `^${keyCertificateFormat}`,
    "tenant (?<tenant>\\S{36})",
    "key (?<key>[\\x21-\\x7e]{1,100})",
    "purpose (?<purpose>data|index|request|root)",
    "version (?<version>[1-9]\\d{0,8})",
    "rows 0",
    "log-size (?<size>\\d{1,16})",
    "log-root (?<root>[A-Za-z0-9+/]{43}=)",
    "issued (?<issued>\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z)\n$",
  ].join("\n"),
);
