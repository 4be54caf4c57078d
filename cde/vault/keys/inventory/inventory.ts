// The inventory of keys (PCI DSS 3.6.1.1) and of what they are used with (12.3.3). Pure: facts in, lines out. It knows
// ids and fingerprints of public keys; no key, wrapped or not, ever comes here.
import type { CryptoperiodFile, KeyKind } from "../cryptoperiods.ts";
import { standingOf, type KeyStanding } from "../key-standing.ts";
import type { KeyState, KeyVersion } from "../keyring.ts";
import type { RootKeyState } from "../root/registered-root-key-store.ts";
import type { RootKeyScheme } from "../root/root-key.ts";

/** What the inventory is made of. Times are milliseconds since 1970. */
export interface InventoryFacts {
  readonly takenAtMs: number;
  /** Name of the deployment, e.g. `production`. */
  readonly deployment: string;
  /** The role that answers for the keys. */
  readonly owner: string;
  /** Names of the custodians of root keys. */
  readonly custodians: readonly string[];
  readonly rootKeys: readonly RootKeyInUse[];
  readonly tenants: readonly { readonly tenantId: string; readonly keys: readonly TenantKeyInUse[] }[];
  readonly signingKeys: readonly SigningKeyInUse[];
  readonly cryptoperiods: CryptoperiodFile;
}

/** A root key as its store and the database tell of it. */
export interface RootKeyInUse {
  readonly id: string;
  readonly scheme: RootKeyScheme;
  /** What the store says of where it is. */
  readonly location: string;
  readonly state: RootKeyState;
  readonly createdAtMs: number | null;
  readonly activatedAtMs: number;
}

/** A key version of a tenant, with the rows sealed under it and the root keys that wrapped it. */
export interface TenantKeyInUse extends KeyVersion {
  readonly rows: number;
  readonly wrappedBy: readonly string[];
}

/** A signing key: one that signs now, or one of earlier years whose public half verifies what it signed. */
export interface SigningKeyInUse {
  readonly kind: Extract<KeyKind, "checkpoint" | "transcript">;
  /** SHA-256 over the public key (SPKI), hexadecimal. */
  readonly fingerprint: string;
  readonly state: "active" | "retired";
  readonly createdAtMs: number | null;
  readonly location: string;
}

/** One key. Null where a column does not apply or nobody knows. */
export interface InventoryLine {
  /** UUID of a key version, `<scheme>:<name>` of a root key, fingerprint of a signing key. */
  readonly id: string;
  readonly kind: KeyKind;
  readonly tenantId: string | null;
  readonly version: number | null;
  readonly purpose: string;
  /** Id of a line in `crypto-suites.ts`. */
  readonly algorithm: string;
  readonly strengthBits: number;
  readonly location: string;
  /** The form in which it is stored (PCI DSS 3.6.1.2). */
  readonly storage: string;
  readonly state: KeyState | RootKeyState;
  readonly isPrimary: boolean;
  readonly createdAtMs: number | null;
  readonly activatedAtMs: number | null;
  /** When it may protect nothing new any more; null for a key that does not protect anything new already. */
  readonly endsAtMs: number | null;
  /** When its replacement is due; past when it is due already. */
  readonly rotateAtMs: number | null;
  readonly rotation: "automatic" | "manual";
  readonly standing: KeyStanding["state"] | null;
  readonly uses: number | null;
  readonly rows: number | null;
  readonly wrappedBy: readonly string[];
  readonly owner: string;
  readonly custodians: readonly string[];
}

/** The inventory of one deployment at one moment. */
export interface KeyInventory {
  readonly takenAtMs: number;
  readonly deployment: string;
  readonly cryptoperiods: CryptoperiodFile;
  /** Root keys, then tenants' keys, then signing keys, as the facts had them. */
  readonly lines: readonly InventoryLine[];
}

const purposes: Readonly<Record<KeyKind, string>> = {
  root: "wraps tenants' keys",
  data: "seals cards",
  index: "fingerprints card numbers",
  request: "authenticates repeated requests",
  checkpoint: "signs audit checkpoints",
  transcript: "signs ceremony transcripts and rotation certificates",
};

