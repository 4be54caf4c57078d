import type { KeyPurpose } from "../keyring.ts";
import { encodeFields } from "../fields.ts";

/** Where root keys can live. The scheme is the first part of a root key's id, e.g. `pkcs11:0190…`. */
export const rootKeySchemes = ["file", "custodians", "pkcs11", "awskms", "azurekeyvault"] as const;
export type RootKeyScheme = (typeof rootKeySchemes)[number];

/** One root key of a store. */
export interface RootKeyFacts {
  /** `<scheme>:<name>`, at most 100 characters of printable ASCII without spaces; never given out twice. */
  readonly id: string;
  /** Milliseconds since 1970; null where the store does not keep it. */
  readonly createdAtMs: number | null;
}

/** What a store says of itself. Never a key, a PIN or a share. */
export interface RootKeyStatus {
  /** True while custodians have not brought enough shares: nothing but `status` works until then. */
  readonly isSealed: boolean;
  /** Every root key that the store holds, oldest first; empty while it is sealed and cannot tell. */
  readonly keys: readonly RootKeyFacts[];
  /** For the inventory (PCI DSS 3.6.1.1): the kind of device or service, and where it is. */
  readonly location: string;
}

/**
 * What wraps the tenants' keys. A store holds root keys and answers four calls; files, HSMs and cloud key services all
 * stand behind this interface and pass the same contract tests (`root-key-contract.ts`). Every call has a deadline of
 * its own: a store that hangs rejects with `unavailable`.
 */
export interface RootKeyStore {
  readonly scheme: RootKeyScheme;
  /** Wraps a key under the named root key, bound to a context. The caller wipes `secret`. Throws RootKeyError. */
  wrap(rootKeyId: string, secret: Uint8Array, context: Uint8Array): Promise<Buffer>;
  /**
   * Unwraps a key into a buffer that the caller wipes. Throws RootKeyError: `refused` for any other bytes, context or
   * root key than those that wrapped it, `unknown_key` when the store does not hold that root key.
   */
  unwrap(rootKeyId: string, wrapped: Buffer, context: Uint8Array): Promise<Buffer>;
  /** Makes a new root key, durably, before it answers. Which one wraps new keys is for the caller to decide. */
  generate(): Promise<RootKeyFacts>;
  status(): Promise<RootKeyStatus>;
}

/** A store whose root keys can be destroyed for good. A cloud key service is told to do so in its own console. */
export interface DestructibleRootKeyStore extends RootKeyStore {
  /** Destroys a root key: what it wrapped opens never again. Destroying one that is gone is no error. */
  destroy(rootKeyId: string): Promise<void>;
}

/**
 * `unavailable` and `sealed` are outages, worth trying again. The others are not: `malformed_reference` is a setting
 * that names no store; `unsupported` a device without the mechanisms that are needed; `pin_refused` a PIN that must not
 * be tried again, for the device counts.
 */
export type RootKeyErrorCode =
  | "refused"
  | "unknown_key"
  | "unavailable"
  | "sealed"
  | "unsupported"
  | "pin_refused"
  | "malformed_reference"
  | "malformed_file"
  | "wrong_passphrase"
  | "development_key";

/** A root key that cannot be had, or that refused what it was given. No key has been released. */
export class RootKeyError extends Error {
  readonly code: RootKeyErrorCode;

  constructor(code: RootKeyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RootKeyError";
    this.code = code;
  }
}

/** Whether trying again later, with the same input, may succeed. */
export function isRootKeyOutage(error: unknown): boolean {
  return error instanceof RootKeyError && (error.code === "unavailable" || error.code === "sealed");
}

/** What a wrapped key is bound to: moved to another tenant, purpose, id or version, it does not open (PCI DSS 3.7.7). */
export function wrapContext(key: {
  readonly tenantId: string;
  readonly purpose: KeyPurpose;
  readonly id: string;
  readonly version: number;
}): Buffer {
  return encodeFields(["cofferdam/wrapped-key/1", key.tenantId, key.purpose, key.id, key.version]);
}

/** The scheme that a root key's id begins with; null when it names none. */
export function schemeOf(rootKeyId: string): RootKeyScheme | null {
  return rootKeySchemes.find((scheme) => rootKeyId.startsWith(`${scheme}:`)) ?? null;
}
