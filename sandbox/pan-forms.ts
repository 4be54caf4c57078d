// Every form in which a card number could leave the vault by mistake: as software writes it, encodes it, cuts it or
// digests it without a key.
import { hash } from "node:crypto";

/** A card number as it would stand in a file, on a wire or in memory. */
export interface PanForm {
  /** One of `formNames`. */
  readonly form: string;
  /** At least 6 bytes: packed BCD of 12 or 13 digits is the shortest. At most 128: SHA-512 as hex. */
  readonly bytes: Buffer;
}

type Writer = (pan: string) => Buffer;

const ascii: Writer = (text) => Buffer.from(text, "latin1");

/** Hex digits of `0` to `9` in ASCII are digits themselves: upper and lower case are one form, here and in escapes. */
const plainWriters: readonly (readonly [string, Writer])[] = [
  ["plain", ascii],
  ["spaced", (pan) => ascii(printedGroups(pan).join(" "))],
  ["hyphenated", (pan) => ascii(printedGroups(pan).join("-"))],
  ["dotted", (pan) => ascii(printedGroups(pan).join("."))],
  ["utf-16le", (pan) => Buffer.from(pan, "utf16le")],
  ["utf-16be", (pan) => Buffer.from(pan, "utf16le").swap16()],
  ["hex", (pan) => ascii(ascii(pan).toString("hex"))],
  ["bcd", (pan) => Buffer.from(pan.slice(0, pan.length - (pan.length % 2)), "hex")],
  ["bcd after a nibble", (pan) => Buffer.from(pan.slice(pan.length % 2), "hex")],
  ["base64 at 0", (pan) => base64At(0, pan)],
  ["base64 at 1", (pan) => base64At(1, pan)],
  ["base64 at 2", (pan) => base64At(2, pan)],
  ["url-encoded", (pan) => ascii(pan.replace(/./g, "%3$&"))],
  ["json-escaped", (pan) => ascii(pan.replace(/./g, "\\u003$&"))],
  ["reversed", (pan) => ascii(Array.from(pan).reverse().join(""))],
  ["all but last 4", (pan) => ascii(pan.slice(0, -4))],
];

/** Without a key a digest hides nothing: the numbers of one BIN are tried in seconds (PCI DSS 3.5.1.1). */
const digestWriters = ["md5", "sha1", "sha256", "sha512"].flatMap((name): (readonly [string, Writer])[] => [
  [name, (pan) => hash(name, pan, "buffer")],
  [`${name} hex`, (pan) => ascii(hash(name, pan, "hex"))],
  [`${name} base64`, (pan) => ascii(hash(name, pan, "base64").replace(/=+$/, ""))],
  [`${name} base64url`, (pan) => ascii(hash(name, pan, "base64url"))],
]);

const writers = [...plainWriters, ...digestWriters];

/** The names of all forms. Not every number has every one: see `formsOf`. */
export const formNames: readonly string[] = writers.map(([name]) => name);

/**
 * All forms of a card number of 12 to 19 digits. Of forms with the same bytes only the first is there: an even number
 * of digits has one packed BCD, and a base64url form is there only where it differs.
 *
 * Throws RangeError, without the input, for anything but 12 to 19 ASCII digits.
 */
export function formsOf(pan: string): readonly PanForm[] {
  if (!/^[0-9]{12,19}$/.test(pan)) throw new RangeError("a card number has 12 to 19 digits");
  const distinct = new Map<string, PanForm>();
  for (const [form, write] of writers) {
    const bytes = write(pan);
    const text = bytes.toString("latin1");
    if (!distinct.has(text)) distinct.set(text, { form, bytes });
  }
  return [...distinct.values()];
}

/** Groups as cards print them: 4-6-5 for 15 digits, 4-6-4 for 14, else fours. */
function printedGroups(pan: string): readonly string[] {
  if (pan.length === 14 || pan.length === 15) return [pan.slice(0, 4), pan.slice(4, 10), pan.slice(10)];
  return pan.match(/.{1,4}/g) ?? [];
}

/**
 * The base64 characters that depend on the digits alone when `precedingBytes` (modulo 3) stand before them. Digits
 * never give a character in which base64url differs: no sextet of theirs is 62 or 63.
 */
function base64At(precedingBytes: number, pan: string): Buffer {
  const encoded = Buffer.concat([Buffer.alloc(precedingBytes), ascii(pan)]).toString("base64");
  const firstDetermined = Math.ceil((precedingBytes * 8) / 6);
  const endOfDetermined = Math.floor(((precedingBytes + pan.length) * 8) / 6);
  return ascii(encoded.slice(firstDetermined, endOfDetermined));
}
