/** The name on a card: cardholder data too, so it is kept like the number, as bytes that nothing prints. */

import { isUtf8 } from "node:buffer";
import { inspect } from "node:util";

import { ClearText, type ClearTextAccess } from "./clear-text.ts";
import { CardRefusal, type CardRefusalCode } from "./refusal.ts";

/** Longest name in UTF-8 bytes, and the size of its memory. Names in scripts of three bytes have 42 characters. */
export const longestNameBytes = 128;

const longestNameCharacters = 64;

/** A card number has 12 digits or more, a name of a person or a shop has fewer. */
const mostNumberCharacters = 11;

const mask = "••••";

/** A cardholder name in off-heap memory of its own. Whoever makes one wipes it. */
export class CardholderName implements Disposable {
  readonly #utf8: ClearText;

  private constructor(utf8: Uint8Array) {
    this.#utf8 = new ClearText(utf8, longestNameBytes);
  }

  /**
   * Takes a name that a client sends: valid UTF-8, 1 to 64 code points in at most 128 bytes, not only spaces, no
   * controls (C0, C1, line breaks, direction overrides) and at most 11 number characters of any script.
   * The bytes are kept as they came: no trimming, no Unicode normalisation.
   * Copies `utf8`, which stays the caller's to wipe. Throws `CardRefusal` (`name-invalid`, `name-contains-pan`).
   */
  static parse(utf8: Uint8Array): CardholderName {
    const refusal = malformation(utf8) ?? contentRefusal(utf8);
    if (refusal !== null) throw new CardRefusal(refusal);
    return new CardholderName(utf8);
  }

  /**
   * Takes back a name that the vault itself kept. Checks size and encoding only, because the classes of characters
   * change with each Unicode version and a kept name must open. Throws `CardRefusal` (`name-invalid`).
   */
  static restore(utf8: Uint8Array): CardholderName {
    const refusal = malformation(utf8);
    if (refusal !== null) throw new CardRefusal(refusal);
    return new CardholderName(utf8);
  }

  /** The only door to the name: a live view of UTF-8 bytes. Throws `ClearTextError` after `wipe`. */
  reveal(access: ClearTextAccess): Uint8Array<ArrayBuffer> {
    return this.#utf8.reveal(access);
  }

  /** Whether both are the same name, byte for byte, in constant time. Throws `ClearTextError` after `wipe` of either. */
  equals(other: CardholderName): boolean {
    return this.#utf8.equals(other.#utf8);
  }

  /** Zeroes the name. Idempotent. */
  wipe(): void {
    this.#utf8.wipe();
  }

  [Symbol.dispose](): void {
    this.wipe();
  }

  toString(): string {
    return mask;
  }

  toJSON(): string {
    return mask;
  }

  [inspect.custom](): string {
    return mask;
  }
}

function malformation(utf8: Uint8Array): CardRefusalCode | null {
  return utf8.length >= 1 && utf8.length <= longestNameBytes && isUtf8(utf8) ? null : "name-invalid";
}

/** Reads the name a character at a time, so that a card number in it never becomes a string. */
function contentRefusal(utf8: Uint8Array): CardRefusalCode | null {
  let characters = 0;
  let numbers = 0;
  let visible = 0;
  for (const character of charactersOf(utf8)) {
    if (forbiddenCharacter.test(character)) return "name-invalid";
    characters += 1;
    if (numberCharacter.test(character)) numbers += 1;
    if (character !== " ") visible += 1;
  }
  if (numbers > mostNumberCharacters) return "name-contains-pan";
  return visible > 0 && characters <= longestNameCharacters ? null : "name-invalid";
}

/** Controls (C0, DEL, C1), line and paragraph separators, and the overrides that make text read backwards. */
const forbiddenCharacter = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/** Digits of every script, and the circled, superscript and full-width ones that fold to digits. */
const numberCharacter = /\p{N}/u;

/** Code points of valid UTF-8 (RFC 3629 §3), each as a string of its own. */
function* charactersOf(utf8: Uint8Array): Generator<string, void> {
  let codePoint = 0;
  let continuationBytes = 0;
  for (const byte of utf8) {
    if (byte < 0x80) yield String.fromCodePoint(byte);
    else if (byte < 0xc0) {
      codePoint = (codePoint << 6) | (byte & 0x3f);
      continuationBytes -= 1;
      if (continuationBytes === 0) yield String.fromCodePoint(codePoint);
    } else {
      continuationBytes = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
      codePoint = byte & (0x3f >> continuationBytes);
    }
  }
}