const rootStorage: Readonly<Record<RootKeyScheme, string>> = {
  file: "in a file, protected as its location says",
  custodians: "encrypted under a key that exists only as custodians' full-length shares",
  pkcs11: "in a cryptographic device, not extractable",
  awskms: "in the key service's devices, not exportable",
  azurekeyvault: "in the key service's devices, not exportable",
};

/** Makes the inventory. */
export function keyInventory(facts: InventoryFacts): KeyInventory {
  const { takenAtMs, deployment, cryptoperiods } = facts;
  const lines = [
    ...facts.rootKeys.map((key) => rootKeyLine(key, facts)),
    ...facts.tenants.flatMap(({ tenantId, keys }) => keys.map((key) => tenantKeyLine(key, tenantId, facts))),
    ...facts.signingKeys.map((key) => signingKeyLine(key, facts)),
  ];
  return { takenAtMs, deployment, cryptoperiods, lines };
}

function rootKeyLine(key: RootKeyInUse, facts: InventoryFacts): InventoryLine {
  const { id, location, state, createdAtMs, activatedAtMs } = key;
  return {
    ...common("root", state === "active" ? { activatedAtMs, uses: 0 } : null, facts),
    id,
    tenantId: null,
    version: null,
    algorithm: "aes-256-gcm",
    strengthBits: 256,
    location,
    storage: rootStorage[key.scheme],
    state,
    isPrimary: state === "active",
    createdAtMs,
    activatedAtMs,
    uses: null,
    rows: null,
    wrappedBy: [],
    custodians: facts.custodians,
  };
}

function tenantKeyLine(key: TenantKeyInUse, tenantId: string, facts: InventoryFacts): InventoryLine {
  const { id, version, purpose, state, isPrimary, activatedAtMs, uses, rows, wrappedBy } = key;
  return {
    ...common(purpose, isPrimary && activatedAtMs !== null ? { activatedAtMs, uses } : null, facts),
    id,
    tenantId,
    version,
    algorithm: purpose === "data" ? "aes-256-gcm" : "hmac-sha-256",
    strengthBits: 256,
    location: "PostgreSQL, vault.key_wrap",
    storage: wrappedBy.length === 0 ? "not stored any more" : "encrypted under root keys of the same strength",
    state,
    isPrimary,
    createdAtMs: null,
    activatedAtMs,
    uses,
    rows,
    wrappedBy,
    custodians: [],
  };
}

function signingKeyLine(key: SigningKeyInUse, facts: InventoryFacts): InventoryLine {
  const { kind, fingerprint, state, createdAtMs, location } = key;
  const isActive = state === "active";
  return {
    ...common(kind, isActive && createdAtMs !== null ? { activatedAtMs: createdAtMs, uses: 0 } : null, facts),
    id: fingerprint,
    tenantId: null,
    version: null,
    algorithm: "ed25519",
    strengthBits: 128,
    location,
    storage: isActive ? "private key in a file that its process alone reads" : "public key alone",
    state,
    isPrimary: isActive,
    createdAtMs,
    activatedAtMs: createdAtMs,
    uses: null,
    rows: null,
    wrappedBy: [],
    custodians: [],
  };
}

/** The columns that follow from the kind of key and its period. `use` is null for a key that protects nothing new. */
function common(
  kind: KeyKind,
  use: { readonly activatedAtMs: number; readonly uses: number } | null,
  { cryptoperiods, takenAtMs, owner }: InventoryFacts,
): Pick<InventoryLine, "kind" | "purpose" | "rotation" | "endsAtMs" | "rotateAtMs" | "standing" | "owner"> {
  const period = cryptoperiods[kind];
  const standing = use === null ? null : standingOf(period, { ...use, nowMs: takenAtMs });
  const isDue = standing !== null && standing.state !== "fresh";
  return {
    kind,
    purpose: purposes[kind],
    rotation: period.rotation,
    endsAtMs: standing?.endsAtMs ?? null,
    rotateAtMs: standing === null ? null : isDue ? Math.min(standing.dueAtMs, takenAtMs) : standing.dueAtMs,
    standing: standing?.state ?? null,
    owner,
  };
}
