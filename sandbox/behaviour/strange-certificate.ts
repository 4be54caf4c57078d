import { createPublicKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { makeCertificate } from "../certificate.ts";
import type { StandingVault } from "../standing-vault.ts";
import type { Certificate } from "./connection.ts";

/** A certificate that the sandbox's own authority of the zone `cde` signed, with a name or an end that it never gives. */
export async function strangeCertificate(
  { directory, identities }: StandingVault,
  { spiffeId, endsAt = new Date(Date.now() + 3_600_000) }: { readonly spiffeId: string; readonly endsAt?: Date },
): Promise<Certificate> {
  const read = (name: string): Promise<string> => readFile(path.join(directory, "pki/authorities/cde", name), "utf8");
  const authority = { certificatePem: await read("cert.pem"), privateKeyPem: await read("key.pem") };
  const { keyPem } = identities.egress;
  const content = {
    commonName: "stranger",
    publicKeyPem: createPublicKey(keyPem).export({ type: "spki", format: "pem" }),
    notBefore: new Date(endsAt.getTime() - 7_200_000),
    notAfter: endsAt,
    use: { kind: "leaf", spiffeId, server: false },
  } as const;
  return { certificatePem: makeCertificate(content, authority) + authority.certificatePem, keyPem };
}
