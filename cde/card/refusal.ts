/** What can be wrong with the card of a request. Each code is one rule of this folder, and each rule has one code. */

/** Codes of everything this folder refuses. Closed: the edge maps each one to a problem document. */
export type CardRefusalCode =
  | "pan-not-digits"
  | "pan-length"
  | "pan-check-digit"
  | "pan-repeated-digit"
  | "pan-brand"
  | "pan-looks-like-sad"
  | "expiry-invalid"
  | "name-invalid"
  | "name-contains-pan";

/**
 * A card value that is refused. Nothing has been kept: the bytes are still the caller's to wipe.
 *
 * The message is chosen by the code alone, so no error, log line or stack trace can carry what was sent.
 */
export class CardRefusal extends Error {
  override readonly name = "CardRefusal";
  readonly code: CardRefusalCode;

  constructor(code: CardRefusalCode) {
    super(messages[code]);
    this.code = code;
  }
}

const messages: Readonly<Record<CardRefusalCode, string>> = {
  "pan-not-digits": "the card number holds something other than digits",
  "pan-length": "the card number has the wrong length",
  "pan-check-digit": "the check digit of the card number is wrong",
  "pan-repeated-digit": "the card number is one digit repeated",
  "pan-brand": "the card number does not begin like a payment card",
  "pan-looks-like-sad": "the card number field holds track data or a pin block",
  "expiry-invalid": "the expiry is not a month of this century",
  "name-invalid": "the cardholder name is not acceptable text",
  "name-contains-pan": "the cardholder name holds a number as long as a card number",
};

/** How a client mends its request, by code. Safe to send: no hint depends on what was received. */
export const refusalHint: Readonly<Record<CardRefusalCode, string>> = {
  "pan-not-digits": "Send the card number as ASCII digits only, without spaces, hyphens or other separators.",
  "pan-length": "Send all 12 to 19 digits of the card number.",
  "pan-check-digit": "Ask the cardholder to check the number for a mistyped or swapped digit.",
  "pan-repeated-digit": "Send a card number; placeholders are refused. Use a published test number when testing.",
  "pan-brand": "Send a payment card number. Loyalty, airline and fuel card numbers are not accepted.",
  "pan-looks-like-sad": "Send the card number alone. Never send track data or a PIN block: they must not be stored.",
  "expiry-invalid": "Send the month as 1 to 12 and the year with four digits, 2000 to 2099; or leave the expiry out.",
  "name-invalid": "Send 1 to 64 characters of UTF-8, at most 128 bytes, without control characters; or leave it out.",
  "name-contains-pan": "Send the name as printed on the card. It may hold at most eleven digits.",
};
