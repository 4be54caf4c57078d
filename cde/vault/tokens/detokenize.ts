// Token in, card out. The caller releases the cards only after the transaction, with its audit events, has committed.
import type { Transaction } from "@cofferdam/kit/database.ts";
import type { Card } from "../../card/card.ts";
import { liveToken } from "./live-token.ts";
import type { Outcome } from "./outcome.ts";
import { openCard } from "./sealed-card.ts";
import type { Tenant } from "./tenant.ts";
import { readTokens } from "./token-store.ts";

/** Opens the cards of tokens, in their order. Every opened card is the caller's to wipe, whatever happens next. */
export async function detokenizeAll(
  tx: Transaction,
  tenant: Tenant,
  tokens: readonly string[],
  nowMs: number,
): Promise<readonly Outcome<Card>[]> {
  const rows = await readTokens(tx, tenant.id, [...new Set(tokens)]);
  return tokens.map((token) => {
    const live = liveToken(rows.get(token), nowMs);
    if (!live.ok) return live;
    if (live.value.status === "suspended") return { ok: false, refusal: "suspended" };
    return openCard(tenant.keys, live.value);
  });
}
