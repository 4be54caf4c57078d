// The bodies that carry cards, read byte by byte into card values.
import { Problem } from "@cofferdam/kit/problem.ts";
import { wipeCard, type Card } from "../../card/card.ts";
import { CardholderName } from "../../card/cardholder-name.ts";
import { parseExpiry, type Expiry } from "../../card/expiry.ts";
import { Pan } from "../../card/pan.ts";
import { tokenFormats, tokenReuses, type TokenFormat, type TokenReuse } from "../tokens/token.ts";
import type { TokenRequest } from "../tokens/tokenize.ts";
import { cardProblem, fieldProblem } from "./field-problem.ts";
import { JsonReader, type ReadField } from "./json-reader.ts";
import { METADATA_LIMITS, canonicalMetadata, utcTime } from "./token-fields.ts";

export const MAX_BATCH_ITEMS = 1_000;
const MAX_PAN_BYTES = 64;
const MAX_NAME_BYTES = 128;
const RETENTION_CLASS = /^[a-z][a-z0-9-]{0,31}$/;

/** One item of a batch: a request, or why it is none. */
export type BatchItem = { readonly request: TokenRequest } | { readonly problem: Problem };

/** Reads the body of `POST /v1/tokens`. The card in it is the caller's to wipe. Throws Problem. */
export function readTokenRequest(body: Buffer): TokenRequest {
  const reader = new JsonReader(body);
  const request = readRequest(reader, "");
  try {
    reader.end();
    return request;
  } catch (error) {
    wipeCard(request.card);
    throw error;
  }
}

/**
 * Reads the body of `POST /v1/tokens/batch`. A fault in one item is that item's problem; a fault in the JSON itself is
 * the whole request's. The cards are the caller's to wipe.
 */
export function readTokenBatch(body: Buffer): readonly BatchItem[] {
  const reader = new JsonReader(body);
  const items: BatchItem[] = [];
  try {
    const readItems: ReadField = (_, pointer) => {
      reader.array(pointer, MAX_BATCH_ITEMS, (index) => {
        items.push(readItem(reader, `${pointer}/${index}`));
      });
    };
    reader.object("", new Map([["items", readItems]]), ["items"]);
    reader.end();
    if (items.length === 0) throw fieldProblem("/items", "minItems", "At least one item.");
    return items;
  } catch (error) {
    for (const item of items) if ("request" in item) wipeCard(item.request.card);
    throw error;
  }
}

function readItem(reader: JsonReader, pointer: string): BatchItem {
  const start = reader.mark();
  try {
    return { request: readRequest(reader, pointer) };
  } catch (error) {
    if (!(error instanceof Problem) || error.type === "invalid-json") throw error;
    reader.rewind(start);
    reader.skip();
    return { problem: error };
  }
}

function readRequest(reader: JsonReader, pointer: string): TokenRequest {
  const found: {
    card: Card | null;
    format: TokenFormat;
    reuse: TokenReuse;
    retentionClass: string;
    expiresAtMs: number | null;
    metadata: string;
  } = { card: null, format: "opaque", reuse: "multi", retentionClass: "standard", expiresAtMs: null, metadata: "{}" };
  const fields = new Map<string, ReadField>([
    [
      "card",
      (_, at) => {
        found.card = readCard(reader, at);
      },
    ],
    [
      "format",
      (_, at) => {
        found.format = oneOf(tokenFormats, reader.text(at, 32), at);
      },
    ],
    [
      "reuse",
      (_, at) => {
        found.reuse = oneOf(tokenReuses, reader.text(at, 32), at);
      },
    ],
    [
      "retention_class",
      (_, at) => {
        found.retentionClass = matching(RETENTION_CLASS, reader.text(at, 64), at);
      },
    ],
    [
      "expires_at",
      (_, at) => {
        found.expiresAtMs = utcTime(at, reader.text(at, 64));
      },
    ],
    [
      "metadata",
      (_, at) => {
        found.metadata = canonicalMetadata(at, reader.textMap(at, METADATA_LIMITS));
      },
    ],
  ]);
  try {
    reader.object(pointer, fields, ["card"]);
    if (found.card === null) throw new Error("a required card was not read");
    return { ...found, card: found.card };
  } catch (error) {
    if (found.card !== null) wipeCard(found.card);
    throw error;
  }
}

function readCard(reader: JsonReader, pointer: string): Card {
  const found: { pan: Pan | null; expiry: Expiry | null; cardholderName: CardholderName | null } = {
    pan: null,
    expiry: null,
    cardholderName: null,
  };
  const fields = new Map<string, ReadField>([
    [
      "pan",
      (_, at) => {
        found.pan = secret(reader, at, MAX_PAN_BYTES, (bytes) => Pan.parse(bytes));
      },
    ],
    [
      "expiry",
      (_, at) => {
        found.expiry = readExpiry(reader, at);
      },
    ],
    [
      "cardholder_name",
      (_, at) => {
        found.cardholderName = secret(reader, at, MAX_NAME_BYTES, (bytes) => CardholderName.parse(bytes));
      },
    ],
  ]);
  try {
    reader.object(pointer, fields, ["pan"]);
    if (found.pan === null) throw new Error("a required card number was not read");
    return { ...found, pan: found.pan };
  } catch (error) {
    found.pan?.wipe();
    found.cardholderName?.wipe();
    throw error;
  }
}

function readExpiry(reader: JsonReader, pointer: string): Expiry {
  let month = 0;
  let year = 0;
  const fields = new Map<string, ReadField>([
    [
      "month",
      (_, at) => {
        month = reader.integer(at);
      },
    ],
    [
      "year",
      (_, at) => {
        year = reader.integer(at);
      },
    ],
  ]);
  reader.object(pointer, fields, ["month", "year"]);
  try {
    return parseExpiry({ month, year });
  } catch (error) {
    throw cardProblem(pointer, error);
  }
}

function secret<Value>(reader: JsonReader, pointer: string, maxBytes: number, parse: (bytes: Buffer) => Value): Value {
  const bytes = reader.bytes(pointer, maxBytes);
  try {
    return parse(bytes);
  } catch (error) {
    throw cardProblem(pointer, error);
  } finally {
    bytes.fill(0);
  }
}

function oneOf<Choice extends string>(choices: readonly Choice[], text: string, pointer: string): Choice {
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) throw fieldProblem(pointer, "enum", `Must be one of: ${choices.join(", ")}.`);
  return choice;
}

function matching(pattern: RegExp, text: string, pointer: string): string {
  if (!pattern.test(text))
    throw fieldProblem(pointer, "pattern", "Lower-case letters, digits and hyphens, at most 32.");
  return text;
}
