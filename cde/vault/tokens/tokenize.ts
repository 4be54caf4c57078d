// Card in, token out: fingerprint, look up, seal, store. All cards of one transaction go together.
import type { Transaction } from "@cofferdam/kit/database.ts";
import type { Card } from "../../card/card.ts";
import { wipeCard } from "../../card/card.ts";
import type { Pan } from "../../card/pan.ts";
import type { SealingKey } from "../keys/envelope.ts";
import { fingerprint } from "./fingerprint.ts";
import { tokenExpiry } from "./expiry-of-token.ts";
import { isPastEnd } from "./live-token.ts";
import { done, refused, type Outcome } from "./outcome.ts";
import { openCard, sealCard } from "./sealed-card.ts";
import type { Tenant } from "../tenants/tenant.ts";
import type { LiveToken, TokenFacts, TokenRow } from "./token-row.ts";
import {
  fingerprintKey,
  readTokensByFingerprint,
  releaseFingerprint,
  replaceToken,
  storeFingerprints,
  storeTokens,
} from "./token-store.ts";
import { mintDigitToken, mintOpaqueToken, type TokenFormat, type TokenReuse } from "./token.ts";

/** A card to tokenise, and how. The card is the caller's to wipe. */
export interface TokenRequest {
  readonly card: Card;
  readonly format: TokenFormat;
  readonly reuse: TokenReuse;
  readonly retentionClass: string;
  readonly expiresAtMs: number | null;
  readonly metadata: string;
}

/** A token for a card, and how it came about (for the audit log; the caller of the API is never told). */
export interface Tokenized {
  readonly row: LiveToken;
  readonly how: "created" | "known" | "refreshed";
}

/** A card's fingerprints: the one to store, and those under which it may be known. */
interface Fingerprints {
  readonly current: Buffer;
  readonly former: readonly Buffer[];
}

/** One card's place in the transaction: requests for the same card share it. */
interface Slot {
  row: LiveToken;
  readonly request: TokenRequest;
  readonly fingerprint: Buffer | null;
  /** Row version in the database before this transaction; null for a new token. */
  readonly storedVersion: number | null;
}

// 90 % of the random digits fail the Luhn check; with a full space of 10^5 this many attempts still find the last tenth.
const MINT_ATTEMPTS = 16;

/**
 * Tokenises cards inside the caller's transaction; outcomes are in the order of the requests.
 *
 * A known card of a multi-use request keeps its token; a newer expiry or name replaces the sealed ones. A card that a
 * fingerprint leads to is opened and compared, so a fingerprint moved to another token refuses with `integrity`.
 *
 * @throws KeyringError when no key may protect new data: nothing has been stored
 */
export async function tokenizeAll(
  tx: Transaction,
  tenant: Tenant,
  requests: readonly TokenRequest[],
  nowMs: number,
): Promise<readonly Outcome<Tokenized>[]> {
  const dataKey = tenant.keys.primary("data");
  const indexKey = tenant.keys.primary("index");
  // While the index key is being replaced, some fingerprints are still those of its predecessors.
  const formerKeys = tenant.keys.openingAll("index").filter((key) => key.id !== indexKey.id);
  const fingerprints = requests.map((request) =>
    request.reuse === "multi" ? fingerprintsOf(request.card.pan, indexKey, formerKeys) : null,
  );
  const known = await readTokensByFingerprint(tx, tenant.id, [indexKey, ...formerKeys], fingerprints.flatMap(allOf));
  const work = new Work(tenant, dataKey, known, nowMs);
  const placed = requests.map((request, index) => work.place(request, fingerprints[index] ?? null));
  // A token past its end no longer stands for the card. Its row is the sweeper's.
  for (const token of work.expired) await releaseFingerprint(tx, tenant.id, token);
  const full = await storeSlots(tx, work, indexKey.id);
  return placed.map((outcome) => {
    if (!outcome.ok) return outcome;
    if (full.has(outcome.value.slot)) return refused("format_unavailable");
    return done({ row: outcome.value.slot.row, how: outcome.value.how });
  });
}

function fingerprintsOf(pan: Pan, indexKey: SealingKey, formerKeys: readonly SealingKey[]): Fingerprints {
  return { current: fingerprint(indexKey, pan), former: formerKeys.map((key) => fingerprint(key, pan)) };
}

function allOf(prints: Fingerprints | null): readonly Buffer[] {
  return prints === null ? [] : [prints.current, ...prints.former];
}

/** Decides what becomes of each request, without touching the database. */
class Work {
  readonly tenant: Tenant;
  readonly expired: string[] = [];
  readonly slots: Slot[] = [];
  readonly #dataKey: SealingKey;
  readonly #known: ReadonlyMap<string, TokenRow>;
  readonly #slotOfCard = new Map<string, Slot>();
  readonly #nowMs: number;

  constructor(tenant: Tenant, dataKey: SealingKey, known: ReadonlyMap<string, TokenRow>, nowMs: number) {
    this.tenant = tenant;
    this.#dataKey = dataKey;
    this.#known = known;
    this.#nowMs = nowMs;
  }

