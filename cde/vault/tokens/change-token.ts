// The life of a token after its birth: suspend, resume, new dates, new metadata, deletion.
import type { Transaction } from "@cofferdam/kit/database.ts";
import { wipeCard } from "../../card/card.ts";
import type { Expiry } from "../../card/expiry.ts";
import { tokenExpiry } from "./expiry-of-token.ts";
import { liveToken } from "./live-token.ts";
import { done, refused, type Outcome } from "./outcome.ts";
import { openCard, sealCard } from "./sealed-card.ts";
import type { Tenant } from "../tenants/tenant.ts";
import type { LiveToken, TokenFacts } from "./token-row.ts";
import { destroyCard, readTokens, replaceToken } from "./token-store.ts";

/** What may change. An absent field stays as it is. */
export interface TokenChange {
  readonly status?: "active" | "suspended";
  readonly expiry?: Expiry;
  readonly expiresAtMs?: number;
  readonly metadata?: string;
}

/** Changes a token and seals its card anew, so that the record is bound to the new columns. */
export async function changeToken(
  tx: Transaction,
  tenant: Tenant,
  token: string,
  change: TokenChange,
  nowMs: number,
): Promise<Outcome<LiveToken>> {
  const live = liveToken(tenant, (await readTokens(tx, tenant.id, [token])).get(token), nowMs);
  if (!live.ok) return live;
  const facts = changedFacts(tenant, live.value, change, nowMs);
  if (!facts.ok) return facts;
  const opened = openCard(tenant.keys, live.value);
  if (!opened.ok) return opened;
  try {
    const row = sealCard(tenant.keys.primary("data"), facts.value, { ...opened.value, expiry: facts.value.expiry });
    if (!(await replaceToken(tx, row, live.value.rowVersion))) throw new Error("a locked token row changed");
    return done(row);
  } finally {
    wipeCard(opened.value);
  }
}

/** Destroys a token's card. The tombstone's row version; deleting twice is no error. */
export async function deleteToken(
  tx: Transaction,
  tenant: Tenant,
  token: string,
  nowMs: number,
): Promise<Outcome<number>> {
  const row = (await readTokens(tx, tenant.id, [token])).get(token);
  if (row === undefined) return refused("not_found");
  if (row.status === "deleted") return done(row.rowVersion);
  return done((await destroyCard(tx, tenant.id, token, nowMs)) ?? row.rowVersion);
}

function changedFacts(tenant: Tenant, row: LiveToken, change: TokenChange, nowMs: number): Outcome<TokenFacts> {
  const { expiresAtMs: asked } = change;
  const expiresAt =
    asked === undefined ? done(row.expiresAtMs) : tokenExpiry(tenant, { ...row, expiresAtMs: asked }, nowMs);
  if (!expiresAt.ok) return expiresAt;
  return done({
    ...row,
    status: change.status ?? row.status,
    expiry: change.expiry ?? row.expiry,
    metadata: change.metadata ?? row.metadata,
    expiresAtMs: expiresAt.value,
    rowVersion: row.rowVersion + 1,
    updatedAtMs: nowMs,
  });
}
