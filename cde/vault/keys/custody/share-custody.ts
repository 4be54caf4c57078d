// Who holds which share, who ever held it, and who may receive one. Pure.

/** A custodian's time with a share. It ends with the next holding; what was known then stays known. */
export interface ShareHolding {
  readonly custodian: string;
  /** The custodian's public signing key, SPKI in PEM. */
  readonly signing_key: string;
  /** ISO 8601, UTC. */
  readonly since: string;
}

/** One splitting of an unseal key into shares, as the root key file keeps it. */
export interface SharingRecord {
  /** UUID; also the id of the unseal key. */
  readonly id: string;
  readonly created_at: string;
  /** When another sharing took its place and its shares became worthless; null for the present one. */
  readonly ended_at: string | null;
  /** How many shares open the file. */
  readonly threshold: number;
  /** SHA-256 of the ceremony file that asked for it, hex. */
  readonly ceremony_digest: string;
  readonly shares: readonly ShareRecord[];
}

export interface ShareRecord {
  /** 1 to n; a name of the share, not its place on the polynomial. */
  readonly index: number;
  /** SHA-256 over sharing id, index and share (`sharing.ts`), base64: tells a wrong share from the right one. */
  readonly check: string;
  /** Oldest first; the last is the present holder. */
  readonly held_by: readonly ShareHolding[];
}

/** What the rule below needs of the records. */
interface SharingHistory {
  readonly id: string;
  readonly threshold: number;
  readonly shares: readonly {
    readonly index: number;
    readonly held_by: readonly { readonly custodian: string }[];
  }[];
}

/**
 * Whether a custodian may be given a share: never when they would then have known as many distinct shares of one sharing
 * as open the file, counting those they gave away (PCI DSS 3.7.6, note on m-of-n). False too for a share that no sharing
 * has. Shares of two sharings do not add up: they lie on different polynomials.
 */
export function mayReceive(
  history: readonly SharingHistory[],
  to: { readonly sharingId: string; readonly index: number; readonly custodian: string },
): boolean {
  const sharing = history.find(({ id }) => id === to.sharingId);
  if (sharing === undefined || sharing.shares.every(({ index }) => index !== to.index)) return false;
  const known = sharing.shares.filter(
    (share) => share.index === to.index || share.held_by.some(({ custodian }) => custodian === to.custodian),
  );
  return known.length < sharing.threshold;
}

/** The holder of a share; undefined when the sharing has no such share. */
export function holderOf(sharing: SharingRecord, index: number): ShareHolding | undefined {
  return sharing.shares.find((share) => share.index === index)?.held_by.at(-1);
}
