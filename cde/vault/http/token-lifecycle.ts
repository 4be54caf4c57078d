// GET, PATCH and DELETE of one token: the masked view and what may change.
import { validateUpdateToken } from "@cofferdam/openapi/validate.ts";
import { parseExpiry } from "../../card/expiry.ts";
import type { TokenChange } from "../tokens/change-token.ts";
import { liveToken } from "../tokens/live-token.ts";
import { refused, type Outcome } from "../tokens/outcome.ts";
import { authenticateRow } from "../tokens/sealed-card.ts";
import type { LiveToken } from "../tokens/token-row.ts";
import { readTokens } from "../tokens/token-store.ts";
import { cardProblem, validBody } from "./field-problem.ts";
import { refusalProblem } from "./refusal-problem.ts";
import type { Reply } from "./reply.ts";
import { canonicalMetadata, tokenOf, utcTime } from "./token-fields.ts";
import { tokenView } from "./token-view.ts";
import type { Call } from "./vault-context.ts";

/** The masked view, after the row's clear columns have proved to be those that were sealed. Nothing is decrypted. */
export async function readToken(call: Call): Promise<Reply> {
  const token = tokenOf(call);
  const rows = await call.vault.database.asTenant(call.tenant.id, (tx) => readTokens(tx, call.tenant.id, [token]));
  const live = liveToken(call.tenant, rows.get(token), call.vault.now());
  const authentic = live.ok ? await authenticated(call, live.value) : live;
  if (!authentic.ok) throw refusalProblem(authentic.refusal);
  return { kind: "json", status: 200, body: JSON.stringify(tokenView(authentic.value)) };
}

/** A row may be sealed under a key that was made a moment ago: then the tenant's keys are read again. */
async function authenticated(call: Call, row: LiveToken): Promise<Outcome<LiveToken>> {
  const isKnown = call.tenant.keys.versions.some(({ id }) => id === row.keyId);
  const tenant = isKnown ? call.tenant : await call.vault.tenants.findAnew(call.tenant.id);
  return tenant === null ? refused("not_found") : authenticateRow(tenant.keys, row);
}

export async function updateToken(call: Call, body: unknown): Promise<Reply> {
  const token = tokenOf(call);
  const change = changeOf(body);
  const answer = await call.vault.submit(call.tenant.id, {
    kind: "change",
    attribution: call.attribution,
    token,
    change,
  });
  if (answer.kind !== "change") throw new Error(`a change command was answered with ${answer.kind}`);
  if (!answer.outcome.ok) return { kind: "problem", problem: refusalProblem(answer.outcome.refusal) };
  return { kind: "json", status: 200, body: JSON.stringify(tokenView(answer.outcome.value)) };
}

export async function deleteToken(call: Call): Promise<Reply> {
  const tokens = [tokenOf(call)];
  const command = { kind: "delete", action: "token.delete", attribution: call.attribution, tokens } as const;
  const answer = await call.vault.submit(call.tenant.id, command);
  if (answer.kind !== "delete") throw new Error(`a delete command was answered with ${answer.kind}`);
  const [outcome] = answer.outcomes;
  if (outcome?.ok === false) return { kind: "problem", problem: refusalProblem(outcome.refusal) };
  return { kind: "empty" };
}

function changeOf(body: unknown): TokenChange {
  const { status, expiry, expires_at: expiresAt, metadata } = validBody(validateUpdateToken(body));
  return {
    ...(status === undefined ? {} : { status }),
    ...(expiry === undefined ? {} : { expiry: cardExpiry(expiry) }),
    ...(expiresAt === undefined ? {} : { expiresAtMs: utcTime("/expires_at", expiresAt) }),
    ...(metadata === undefined ? {} : { metadata: canonicalMetadata("/metadata", new Map(Object.entries(metadata))) }),
  };
}

function cardExpiry(expiry: { readonly month: number; readonly year: number }): TokenChange["expiry"] & object {
  try {
    return parseExpiry(expiry);
  } catch (error) {
    throw cardProblem("/expiry", error);
  }
}
