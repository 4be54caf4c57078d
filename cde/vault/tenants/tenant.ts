import type { TenantKeyset } from "../keys/tenant-keyset.ts";

/** What an operation needs to know of its tenant. */
export interface Tenant {
  readonly id: string;
  readonly status: "active" | "suspended";
  readonly keys: TenantKeyset;
  /** Retention class -> longest life of a token, in days. */
  readonly retentionDays: ReadonlyMap<string, number>;
}

/** A tenant that was destroyed between the moment a request was accepted and the moment it was carried out. */
export class TenantGoneError extends Error {
  override readonly name = "TenantGoneError";

  constructor() {
    super("the tenant is gone");
  }
}
