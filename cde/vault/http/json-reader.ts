// Reads JSON from bytes, so that a card number in it never becomes a string. Strict: RFC 8259 and nothing else, no
// duplicate keys, no unknown fields. A caller names the fields it wants; whatever else comes is refused.
import { isUtf8 } from "node:buffer";
import { Problem } from "@cofferdam/kit/problem.ts";
import { isSadFieldName } from "../../card/sensitive-authentication-data.ts";
import { fieldProblem } from "./field-problem.ts";
import { isDigit, isNumberStart, numberEnd, unescape } from "./json-bytes.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MAX_DEPTH = 8;
const MAX_NAME_BYTES = 128;
const MAX_INTEGER_DIGITS = 15;
const MINUS = 0x2d;
// A batch of 1,000 refused items, each with every field and 16 pairs of metadata, has a third of these.
const MAX_SKIPPED = 100_000;
const LITERALS = ["true", "false", "null"].map((word) => Buffer.from(word));

/** Reads one field's value; the reader stands on it. The pointer names the field (RFC 6901). */
export type ReadField = (reader: JsonReader, pointer: string) => void;

/** A cursor over one JSON text. Every method either consumes a value or throws a Problem that names where, never what. */
export class JsonReader {
  readonly #bytes: Buffer;
  #position = 0;
  #skipped = 0;

  /** @param bytes the whole body; it stays the caller's to wipe */
  constructor(bytes: Buffer) {
    if (!isUtf8(bytes)) throw new Problem("invalid-json", { detail: "The body is not valid UTF-8." });
    this.#bytes = bytes;
  }

