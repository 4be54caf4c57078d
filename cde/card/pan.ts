/** A card number: bytes that no string, log line or error can show. */

import { inspect } from "node:util";

import { luhnValid } from "@cofferdam/kit/luhn.ts";

import { type Brand, brandOf } from "./brand.ts";
import { ClearText, type ClearTextAccess } from "./clear-text.ts";
import { displayOf, maskOf, type PanDisplay } from "./display.ts";
import { CardRefusal, type CardRefusalCode } from "./refusal.ts";
import { looksLikeSad } from "./sensitive-authentication-data.ts";

/** Fixed for every card, so that the size of the memory tells nothing; above 64, so that it is off V8's heap. */
const panMemoryBytes = 80;

/**
 * A primary account number (PAN) in off-heap memory of its own.
 *
 * Everything that could print it prints `•••• 4242`. The digits leave only through `reveal`. Whoever makes a Pan wipes
 * it: `using pan = Pan.parse(digits)` or `finally { pan.wipe(); }`.
 */
export class Pan implements Disposable {
  readonly #digits: ClearText;
  readonly #brand: Brand;
  readonly #display: PanDisplay;

  private constructor(digits: Uint8Array) {
    this.#digits = new ClearText(digits, panMemoryBytes);
    this.#brand = brandOf(digits);
    this.#display = displayOf(digits);
  }

  /**
   * Takes a card number that a client sends: 12 to 19 bytes 0x30..0x39, no separators and no trimming, a right Luhn
   * check digit, not one digit repeated, and a first digit that payment cards have (see `isPaymentCard`).
   * Copies `digits`, which stay the caller's to wipe. Throws `CardRefusal` (`pan-...`).
   */
  static parse(digits: Uint8Array): Pan {
    const refusal = malformation(digits) ?? (isPaymentCard(digits) ? null : "pan-brand");
    if (refusal !== null) throw new CardRefusal(refusal);
    return new Pan(digits);
  }

  /**
   * Takes back a card number that the vault itself kept. Only the rules that never change are checked: a card that was
   * accepted once must open for as long as it is kept, whatever became of the brand table since.
   * Copies `digits`. Throws `CardRefusal` (`pan-...` of any kind but `pan-brand`).
   */
  static restore(digits: Uint8Array): Pan {
    const refusal = malformation(digits);
    if (refusal !== null) throw new CardRefusal(refusal);
    return new Pan(digits);
  }

  /** Number of digits, 12 to 19. */
  get length(): number {
    return this.#digits.lengthBytes;
  }

  get brand(): Brand {
    return this.#brand;
  }

  /** What may be shown of this card. Stays readable after `wipe`. */
  get display(): PanDisplay {
    return this.#display;
  }

  /**
   * The only door to the digits: a live view of ASCII bytes, to be used at once and never kept, written or turned into
   * a string. Throws `ClearTextError` after `wipe`.
   */
  reveal(access: ClearTextAccess): Uint8Array<ArrayBuffer> {
    return this.#digits.reveal(access);
  }

  /** Whether both are the same card number, in constant time. Throws `ClearTextError` after `wipe` of either. */
  equals(other: Pan): boolean {
    return this.#digits.equals(other.#digits);
  }

  /** Zeroes the digits. Idempotent. */
  wipe(): void {
    this.#digits.wipe();
  }

  [Symbol.dispose](): void {
    this.wipe();
  }

  toString(): string {
    return maskOf(this.#display);
  }

  toJSON(): string {
    return maskOf(this.#display);
  }

  [inspect.custom](): string {
    return maskOf(this.#display);
  }
}

function malformation(digits: Uint8Array): CardRefusalCode | null {
  if (!digits.every(isDigit)) return looksLikeSad(digits) ? "pan-looks-like-sad" : "pan-not-digits";
  if (digits.length < 12 || digits.length > 19) return "pan-length";
  if (digits.every((digit) => digit === digits[0])) return "pan-repeated-digit";
  return luhnValid(digits) ? null : "pan-check-digit";
}

/**
 * By its major industry identifier (ISO/IEC 7812-1): 1 to 6 are travel and banking; 9 is left to national bodies, so
 * only a brand we know; 0, 7 and 8 are other industries. UnionPay's 81 range is refused with the 8s: `pan-guard` does
 * not look for card numbers that begin with 8, and nothing may be kept that the guard would let through elsewhere.
 */
function isPaymentCard(digits: Uint8Array): boolean {
  const [industry = 0] = digits;
  return (industry >= 0x31 && industry <= 0x36) || (industry === 0x39 && brandOf(digits) !== "unknown");
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
