// Minting tokens. A token is random: nothing about the card can be computed from it, nor from any number of tokens.
import { randomBytes, randomInt } from "node:crypto";
import { luhnValid } from "@cofferdam/kit/luhn.ts";
import type { Pan } from "../../card/pan.ts";
import { clearTextAccess } from "../../card/clear-text.ts";

/** `opaque`, or digits of the PAN's length that keep what the name says and always fail the Luhn check. */
export type TokenFormat = "opaque" | "preserve_last4" | "preserve_bin_last4";
/** `multi`: the same card of a tenant gives the same token. `single`: a fresh token each time. */
export type TokenReuse = "multi" | "single";

export const tokenFormats: readonly TokenFormat[] = ["opaque", "preserve_last4", "preserve_bin_last4"];
export const tokenReuses: readonly TokenReuse[] = ["multi", "single"];

// Crockford's base32, lower case: no i, l, o, u to misread.
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const TIME_BYTES = 6;
const RANDOM_BYTES = 16;
const OPAQUE_TOKEN = /^tok_[0-9a-hjkmnp-tv-z]{36}$/;
const DIGIT_TOKEN = /^[0-9]{12,19}$/;
const LAST4 = 4;
const BIN = 6;

/**
 * `tok_` and 36 characters: 48 bits of milliseconds (rows made together lie together in the index) and 128 random bits.
 */
export function mintOpaqueToken(nowMs: number): string {
  const bytes = Buffer.allocUnsafe(TIME_BYTES + RANDOM_BYTES);
  bytes.writeUIntBE(nowMs, 0, TIME_BYTES);
  randomBytes(RANDOM_BYTES).copy(bytes, TIME_BYTES);
  return `tok_${base32(bytes)}`;
}

/**
 * Digits of the same length as the PAN, random in between, that fail the Luhn check so that nobody takes them for a
 * card. Not unique by itself: the caller stores it under a unique constraint and mints again on a collision.
 */
export function mintDigitToken(pan: Pan, format: Exclude<TokenFormat, "opaque">): string {
  const digits = Buffer.from(pan.reveal(clearTextAccess("seal")));
  const from = format === "preserve_bin_last4" ? BIN : 0;
  try {
    do {
      for (let index = from; index < digits.length - LAST4; index += 1) digits[index] = 0x30 + randomInt(10);
    } while (luhnValid(digits));
    return digits.toString("latin1");
  } finally {
    digits.fill(0);
  }
}

/** Whether a text has the shape of a token: opaque, or digits that cannot be a card number. */
export function isToken(text: string): boolean {
  return OPAQUE_TOKEN.test(text) || (DIGIT_TOKEN.test(text) && !luhnValid(Buffer.from(text, "latin1")));
}

/** Whether a text is an opaque token: safe to repeat in an audit entry even when no such token exists. */
export function isOpaqueToken(text: string): boolean {
  return OPAQUE_TOKEN.test(text);
}

function base32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    held += 8;
    while (held >= 5) {
      held -= 5;
      text += ALPHABET.charAt((bits >> held) & 31);
      bits &= (1 << held) - 1;
    }
  }
  return held > 0 ? text + ALPHABET.charAt((bits << (5 - held)) & 31) : text;
}
