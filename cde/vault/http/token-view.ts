import type { components } from "@cofferdam/openapi/generated/vault-types.ts";
import type { LiveToken } from "../tokens/token-row.ts";

export type TokenView = components["schemas"]["TokenView"];

/** The masked view of a token: always the same shape, whether its card was known before or not. */
export function tokenView(row: LiveToken): TokenView {
  return {
    token: row.token,
    status: row.status,
    brand: row.brand,
    bin: row.bin,
    last4: row.last4,
    length_class: row.lengthClass,
    expiry: row.expiry === null ? null : { month: row.expiry.month, year: row.expiry.year },
    format: row.format,
    reuse: row.reuse,
    retention_class: row.retentionClass,
    metadata: JSON.parse(row.metadata) as Record<string, string>,
    created_at: new Date(row.createdAtMs).toISOString(),
    updated_at: new Date(row.updatedAtMs).toISOString(),
    expires_at: new Date(row.expiresAtMs).toISOString(),
  };
}
