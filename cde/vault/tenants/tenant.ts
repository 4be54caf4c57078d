import type { TenantKeyset } from "../keys/tenant-keyset.ts";

/** What an operation needs to know of its tenant. */
export interface Tenant {
  readonly id: string;
  readonly status: "active" | "suspended";
  readonly keys: TenantKeyset;
  /** Retention class -> longest life of a token, in days. */
  readonly retentionDays: ReadonlyMap<string, number>;
}
