// Every algorithm and protocol that protects something here: what for, where, how strong, after which standard, and what
// takes its place if it weakens (PCI DSS 12.3.3). A new use of cryptography is a new line. Data, read by the inventory.

interface Suite {
  /** Name in references, lower case. */
  readonly id: string;
  readonly name: string;
  readonly purpose: string;
  /** Files of this repository, or the part of a deployment. */
  readonly place: string;
  /** Against a classical computer (SP 800-57 part 1 §5.6.1); null where it is what people chose, e.g. a passphrase. */
  readonly strengthBits: number | null;
  readonly standard: string;
  /** What is done when it weakens. */
  readonly change: string;
}

/** An algorithm, in the words of CycloneDX 1.6. */
export interface AlgorithmSuite extends Suite {
  readonly kind: "algorithm";
  readonly primitive: "ae" | "mac" | "kdf" | "hash" | "signature" | "key-agree" | "other";
  /** NIST's category from 1 to 5 against a quantum computer; 0 is none. */
  readonly quantumLevel: number;
  readonly functions: readonly (
    "encrypt" | "decrypt" | "tag" | "keyderive" | "digest" | "sign" | "verify" | "keygen"
  )[];
  readonly parameterSet?: string;
  readonly mode?: "gcm";
  readonly curve?: string;
}

/** A protocol and the suites that it may agree on. */
export interface ProtocolSuite extends Suite {
  readonly kind: "protocol";
  readonly type: "tls" | "other";
  readonly version: string;
  /** With the code points of the TLS registry. */
  readonly cipherSuites: readonly { readonly name: string; readonly identifiers: readonly string[] }[];
}

export type CryptoSuite = AlgorithmSuite | ProtocolSuite;

/** When a person last went through this table, and when somebody must again: within twelve months. */
export const suitesReview = { reviewedOn: "2026-11-24", reviewBy: "2027-11-20" } as const;

const successorOfEd25519 = "A new key and note type beside the old; verifiers keep the old public keys for old notes";

