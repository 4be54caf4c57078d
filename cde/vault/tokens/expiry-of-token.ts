import { done, refused, type Outcome } from "./outcome.ts";
import type { Tenant } from "../tenants/tenant.ts";

const DAY_MS = 86_400_000;

/**
 * When a token ends: at the time asked for, or at the end of its retention class (PCI DSS 3.2.1). No token outlives
 * its class.
 *
 * @returns milliseconds since 1970, or `retention_unknown`, or `expiry_out_of_range` when the time asked for is past
 * or beyond the class
 */
export function tokenExpiry(
  tenant: Tenant,
  request: { readonly retentionClass: string; readonly expiresAtMs: number | null; readonly createdAtMs: number },
  nowMs: number,
): Outcome<number> {
  const maxAgeDays = tenant.retentionDays.get(request.retentionClass);
  if (maxAgeDays === undefined) return refused("retention_unknown");
  const endOfClassMs = request.createdAtMs + maxAgeDays * DAY_MS;
  const expiresAtMs = request.expiresAtMs ?? endOfClassMs;
  return expiresAtMs <= nowMs || expiresAtMs > endOfClassMs ? refused("expiry_out_of_range") : done(expiresAtMs);
}
