// The custodians of the sandbox: three people, their certificates, and the roster that names them.
import { publicKeyDigest } from "@cofferdam/cde/vault/keys/ceremony/ceremony-statement.ts";
import type { Identity, Pki } from "./pki.ts";
import { replacePrivateFile } from "./private-file.ts";

/** Two that can act together, and one more, so that a quorum of two of three can be tried. */
export const sandboxCustodians = ["mei", "ade", "lin"] as const;
export type SandboxCustodian = (typeof sandboxCustodians)[number];

export type CustodianIdentities = Readonly<Record<SandboxCustodian, Identity>>;

/** A line of the roster. */
export interface RosterLine {
  readonly name: string;
  readonly workload: string;
  /** PEM; the roster has the digest of its public key. */
  readonly certificatePem: string;
  /** `2027-06-30`. */
  readonly acknowledgedUntil: string;
  /** Public share key, of who is to get a share. */
  readonly shareKey?: string;
}

/** Issues a certificate to each custodian. */
export async function issueCustodians(pki: Pki): Promise<CustodianIdentities> {
  const issued = sandboxCustodians.map(
    async (name) => [name, await pki.issue(`management/custodian-${name}`)] as const,
  );
  return Object.fromEntries(await Promise.all(issued)) as Record<SandboxCustodian, Identity>;
}

/** Everybody, with an acknowledgement that has a year left, and the share keys that are given. */
export function rosterOf(
  identities: CustodianIdentities,
  { now = new Date(), shareKeys = {} }: { now?: Date; shareKeys?: Readonly<Record<string, string>> } = {},
): readonly RosterLine[] {
  const acknowledgedUntil = `${now.getUTCFullYear() + 1}-06-30`;
  return sandboxCustodians.map((name) => {
    const { workload, certificatePem } = identities[name];
    const shareKey = shareKeys[name];
    return { name, workload, certificatePem, acknowledgedUntil, ...(shareKey !== undefined && { shareKey }) };
  });
}

/** Writes the roster, in place of the one that was there. The admin process sees it with the next request. */
export async function writeRoster(path: string, lines: readonly RosterLine[]): Promise<void> {
  const custodians = lines.map(({ name, workload, certificatePem, acknowledgedUntil, shareKey }) => ({
    name,
    workload,
    public_key: publicKeyDigest(certificatePem),
    acknowledged_until: acknowledgedUntil,
    ...(shareKey !== undefined && { share_key: shareKey }),
  }));
  // JSON is YAML.
  await replacePrivateFile(path, `${JSON.stringify({ custodians }, null, 2)}\n`);
}
