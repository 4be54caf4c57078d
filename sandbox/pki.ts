// The sandbox's certificates: one root, one issuing authority per zone, a certificate per workload.
// A workload is known by its SPIFFE id, `spiffe://cofferdam.test/<zone>/<name>`, the only URI in its certificate.
import path from "node:path";
import { backdatingMs, openAuthority } from "./certificate-authority.ts";
import { makeCertificate, makeRsaKeyPair, type CertifiedKey } from "./certificate.ts";
import { makePrivateDirectory, replacePrivateFile } from "./private-file.ts";

/** The trust domain of every SPIFFE id of the sandbox. */
export const trustDomain = "cofferdam.test";

/** A network zone. Its name is the first part of a workload's name. */
export type Zone = "cde" | "non-cde" | "management";

/** e.g. `cde/vault`, or `management/alice` for a person. */
export type Workload = `${Zone}/${string}`;

/** A workload's certificate and key, and the files that hold them. */
export interface Identity {
  readonly workload: Workload;
  readonly spiffeId: string;
  /** The workload's folder (mode 0700) with the three files. */
  readonly directory: string;
  /** cert.pem: the workload's certificate, then its zone's authority. */
  readonly certificateFile: string;
  /** key.pem (mode 0600). */
  readonly keyFile: string;
  /** ca.pem: the root, which is all that a peer needs to trust. */
  readonly caFile: string;
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly caPem: string;
}

/** How a certificate is issued. */
export interface IssueOptions {
  /** True when the workload is a server too: adds localhost, 127.0.0.1, ::1 and the right to be shown by a server. */
  readonly server?: boolean;
  /** Default 24: a new one is issued at each start. At most a week. */
  readonly lifetimeHours?: number;
}

/** Issues the sandbox's certificates. */
export interface Pki {
  /** The root's certificate. */
  readonly caPem: string;
  /** Issues a new key and certificate to a workload, in place of the ones it had. */
  readonly issue: (workload: Workload, options?: IssueOptions) => Promise<Identity>;
}

const zones: readonly Zone[] = ["cde", "non-cde", "management"];
const hourMs = 3_600_000;
const longestLifetimeHours = 7 * 24;

/**
 * Opens the authorities under `directory`, making what is missing or ends soon (a second or two of key generation the
 * first time). `now` is the clock of the certificates.
 */
export async function openPki(directory: string, now: () => Date = () => new Date()): Promise<Pki> {
  const authority = (name: string, issuer: CertifiedKey | null): Promise<CertifiedKey> =>
    openAuthority({
      directory: path.join(directory, "authorities", name),
      commonName: `Cofferdam sandbox ${name}`,
      issuer,
      now: now(),
    });
  const root = await authority("root", null);
  const byZone = new Map(await Promise.all(zones.map(async (zone) => [zone, await authority(zone, root)] as const)));
  return {
    caPem: root.certificatePem,
    issue: async (workload, options = {}) => {
      const issuer = byZone.get(zoneOf(workload));
      if (issuer === undefined) throw new Error(`no authority for ${workload}`);
      const leaf = await makeLeaf(workload, issuer, options, now());
      const chain = { ...leaf, certificatePem: leaf.certificatePem + issuer.certificatePem };
      return writeIdentity(path.join(directory, "workloads", workload), workload, chain, root.certificatePem);
    },
  };
}

/** The zone of a workload; throws when the name is not `<zone>/<name>` in lower case. */
function zoneOf(workload: Workload): Zone {
  const zone = zones.find((name) => workload.startsWith(`${name}/`));
  if (zone === undefined || !/^[a-z][a-z0-9-]*$/.test(workload.slice(zone.length + 1))) {
    throw new Error(`not a workload's name: ${workload}`);
  }
  return zone;
}

async function makeLeaf(
  workload: Workload,
  issuer: CertifiedKey,
  { server = false, lifetimeHours = 24 }: IssueOptions,
  now: Date,
): Promise<CertifiedKey> {
  if (lifetimeHours > longestLifetimeHours) throw new Error(`at most ${longestLifetimeHours} hours of validity`);
  const pair = await makeRsaKeyPair(2048);
  const content = {
    commonName: workload,
    publicKeyPem: pair.publicKey,
    notBefore: new Date(now.getTime() - backdatingMs),
    notAfter: new Date(now.getTime() + lifetimeHours * hourMs),
    use: { kind: "leaf", spiffeId: `spiffe://${trustDomain}/${workload}`, server },
  } as const;
  return { certificatePem: makeCertificate(content, issuer), privateKeyPem: pair.privateKey };
}

async function writeIdentity(
  folder: string,
  workload: Workload,
  chain: CertifiedKey,
  caPem: string,
): Promise<Identity> {
  const directory = await makePrivateDirectory(folder);
  const identity = {
    workload,
    spiffeId: `spiffe://${trustDomain}/${workload}`,
    directory,
    certificateFile: path.join(directory, "cert.pem"),
    keyFile: path.join(directory, "key.pem"),
    caFile: path.join(directory, "ca.pem"),
    certificatePem: chain.certificatePem,
    keyPem: chain.privateKeyPem,
    caPem,
  };
  await replacePrivateFile(identity.keyFile, identity.keyPem);
  await replacePrivateFile(identity.certificateFile, identity.certificatePem);
  await replacePrivateFile(identity.caFile, caPem);
  return identity;
}
