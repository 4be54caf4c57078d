import { done, refused, type Outcome } from "./outcome.ts";
import type { LiveToken, TokenRow } from "./token-row.ts";

/** A row that still has its card. A token past its end is gone from that moment, swept or not. */
export function liveToken(row: TokenRow | undefined, nowMs: number): Outcome<LiveToken> {
  if (row === undefined) return refused("not_found");
  if (row.status === "deleted" || row.expiresAtMs <= nowMs) return refused("deleted");
  return done(row);
}
