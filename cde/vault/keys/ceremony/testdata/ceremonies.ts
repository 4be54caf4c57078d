// For tests: custodians with certificates, and the transcript of a ceremony that went as it should.
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { createTestAuthority } from "@cofferdam/kit/testdata/test-certificate.ts";
import { signNote } from "../../../audit/signed-note.ts";
import { formatCeremonyFile, readCeremonyFile } from "../ceremony-file.ts";
import { publicKeyDigest, signStatement, type StatementFacts } from "../ceremony-statement.ts";
import { ceremonySigner, formatTranscript, type CeremonyTranscript } from "../ceremony-transcript.ts";

export interface Custodian {
  readonly name: string;
  readonly workload: string;
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly spki: string;
}

const authority = createTestAuthority();

export function custodian(name: string, trustDomain = "cofferdam.test"): Custodian {
  const workload = `management/custodian-${name}`;
  const { cert, key } = authority.issue({ uris: [`spiffe://${trustDomain}/${workload}`] });
  return { name, workload, certificatePem: cert, keyPem: key, spki: publicKeyDigest(cert) };
}

/** The same person under a second name: another certificate over the same key. Nobody could issue it, and nobody asks. */
export function secondName(person: Custodian, name: string): Custodian {
  const other = custodian(name);
  const [from, to] = [other, person].map(({ keyPem }) => publicHalf(keyPem));
  const der = Buffer.from(other.certificatePem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  to?.copy(der, der.indexOf(from ?? ""));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  const certificatePem = `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
  return { ...other, certificatePem, keyPem: person.keyPem, spki: person.spki };
}

/** An uncompressed P-256 point: the last 65 bytes of the public key's DER. */
function publicHalf(keyPem: string): Buffer {
  return createPublicKey(keyPem).export({ type: "spki", format: "der" }).subarray(-65);
}

export const [mei, ade, lin] = [custodian("mei"), custodian("ade"), custodian("lin")] as const;
export const ceremony = readCeremonyFile(
  Buffer.from(
    formatCeremonyFile({
      operation: "rotate-root-key",
      reason: "Yearly rotation of the root key, change 2026-114.",
      parameters: { scheme: "pkcs11" },
    }),
  ),
);

/** A proposal at ten, open for a day. */
export const facts: Omit<StatementFacts, "custodian"> = {
  act: "propose",
  proposalId: "0199c5d2-7c1e-7000-8000-000000000001",
  digest: ceremony.digest,
  expiresAt: new Date("2026-11-25T10:00:00.000Z"),
  signedAt: new Date("2026-11-24T10:00:00.000Z"),
};

/** Approved and started within the next half hour. */
export const transcript: CeremonyTranscript = {
  proposal_id: facts.proposalId,
  operation: "rotate-root-key",
  ceremony: ceremony.text,
  digest: ceremony.digest.toString("hex"),
  approvals_needed: 1,
  proposal: signStatement(facts, mei),
  approval: signStatement({ ...facts, act: "approve", signedAt: new Date("2026-11-24T10:20:00.000Z") }, ade),
  started_by: mei.workload,
  started_at: "2026-11-24T10:30:00.000Z",
  ended_at: "2026-11-24T10:30:04.000Z",
  outcome: "done",
  result: { rewrapped: 12, root_key_id: "pkcs11:0190" },
  custodians: [mei, ade, lin].map(({ name, workload, spki }) => ({ name, workload, spki })),
  build: "1.4.0",
};

export const vaultKey = generateKeyPairSync("ed25519");

/** The transcript as the vault would sign it. */
export function signedNote(changed: Partial<CeremonyTranscript> = {}, key: KeyObject = vaultKey.privateKey): string {
  return signNote(formatTranscript({ ...transcript, ...changed }), ceremonySigner("cofferdam.test"), key);
}
