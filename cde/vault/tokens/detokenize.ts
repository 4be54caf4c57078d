// Token in, card out. The caller releases the cards only after the transaction, with its audit events, has committed.
import type { Transaction } from "@cofferdam/kit/database.ts";
import { wipeCard, type Card } from "../../card/card.ts";
import { liveToken } from "./live-token.ts";
import { refused, type Outcome } from "./outcome.ts";
import { openCard } from "./sealed-card.ts";
import type { Tenant } from "../tenants/tenant.ts";
import type { TokenRow } from "./token-row.ts";
import { readTokens } from "./token-store.ts";

/** Opens the cards of tokens, in their order. Every opened card is the caller's to wipe, whatever happens next. */
export async function detokenizeAll(
  tx: Transaction,
  tenant: Tenant,
  tokens: readonly string[],
  nowMs: number,
): Promise<readonly Outcome<Card>[]> {
  const rows = await readTokens(tx, tenant.id, [...new Set(tokens)]);
  const opened: Outcome<Card>[] = [];
  try {
    for (const token of tokens) opened.push(openToken(tenant, rows.get(token), nowMs));
    return opened;
  } catch (error) {
    for (const outcome of opened) if (outcome.ok) wipeCard(outcome.value);
    throw error;
  }
}

function openToken(tenant: Tenant, row: TokenRow | undefined, nowMs: number): Outcome<Card> {
  const live = liveToken(tenant, row, nowMs);
  if (!live.ok) return live;
  return live.value.status === "suspended" ? refused("suspended") : openCard(tenant.keys, live.value);
}
