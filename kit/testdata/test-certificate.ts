/**
 * For tests: an authority that signs any certificate it is asked for, odd ones included. P-256, made in a millisecond.
 */
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";

export interface TestIdentity {
  /** PEM. */
  readonly cert: string;
  /** PKCS#8 PEM. */
  readonly key: string;
}

export interface TestAuthority {
  /** PEM of the authority's own certificate. */
  readonly cert: string;
  /** A certificate with these URI names, the DNS name `localhost`, and validity from an hour ago until `endsAt`. */
  issue(options: { readonly uris: readonly string[]; readonly endsAt?: Date; readonly ca?: boolean }): TestIdentity;
  /** A revocation list in PEM that names this certificate. */
  revoke(cert: string): string;
}

const hourMs = 3_600_000;

export function createTestAuthority(): TestAuthority {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issue = (subject: string, key: KeyObject, endsAt: Date, extensions: readonly Buffer[]): string => {
    const parts = [
      tagged(0, integer(2)),
      serial(),
      ecdsaWithSha256,
      name("test authority"),
      validity(endsAt),
      name(subject),
      spki(key),
    ];
    return pem("CERTIFICATE", signed(sequence(...parts, tagged(3, sequence(...extensions))), privateKey));
  };
  return {
    cert: issue("test authority", publicKey, new Date(Date.now() + hourMs), [basicConstraints(true)]),
    issue: ({ uris, endsAt = new Date(Date.now() + hourMs), ca = false }) => {
      const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const cert = issue("test", pair.publicKey, endsAt, [basicConstraints(ca), alternativeNames(uris)]);
      return { cert, key: pair.privateKey.export({ type: "pkcs8", format: "pem" }) };
    },
    revoke: (cert) => {
      const entry = sequence(serialOf(cert), time(new Date(Date.now() - hourMs)));
      const [from, until] = [time(new Date(Date.now() - hourMs)), time(new Date(Date.now() + hourMs))];
      return pem(
        "X509 CRL",
        signed(sequence(ecdsaWithSha256, name("test authority"), from, until, sequence(entry)), privateKey),
      );
    },
  };
}

// DER, X.690: as much as a certificate needs.

function tlv(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const header = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), content]);
}

const sequence = (...items: readonly Buffer[]): Buffer => tlv(0x30, ...items);
const tagged = (number: number, ...items: readonly Buffer[]): Buffer => tlv(0xa0 + number, ...items);
const integer = (value: number): Buffer => tlv(0x02, Buffer.from([value]));
const bits = (content: Buffer): Buffer => tlv(0x03, Buffer.from([0]), content);
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, "hex"));
const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"));

const serial = (): Buffer => tlv(0x02, Buffer.from([1]), randomBytes(8));
const name = (text: string): Buffer => sequence(tlv(0x31, sequence(oid("550403"), tlv(0x0c, Buffer.from(text)))));
const time = (date: Date): Buffer => tlv(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, "")));
const validity = (endsAt: Date): Buffer =>
  sequence(time(new Date(Math.min(Date.now(), endsAt.getTime()) - hourMs)), time(endsAt));
const spki = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" });

const extension = (oidHex: string, value: Buffer): Buffer => sequence(oid(oidHex), tlv(0x04, value));
const basicConstraints = (ca: boolean): Buffer =>
  extension("551d13", ca ? sequence(tlv(0x01, Buffer.from([0xff]))) : sequence());

function alternativeNames(uris: readonly string[]): Buffer {
  const names = uris.map((uri) => tlv(0x86, Buffer.from(uri, "latin1")));
  return extension("551d11", sequence(tlv(0x82, Buffer.from("localhost")), ...names));
}

const signed = (body: Buffer, key: KeyObject): Buffer =>
  sequence(body, ecdsaWithSha256, bits(sign("sha256", body, key)));

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** Our certificates open alike: two sequence headers of four bytes, five bytes of version, eleven of serial number. */
function serialOf(cert: string): Buffer {
  const der = Buffer.from(cert.replace(/-----[^-]+-----|\s/g, ""), "base64");
  return der.subarray(13, 24);
}
