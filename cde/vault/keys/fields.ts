// One unambiguous encoding for everything that is hashed, authenticated or bound: ("a", "bc") never equals ("ab", "c").

import { isUtf8 } from "node:buffer";

const HEADER_BYTES = 5;

/** A value that can be bound. Numbers are integers from 0 to 2^53-1; null is distinct from "" and from 0. */
export type Field = string | number | Uint8Array | null;

/**
 * Encodes fields, in order, each as: tag (1 byte: 0 null, 1 integer, 2 UTF-8 text, 3 bytes) ‖ length (4 bytes, big
 * endian) ‖ value. Integers are 8 bytes, big endian.
 *
 * @throws RangeError for a number that is no safe integer of at least 0.
 */
export function encodeFields(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.flatMap(encodeField));
}

/**
 * The fields of bytes that `encodeFields` made; texts and integers are copies, bytes are views into `encoded`.
 *
 * @throws RangeError for anything that `encodeFields` does not make: cut, lengthened, an unknown tag, a text that is not
 * UTF-8, an integer that is not safe
 */
export function decodeFields(encoded: Buffer): readonly Field[] {
  const fields: Field[] = [];
  let offset = 0;
  while (offset < encoded.length) {
    if (encoded.length - offset < HEADER_BYTES) throw new RangeError("a field is cut");
    const start = offset + HEADER_BYTES;
    const end = start + encoded.readUInt32BE(offset + 1);
    if (end > encoded.length) throw new RangeError("a field is cut");
    fields.push(decodeField(encoded.readUInt8(offset), encoded.subarray(start, end)));
    offset = end;
  }
  return fields;
}

function decodeField(tag: number, value: Buffer): Field {
  if (tag === 0 && value.length === 0) return null;
  if (tag === 1 && value.length === 8) return safeInteger(value.readBigUInt64BE());
  if (tag === 2) return textOf(value);
  if (tag === 3) return value;
  throw new RangeError("a field has no form that is known");
}

function safeInteger(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError("an integer field is out of range");
  return Number(value);
}

function textOf(value: Buffer): string {
  if (!isUtf8(value)) throw new RangeError("a text field is not UTF-8");
  return value.toString("utf8");
}

function encodeField(field: Field): Buffer[] {
  if (field === null) return [header(0, 0)];
  if (typeof field === "number") return [header(1, 8), integerBytes(field)];
  if (typeof field === "string") {
    const text = Buffer.from(field, "utf8");
    return [header(2, text.length), text];
  }
  return [header(3, field.length), Buffer.from(field.buffer, field.byteOffset, field.length)];
}

function header(tag: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES);
  bytes.writeUInt8(tag, 0);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

function integerBytes(value: number): Buffer {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError("a bound number must be a safe integer of at least 0");
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
