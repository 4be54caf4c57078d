import type { Tenant } from "../tenants/tenant.ts";
import { done, refused, type Outcome } from "./outcome.ts";
import type { LiveToken, TokenRow } from "./token-row.ts";

const DAY_MS = 86_400_000;

/** A row that still has its card. A token past its end is gone from that moment, swept or not. */
export function liveToken(tenant: Tenant, row: TokenRow | undefined, nowMs: number): Outcome<LiveToken> {
  if (row === undefined) return refused("not_found");
  if (row.status === "deleted" || isPastEnd(tenant, row, nowMs)) return refused("deleted");
  return done(row);
}

/** Whether a token's own end has come, or that of its retention class, which may have been shortened since. */
export function isPastEnd(tenant: Tenant, row: LiveToken, nowMs: number): boolean {
  const maxAgeDays = tenant.retentionDays.get(row.retentionClass) ?? Infinity;
  return Math.min(row.expiresAtMs, row.createdAtMs + maxAgeDays * DAY_MS) <= nowMs;
}