  place(request: TokenRequest, prints: Fingerprints | null): Outcome<{ slot: Slot; how: Tokenized["how"] }> {
    // Judged before the card is looked up: a refusal for unknown cards only would tell which cards are known.
    const expiresAt = tokenExpiry(this.tenant, { ...request, createdAtMs: this.#nowMs }, this.#nowMs);
    if (!expiresAt.ok) return expiresAt;
    const card = prints === null ? null : fingerprintKey(prints.current, request.format);
    const slot = card === null ? undefined : (this.#slotOfCard.get(card) ?? this.#storedSlot(card, prints, request));
    if (slot !== undefined) return this.#refresh(slot, request);
    return this.#create(request, expiresAt.value, prints?.current ?? null, card);
  }

  /** Gives a new token another random value, when the first was taken. The sealed card may be newer than the request's. */
  remint(slot: Slot): void {
    const opened = openCard(this.tenant.keys, slot.row);
    if (!opened.ok) throw new Error("a card sealed in this transaction does not open");
    try {
      slot.row = sealCard(this.#dataKey, { ...slot.row, token: this.#mint(slot.request) }, opened.value);
    } finally {
      wipeCard(opened.value);
    }
  }

  #storedSlot(card: string, prints: Fingerprints | null, request: TokenRequest): Slot | undefined {
    const row = allOf(prints)
      .map((print) => this.#known.get(fingerprintKey(print, request.format)))
      .find(isPresent);
    if (row === undefined || row.status === "deleted") return undefined;
    if (isPastEnd(this.tenant, row, this.#nowMs)) {
      this.expired.push(row.token);
      return undefined;
    }
    const slot: Slot = { row, request, fingerprint: null, storedVersion: row.rowVersion };
    this.#slotOfCard.set(card, slot);
    this.slots.push(slot);
    return slot;
  }

  #create(
    request: TokenRequest,
    expiresAtMs: number,
    print: Buffer | null,
    card: string | null,
  ): Outcome<{ slot: Slot; how: "created" }> {
    const { display, brand } = request.card.pan;
    // Keeping the BIN of a PAN that is too short to show one would reveal what display forbids.
    if (request.format === "preserve_bin_last4" && display.bin === null) return refused("format_unavailable");
    const facts: TokenFacts = {
      tenantId: this.tenant.id,
      token: this.#mint(request),
      format: request.format,
      reuse: request.reuse,
      status: "active",
      brand,
      ...display,
      expiry: request.card.expiry,
      metadata: request.metadata,
      retentionClass: request.retentionClass,
      rowVersion: 1,
      createdAtMs: this.#nowMs,
      updatedAtMs: this.#nowMs,
      expiresAtMs,
    };
    const slot: Slot = {
      row: sealCard(this.#dataKey, facts, request.card),
      request,
      fingerprint: print,
      storedVersion: null,
    };
    if (card !== null) this.#slotOfCard.set(card, slot);
    this.slots.push(slot);
    return done({ slot, how: "created" });
  }

  #refresh(slot: Slot, request: TokenRequest): Outcome<{ slot: Slot; how: "known" | "refreshed" }> {
    const opened = openCard(this.tenant.keys, slot.row);
    if (!opened.ok) return opened;
    const stored = opened.value;
    try {
      if (!stored.pan.equals(request.card.pan)) return refused("integrity");
      const merged: Card = {
        pan: request.card.pan,
        expiry: request.card.expiry ?? stored.expiry,
        cardholderName: request.card.cardholderName ?? stored.cardholderName,
      };
      if (isSameCard(stored, merged)) return done({ slot, how: "known" });
      const facts = {
        ...slot.row,
        expiry: merged.expiry,
        rowVersion: slot.row.rowVersion + 1,
        updatedAtMs: this.#nowMs,
      };
      slot.row = sealCard(this.#dataKey, facts, merged);
      return done({ slot, how: "refreshed" });
    } finally {
      wipeCard(stored);
    }
  }

  #mint(request: TokenRequest): string {
    return request.format === "opaque"
      ? mintOpaqueToken(this.#nowMs)
      : mintDigitToken(request.card.pan, request.format);
  }
}

/** Writes new and refreshed tokens; returns the slots for which no free token was found. */
async function storeSlots(tx: Transaction, work: Work, indexKeyId: string): Promise<ReadonlySet<Slot>> {
  const changed = work.slots.filter((slot) => slot.storedVersion !== null && slot.row.rowVersion > slot.storedVersion);
  for (const slot of changed) {
    if (!(await replaceToken(tx, slot.row, slot.storedVersion ?? 0))) throw new Error("a locked token row changed");
  }
  const created = work.slots.filter((slot) => slot.storedVersion === null);
  const full = await storeNewTokens(tx, work, created);
  const prints = created.flatMap((slot) =>
    slot.fingerprint === null || full.has(slot)
      ? []
      : [{ fingerprint: slot.fingerprint, format: slot.row.format, token: slot.row.token }],
  );
  await storeFingerprints(tx, work.tenant.id, indexKeyId, prints);
  return full;
}

async function storeNewTokens(tx: Transaction, work: Work, created: readonly Slot[]): Promise<ReadonlySet<Slot>> {
  let pending = created;
  for (let attempt = 1; pending.length > 0 && attempt <= MINT_ATTEMPTS; attempt += 1) {
    if (attempt > 1) for (const slot of pending) work.remint(slot);
    const distinct = distinctTokens(pending);
    const stored = await storeTokens(
      tx,
      work.tenant.id,
      distinct.map((slot) => slot.row),
    );
    const isStored = new Set(distinct.filter((slot) => stored.has(slot.row.token)));
    pending = pending.filter((slot) => !isStored.has(slot));
  }
  return new Set(pending);
}

function distinctTokens(slots: readonly Slot[]): readonly Slot[] {
  return [...new Map(slots.map((slot) => [slot.row.token, slot])).values()];
}

function isSameCard(stored: Card, given: Card): boolean {
  const isSameExpiry = stored.expiry?.month === given.expiry?.month && stored.expiry?.year === given.expiry?.year;
  const { cardholderName: before } = stored;
  const { cardholderName: after } = given;
  return isSameExpiry && (before === after || (before !== null && after !== null && before.equals(after)));
}

function isPresent<Value>(value: Value | undefined): value is Value {
  return value !== undefined;
}
