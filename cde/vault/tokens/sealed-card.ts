// Between a card and its sealed row: the only place where tokens meet the envelope.
import type { Card } from "../../card/card.ts";
import { CardRecordError, decodeCardRecord, encodeCardRecord } from "../../card/card-record.ts";
import { EnvelopeError, authenticate, open, seal, type SealingKey } from "../keys/envelope.ts";
import { KeyringError } from "../keys/keyring.ts";
import type { TenantKeyset } from "../keys/tenant-keyset.ts";
import { done, refused, type Outcome } from "./outcome.ts";
import { sealContext, type LiveToken, type TokenFacts } from "./token-row.ts";

/** Seals a card into a row of the given facts. The card stays the caller's to wipe. */
export function sealCard(key: SealingKey, facts: TokenFacts, card: Card): LiveToken {
  const record = encodeCardRecord(card);
  try {
    return { ...facts, keyId: key.id, sealed: seal(key, sealContext(facts, key.id), record) };
  } finally {
    record.fill(0);
  }
}

/** Opens a row's card, which the caller wipes. Refuses with `integrity` or `key_unavailable`. */
export function openCard(keys: TenantKeyset, row: LiveToken): Outcome<Card> {
  return guarded(() => {
    const record = open(keys.opening(row.keyId), sealContext(row, row.keyId), row.sealed);
    try {
      return decodeCardRecord(record);
    } finally {
      record.fill(0);
    }
  });
}

/** Proves that a row's clear columns are those that were sealed, without decrypting the card. */
export function authenticateRow(keys: TenantKeyset, row: LiveToken): Outcome<LiveToken> {
  return guarded(() => {
    authenticate(keys.opening(row.keyId), sealContext(row, row.keyId), row.sealed);
    return row;
  });
}

function guarded<Value>(act: () => Value): Outcome<Value> {
  try {
    return done(act());
  } catch (error) {
    if (error instanceof KeyringError) return refused(error.code === "unknown_key" ? "integrity" : "key_unavailable");
    if (error instanceof EnvelopeError || error instanceof CardRecordError) return refused("integrity");
    // A column that cannot be bound, such as a date before 1970, was not written by the vault.
    if (error instanceof RangeError) return refused("integrity");
    throw error;
  }
}
