import type { KeyPurpose } from "./keyring.ts";
import { encodeFields } from "./fields.ts";

/**
 * What wraps the tenants' keys. A backend holds one root key and answers two questions; files, HSMs and cloud key
 * services all stand behind this interface and pass the same contract tests (`root-key-contract.ts`).
 */
export interface RootKey {
  /** Names the root key beside each wrap it made, e.g. `file:0190…`. */
  readonly id: string;
  /** Wraps a key, bound to a context. The caller wipes `secret`. */
  wrap(secret: Uint8Array, context: Uint8Array): Promise<Buffer>;
  /** Unwraps a key into a buffer that the caller wipes. Throws RootKeyError `refused` for any other bytes or context. */
  unwrap(wrapped: Buffer, context: Uint8Array): Promise<Buffer>;
}

/**
 * `unavailable` is an outage, worth trying again. The others are not: `malformed_reference` is a setting that names no
 * backend.
 */
export type RootKeyErrorCode =
  "refused" | "unavailable" | "malformed_reference" | "malformed_file" | "wrong_passphrase" | "development_key";

/** A root key that cannot be had, or that refused what it was given. No key has been released. */
export class RootKeyError extends Error {
  readonly code: RootKeyErrorCode;

  constructor(code: RootKeyErrorCode, message: string) {
    super(message);
    this.name = "RootKeyError";
    this.code = code;
  }
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
