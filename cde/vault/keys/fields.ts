// One unambiguous encoding for everything that is hashed, authenticated or bound: ("a", "bc") never equals ("ab", "c").

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
  const bytes = Buffer.allocUnsafe(5);
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