export const cryptoSuites: readonly CryptoSuite[] = [
  {
    kind: "algorithm",
    id: "aes-256-gcm",
    name: "AES-256-GCM",
    purpose: "Seals card records; wraps the tenants' keys, here or in a device or key service",
    place: "cde/vault/keys/envelope.ts; PKCS#11 devices; AWS KMS; Azure Managed HSM",
    strengthBits: 256,
    standard: "NIST SP 800-38D; FIPS 197",
    change:
      "A sealed record begins with a format version: a new format is written, rows are sealed anew, the old one opens",
    primitive: "ae",
    quantumLevel: 5,
    functions: ["encrypt", "decrypt", "tag"],
    parameterSet: "256",
    mode: "gcm",
  },
  {
    kind: "algorithm",
    id: "hmac-sha-256",
    name: "HMAC-SHA-256",
    purpose: "Fingerprints whole card numbers; authenticates digests of repeated requests",
    place: "cde/vault/tokens/fingerprint.ts; cde/vault/tokens/idempotent-retries.ts",
    strengthBits: 256,
    standard: "FIPS 198-1; FIPS 180-4",
    change: "A new index key under the new algorithm; every fingerprint is computed anew from opened cards",
    primitive: "mac",
    quantumLevel: 5,
    functions: ["tag"],
    parameterSet: "256",
  },
  {
    kind: "algorithm",
    id: "kdf-counter-hmac-sha-256",
    name: "SP 800-108 counter mode with HMAC-SHA-256",
    purpose: "Derives the key and the commitment of each sealed record",
    place: "cde/vault/keys/key-derivation.ts",
    strengthBits: 256,
    standard: "NIST SP 800-108r1 §4.1",
    change: "Changes with the format of sealed records",
    primitive: "kdf",
    quantumLevel: 5,
    functions: ["keyderive"],
  },
  {
    kind: "algorithm",
    id: "sha-256",
    name: "SHA-256",
    purpose: "Audit tree, row digests, certificate thumbprints, digests of ceremony files",
    place: "cde/vault/audit/merkle.ts; cde/vault/tokens/token-row.ts; kit/access-token.ts",
    strengthBits: 128,
    standard: "FIPS 180-4; RFC 9162 §2.1",
    change: "A new log under the new hash, which begins with the root of the old one",
    primitive: "hash",
    quantumLevel: 2,
    functions: ["digest"],
    parameterSet: "256",
  },
  {
    kind: "algorithm",
    id: "ed25519",
    name: "Ed25519",
    purpose: "Signs audit checkpoints, transcripts of ceremonies and certificates of rotations",
    place: "cde/vault/audit/signed-note.ts",
    strengthBits: 128,
    standard: "RFC 8032; FIPS 186-5",
    change: successorOfEd25519,
    primitive: "signature",
    quantumLevel: 0,
    functions: ["sign", "verify"],
    curve: "edwards25519",
  },
  {
    kind: "algorithm",
    id: "es256",
    name: "ECDSA P-256 with SHA-256 (ES256)",
    purpose: "Verifies access tokens, each bound to the certificate of its holder",
    place: "kit/token-signature.ts; the authorisation server",
    strengthBits: 128,
    standard: "RFC 7518 §3.4; RFC 9068; RFC 8705 §3.1; FIPS 186-5",
    change: "A second algorithm in the key set; tokens live five minutes, so the old one ends at once",
    primitive: "signature",
    quantumLevel: 0,
    functions: ["verify"],
    curve: "secp256r1",
  },
  {
    kind: "algorithm",
    id: "argon2id",
    name: "Argon2id, 64 MiB, 3 passes, 4 lanes",
    purpose: "Makes the key that a root key file is sealed under from a passphrase",
    place: "cde/vault/keys/root/root-key-file.ts",
    strengthBits: null,
    standard: "RFC 9106 §4",
    change: "The file names its protection: it is written anew with other parameters, or under shares",
    primitive: "kdf",
    quantumLevel: 0,
    functions: ["keyderive"],
    parameterSet: "m=65536,t=3,p=4",
  },
  {
    kind: "algorithm",
    id: "shamir-gf256",
    name: "Shamir's secret sharing over GF(2^8)",
    purpose: "Splits the key that seals custodians' root keys into full-length shares, of which k open it",
    place: "cde/vault/keys/custody/custodian-store.ts",
    strengthBits: 256,
    standard: "ISO/IEC 19592-2",
    change: "Rests on no assumption that could weaken; a new sharing replaces the shares",
    primitive: "other",
    quantumLevel: 5,
    functions: ["keygen"],
  },
  {
    kind: "algorithm",
    id: "ecdh-es-a256kw-x25519",
    name: "ECDH-ES+A256KW with X25519, A256GCM (JWE)",
    purpose: "Encrypts a custodian's share on its way and at rest",
    place: "cde/vault/keys/custody/custodian-share.ts",
    strengthBits: 128,
    standard: "RFC 7516; RFC 7518 §4.6; RFC 8037",
    change: "A new kind of share key, then a new sharing: envelopes of the old one are worthless with it",
    primitive: "key-agree",
    quantumLevel: 0,
    functions: ["encrypt", "decrypt", "keyderive"],
    curve: "curve25519",
  },
  {
    kind: "algorithm",
    id: "certificate-signatures",
    name: "RSA of at least 2,048 bits or ECDSA P-256, with SHA-256",
    purpose: "Certificates of workloads, custodians and servers",
    place: "the deployer's certificate authority; sandbox/certificate.ts",
    strengthBits: 112,
    standard: "RFC 5280; FIPS 186-5",
    change: "New certificates of another kind; workloads' live a day in the sandbox",
    primitive: "signature",
    quantumLevel: 0,
    functions: ["sign", "verify"],
  },
  {
    kind: "algorithm",
    id: "scram-sha-256",
    name: "SCRAM-SHA-256",
    purpose: "Passwords of database logins",
    place: "PostgreSQL",
    strengthBits: null,
    standard: "RFC 7677",
    change: "Client certificates for the logins",
    primitive: "kdf",
    quantumLevel: 0,
    functions: ["keyderive"],
  },
  {
    kind: "protocol",
    id: "tls-1.3-mutual",
    name: "TLS 1.3 with certificates on both sides",
    purpose: "Every call of a workload to the vault: cards and tokens in transit",
    place: "kit/http-server.ts",
    strengthBits: 112,
    standard: "RFC 8446",
    change: "Suites and groups follow OpenSSL's, with the pinned Node",
    type: "tls",
    version: "1.3",
    cipherSuites: [
      { name: "TLS_AES_256_GCM_SHA384", identifiers: ["0x13", "0x02"] },
      { name: "TLS_CHACHA20_POLY1305_SHA256", identifiers: ["0x13", "0x03"] },
      { name: "TLS_AES_128_GCM_SHA256", identifiers: ["0x13", "0x01"] },
    ],
  },
  {
    kind: "protocol",
    id: "tls-postgresql",
    name: "TLS to PostgreSQL",
    purpose: "Sealed records, wrapped keys and audit entries on the way to the database",
    place: "the database's URL (sslmode=verify-full) and PostgreSQL's settings",
    strengthBits: 112,
    standard: "RFC 8446; RFC 5246",
    change: "ssl_min_protocol_version and ssl_ciphers of the database",
    type: "tls",
    version: "1.2 or later",
    cipherSuites: [],
  },
  {
    kind: "protocol",
    id: "tls-key-service",
    name: "HTTPS to a cloud's key service",
    purpose: "Tenants' keys on the way to the service that wraps them",
    place: "cde/vault/keys/root/root-key-awskms.ts; cde/vault/keys/root/root-key-azurekeyvault.ts",
    strengthBits: 112,
    standard: "RFC 8446; RFC 5246",
    change: "Suites follow the service and OpenSSL's; a root key in another store replaces the service",
    type: "tls",
    version: "1.2 or later",
    cipherSuites: [],
  },
];
