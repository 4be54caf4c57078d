/**
 * The plaintext that the envelope seals: one card in a record of fixed size, so that a ciphertext tells neither the
 * length of the number nor whether there is an expiry or a name. Knows bytes, not cryptography.
 *
 * | offset | bytes | content                                                                   |
 * |-------:|------:|---------------------------------------------------------------------------|
 * |      0 |     1 | version, 1                                                                |
 * |      1 |     1 | digits of the card number, 12 to 19                                       |
 * |      2 |    19 | card number, ASCII digits, then zeros                                     |
 * |     21 |     1 | month of expiry, 1 to 12; 0 = no expiry                                   |
 * |     22 |     2 | year of expiry, 2000 to 2099, big-endian; 0 = no expiry                   |
 * |     24 |     1 | bytes of the cardholder name, 1 to 128; 0 = no name                       |
 * |     25 |   128 | cardholder name, UTF-8, then zeros                                        |
 * |    153 |     7 | zeros                                                                     |
 *
 * One card has exactly one record: zeros are checked, so a record that decodes encodes to the same bytes.
 * `card-record.test.ts` holds a vector in hexadecimal.
 */

import type { Card } from "./card.ts";
import { CardholderName, longestNameBytes } from "./cardholder-name.ts";
import { clearTextAccess, offHeapMemory } from "./clear-text.ts";
import { type Expiry, parseExpiry } from "./expiry.ts";
import { Pan } from "./pan.ts";

export const cardRecordBytes = 160;

const version = 1;
const longestPanDigits = 19;
const offsetOf = { version: 0, panLength: 1, pan: 2, month: 21, year: 22, nameLength: 24, name: 25, end: 153 } as const;

/** Which part of a record is malformed. A record that opened and does not decode is a fault of ours, not a client's. */
export type CardRecordErrorCode = "size" | "version" | "pan" | "expiry" | "name" | "padding";

/** A record that is refused. No card has been made, and neither message nor cause carries its content. */
export class CardRecordError extends Error {
  override readonly name = "CardRecordError";
  readonly code: CardRecordErrorCode;

  constructor(code: CardRecordErrorCode, options?: ErrorOptions) {
    super(`card record with a malformed ${code}`, options);
    this.code = code;
  }
}

/**
 * Writes a card as a record of 160 bytes in off-heap memory. The record is the caller's to zero after sealing, the card
 * the caller's to wipe. Throws `ClearTextError` when the card was wiped already.
 */
export function encodeCardRecord({ pan, expiry, cardholderName }: Card): Buffer<ArrayBuffer> {
  const access = clearTextAccess("seal");
  const [digits, name] = [pan.reveal(access), cardholderName?.reveal(access)];
  const record = offHeapMemory(cardRecordBytes);
  record[offsetOf.version] = version;
  record[offsetOf.panLength] = digits.length;
  record.set(digits, offsetOf.pan);
  if (expiry !== null) {
    record[offsetOf.month] = expiry.month;
    record.writeUInt16BE(expiry.year, offsetOf.year);
  }
  if (name !== undefined) {
    record[offsetOf.nameLength] = name.length;
    record.set(name, offsetOf.name);
  }
  return record;
}

/**
 * Reads a record back. The card is the caller's to wipe, and so is the record, which is copied.
 * Throws `CardRecordError` for everything that `encodeCardRecord` does not write; nothing is left unwiped then.
 */
export function decodeCardRecord(record: Uint8Array): Card {
  if (record.length !== cardRecordBytes) throw new CardRecordError("size");
  if (record[offsetOf.version] !== version) throw new CardRecordError("version");
  if (!isZero(record.subarray(offsetOf.end))) throw new CardRecordError("padding");
  const expiry = expiryOf(record);
  const pan = panOf(record);
  try {
    return { pan, expiry, cardholderName: nameOf(record) };
  } catch (error) {
    pan.wipe();
    throw error;
  }
}

function panOf(record: Uint8Array): Pan {
  const { content, padding } = fieldOf(record, offsetOf.panLength, longestPanDigits);
  if (!isZero(padding)) throw new CardRecordError("padding");
  return valueOr("pan", () => Pan.restore(content));
}

function expiryOf(record: Uint8Array): Expiry | null {
  const month = record[offsetOf.month] ?? 0;
  const year = ((record[offsetOf.year] ?? 0) << 8) | (record[offsetOf.year + 1] ?? 0);
  return month === 0 && year === 0 ? null : valueOr("expiry", () => parseExpiry({ month, year }));
}

function nameOf(record: Uint8Array): CardholderName | null {
  const { content, padding } = fieldOf(record, offsetOf.nameLength, longestNameBytes);
  if (!isZero(padding)) throw new CardRecordError("padding");
  return content.length === 0 ? null : valueOr("name", () => CardholderName.restore(content));
}

/** A length byte, then `capacity` bytes. A length above the capacity leaves the content too long for any value. */
function fieldOf(
  record: Uint8Array,
  lengthOffset: number,
  capacity: number,
): { readonly content: Uint8Array; readonly padding: Uint8Array } {
  const length = record[lengthOffset] ?? 0;
  const start = lengthOffset + 1;
  return {
    content: record.subarray(start, start + length),
    padding: record.subarray(start + length, start + capacity),
  };
}

function valueOr<T>(code: CardRecordErrorCode, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new CardRecordError(code, { cause });
  }
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
