// A token row as the vault thinks of it, and the two digests that hold it together.
import { hash } from "node:crypto";
import type { Brand } from "../../card/brand.ts";
import type { LengthClass } from "../../card/display.ts";
import type { Expiry } from "../../card/expiry.ts";
import { encodeFields } from "../keys/fields.ts";
import type { TokenFormat, TokenReuse } from "./token.ts";

/** What every state of a token has. Times are milliseconds since 1970. */
interface TokenBase {
  readonly tenantId: string;
  readonly token: string;
  readonly format: TokenFormat;
  readonly reuse: TokenReuse;
  readonly retentionClass: string;
  readonly rowVersion: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly expiresAtMs: number;
}

/** The clear columns of a token that still has its card. */
export interface TokenFacts extends TokenBase {
  readonly status: "active" | "suspended";
  readonly brand: Brand;
  readonly bin: string | null;
  readonly last4: string;
  readonly lengthClass: LengthClass;
  readonly expiry: Expiry | null;
  /** JSON object of strings, keys sorted: one text for one meaning. */
  readonly metadata: string;
}

/** A token that opens: its facts and the sealed card. */
export interface LiveToken extends TokenFacts {
  readonly keyId: string;
  readonly sealed: Buffer;
}

/** What stays of a deleted token, so that it is never issued again. */
export interface Tombstone extends TokenBase {
  readonly status: "deleted";
}

export type TokenRow = LiveToken | Tombstone;

/**
 * What a sealed card is bound to: purpose, tenant, token, key, row version and every clear column. A row that was
 * moved, edited, or put back from an older copy under a newer version does not open.
 */
export function sealContext(facts: TokenFacts, keyId: string): Buffer {
  return encodeFields([
    "cofferdam/token/1",
    facts.tenantId,
    facts.token,
    keyId,
    facts.rowVersion,
    clearColumnsHash(facts),
  ]);
}

/**
 * SHA-256 over the clear columns and the sealed record: what an audit entry commits to. Null for a tombstone, which
 * holds nothing to commit to.
 */
export function rowDigest(row: TokenRow): Buffer | null {
  if (row.status === "deleted") return null;
  return hash("sha256", encodeFields(["cofferdam/token-row/1", sealContext(row, row.keyId), row.sealed]), "buffer");
}

function clearColumnsHash(facts: TokenFacts): Buffer {
  const fields = encodeFields([
    facts.format,
    facts.reuse,
    facts.status,
    facts.brand,
    facts.bin,
    facts.last4,
    facts.lengthClass,
    facts.expiry?.month ?? null,
    facts.expiry?.year ?? null,
    facts.metadata,
    facts.retentionClass,
    facts.createdAtMs,
    facts.updatedAtMs,
    facts.expiresAtMs,
  ]);
  return hash("sha256", fields, "buffer");
}