  /** Reads an object of known fields. `required` fields that are absent are refused. */
  object(pointer: string, fields: ReadonlyMap<string, ReadField>, required: readonly string[] = []): void {
    const seen = new Set<string>();
    this.#members(pointer, (name) => {
      if (seen.has(name))
        throw new Problem("duplicate-key", {
          errors: [{ pointer, keyword: "duplicate-key", detail: "An object names each field once." }],
        });
      seen.add(name);
      const read = fields.get(name);
      if (read === undefined) throw unknownField(pointer, name, [...fields.keys()]);
      read(this, `${pointer}/${name}`);
    });
    const missing = required.find((name) => !seen.has(name));
    if (missing !== undefined) throw fieldProblem(`${pointer}/${missing}`, "required", "This field is required.");
  }

  /** Reads an object whose field names are free: names and values are texts within limits. */
  textMap(
    pointer: string,
    limits: { readonly maxEntries: number; readonly maxBytes: number },
  ): ReadonlyMap<string, string> {
    const entries = new Map<string, string>();
    this.#members(pointer, (name) => {
      if (entries.has(name))
        throw new Problem("duplicate-key", {
          errors: [{ pointer, keyword: "duplicate-key", detail: "An object names each field once." }],
        });
      if (entries.size === limits.maxEntries)
        throw fieldProblem(pointer, "maxProperties", `At most ${limits.maxEntries} entries.`);
      entries.set(name, this.text(pointer, limits.maxBytes));
    });
    return entries;
  }

  /** Reads an array of at most `maxItems` values. */
  array(pointer: string, maxItems: number, readItem: (index: number) => void): number {
    this.#open(0x5b, pointer, "array", "Must be an array.");
    let length = 0;
    for (let more = !this.#take(0x5d); more; more = this.#next(0x5d)) {
      if (length === maxItems) throw fieldProblem(pointer, "maxItems", `At most ${maxItems} items.`);
      readItem(length);
      length += 1;
    }
    return length;
  }

  /** Reads a string as its decoded UTF-8 bytes, in a buffer of its own outside V8's heap. The caller wipes it. */
  bytes(pointer: string, maxBytes: number): Buffer {
    const raw = this.#rawString(pointer);
    const decoded = Buffer.allocUnsafeSlow(Math.max(raw.length, 80));
    const length = unescape(raw, decoded);
    if (length === null || length > maxBytes) {
      decoded.fill(0);
      throw length === null ? syntaxError() : fieldProblem(pointer, "maxLength", `At most ${maxBytes} bytes of UTF-8.`);
    }
    return decoded.subarray(0, length);
  }

  /** Reads a string as text. For fields that hold no card data. */
  text(pointer: string, maxBytes: number): string {
    const bytes = this.bytes(pointer, maxBytes);
    try {
      return bytes.toString("utf8");
    } finally {
      bytes.fill(0);
    }
  }

  /** Reads a whole number of at most 15 digits. */
  integer(pointer: string): number {
    this.#skipSpace();
    if (!isNumberStart(this.#bytes[this.#position])) throw fieldProblem(pointer, "type", "Must be a whole number.");
    const { start, end } = this.#number();
    const isNegative = this.#bytes[start] === MINUS;
    const digits = this.#bytes.subarray(isNegative ? start + 1 : start, end);
    if (digits.length > MAX_INTEGER_DIGITS || !digits.every(isDigit)) {
      throw fieldProblem(pointer, "type", "Must be a whole number.");
    }
    const value = digits.reduce((sum, digit) => sum * 10 + digit - 0x30, 0);
    return isNegative ? -value : value;
  }

  /** Steps over any one value, checking its syntax alone. */
  skip(depth = 0): void {
    if (depth > MAX_DEPTH)
      throw new Problem("invalid-json", { detail: `The body is nested deeper than ${MAX_DEPTH} levels.` });
    this.#skipped += 1;
    if (this.#skipped > MAX_SKIPPED)
      throw new Problem("invalid-json", { detail: "The body holds more values than any request has." });
    this.#skipSpace();
    const first = this.#bytes[this.#position];
    if (first === 0x7b)
      this.#members(
        "",
        () => {
          this.skip(depth + 1);
        },
        Infinity,
      );
    else if (first === 0x5b)
      this.array("", Infinity, () => {
        this.skip(depth + 1);
      });
    else if (first === QUOTE) this.bytes("", Infinity).fill(0);
    else if (isNumberStart(first)) this.#number();
    else this.#literal();
  }

  /** Where the reader stands, to come back to with `rewind`. */
  mark(): number {
    this.#skipSpace();
    return this.#position;
  }

  rewind(mark: number): void {
    this.#position = mark;
  }

  /** Refuses anything but white space after the value. */
  end(): void {
    this.#skipSpace();
    if (this.#position !== this.#bytes.length) throw syntaxError();
  }

  #members(pointer: string, readMember: (name: string) => void, maxNameBytes = MAX_NAME_BYTES): void {
    this.#open(0x7b, pointer, "object", "Must be an object.");
    for (let more = !this.#take(0x7d); more; more = this.#next(0x7d)) {
      const name = this.#name(pointer, maxNameBytes);
      this.#expect(0x3a);
      readMember(name);
    }
  }

  #name(pointer: string, maxBytes: number): string {
    this.#skipSpace();
    if (this.#bytes[this.#position] !== QUOTE) throw syntaxError();
    return this.text(pointer, maxBytes);
  }

  #rawString(pointer: string): Buffer {
    this.#skipSpace();
    if (this.#bytes[this.#position] !== QUOTE) throw this.#wrongType(pointer, "Must be a string.");
    const start = this.#position + 1;
    for (let index = start; index < this.#bytes.length; index += 1) {
      const byte = this.#bytes[index] ?? 0;
      if (byte < 0x20) break;
      if (byte === BACKSLASH) index += 1;
      else if (byte === QUOTE) {
        this.#position = index + 1;
        return this.#bytes.subarray(start, index);
      }
    }
    throw syntaxError();
  }

  /** Steps over a number, byte by byte: a card number may stand here, and a text of it would stay in memory. */
  #number(): { readonly start: number; readonly end: number } {
    const start = this.#position;
    const end = numberEnd(this.#bytes, start);
    if (end === null) throw syntaxError();
    this.#position = end;
    return { start, end };
  }

  #literal(): void {
    // Compared here and nowhere else: a search through the rest of the body would take time by the square of its length.
    const literal = LITERALS.find((word) =>
      this.#bytes.subarray(this.#position, this.#position + word.length).equals(word),
    );
    if (literal === undefined) throw syntaxError();
    this.#position += literal.length;
  }

  /** Something else stands here: either another JSON type, or no JSON at all. */
  #wrongType(pointer: string, detail: string): Problem {
    this.skip();
    return fieldProblem(pointer, "type", detail);
  }

  #open(byte: number, pointer: string, keyword: string, detail: string): void {
    if (this.#take(byte)) return;
    throw pointer === "" && keyword === "object"
      ? new Problem("invalid-json", { detail: "The body must be one JSON object." })
      : this.#wrongType(pointer, detail);
  }

  /** After a value: true when another follows, false when the closing byte came. */
  #next(close: number): boolean {
    if (this.#take(close)) return false;
    this.#expect(0x2c);
    return true;
  }

  #expect(byte: number): void {
    if (!this.#take(byte)) throw syntaxError();
  }

  #take(byte: number): boolean {
    this.#skipSpace();
    if (this.#bytes[this.#position] !== byte) return false;
    this.#position += 1;
    return true;
  }

  #skipSpace(): void {
    for (;;) {
      const byte = this.#bytes[this.#position];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.#position += 1;
    }
  }
}

/** A security code, track or PIN is refused with an explanation of its own, wherever it stands. */
function unknownField(pointer: string, name: string, known: readonly string[]): Problem {
  if (isSadFieldName(name)) {
    return new Problem("sensitive-authentication-data", {
      errors: [
        {
          pointer,
          keyword: "not",
          detail: "Security codes, track data and PINs must never be stored, so the vault does not take them.",
        },
      ],
    });
  }
  // The name itself may be a card number: it is not repeated.
  return new Problem("unknown-field", {
    errors: [{ pointer, keyword: "additionalProperties", detail: `Known fields here: ${known.join(", ")}.` }],
  });
}

function syntaxError(): Problem {
  return new Problem("invalid-json", { detail: "The body is not well-formed JSON (RFC 8259)." });
}
