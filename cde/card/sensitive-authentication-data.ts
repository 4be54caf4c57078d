/**
 * Recognises sensitive authentication data (SAD): card verification codes, track data, PINs and PIN blocks.
 *
 * SAD must not be kept after authorisation, not even encrypted (PCI DSS 3.3.1.1 to 3.3.1.3), so the vault refuses it
 * by name and by shape. 3-D Secure results (CAVV, AAV, ECI) are not SAD and are not matched here.
 */

/** What the schemes call the code on the card (CVC of Mastercard, CVN of UnionPay, CVE of Elo, CVP of Mir, ...). */
const verificationCodeNames =
  "cvv\\d?|cvc\\d?|cvn\\d?|cve\\d?|cvp\\d?|cvd|cvx\\d?|cav\\d?|cid|csc|icvv|dcvv|" +
  "securitycode|verification(?:code|number|value)|validationcode|cardverification";
const trackNames = "tracks?\\d?(?:equivalent)?|magstripe|magneticstripe|swipe";
const pinNames = "pin|pinblock|pinoffset|pvv";

const sadFieldName = new RegExp(
  `^(?:encrypted|enc)?(?:credit|debit|payment)?(?:card|cc)?` +
    `(?:${verificationCodeNames}|${trackNames}|${pinNames})(?:code|number|no|value|data)?$`,
);

/**
 * Whether a field of this name would hold SAD. Letter case, separators and compatibility forms (full-width letters)
 * make no difference; words that only contain such a name (`shipping`, `tracking_number`) do not match.
 */
export function isSadFieldName(name: string): boolean {
  return sadFieldName.test(
    name
      .normalize("NFKC")
      .toLowerCase()
      .replaceAll(/[^a-z0-9]/g, ""),
  );
}

/**
 * Whether bytes sent as a card number have the shape of track 1 or 2 (ISO/IEC 7813) or of a clear PIN block (ISO
 * 9564-1). Works on the bytes, never on a string: track data contains the card number.
 */
export function looksLikeSad(value: Uint8Array): boolean {
  return isTrack1(value) || isTrack2(value) || isPinBlock(value);
}

const byte = (character: string): number => character.charCodeAt(0);
const [percent, semicolon, caret, equals] = [byte("%"), byte(";"), byte("^"), byte("=")];

/** `%B` card number `^` name `^` ..., with or without the start sentinel `%`. */
function isTrack1(value: Uint8Array): boolean {
  const start = value[0] === percent ? 1 : 0;
  if (upperCase(value[start]) !== byte("B")) return false;
  return start === 1 || value[1 + digitRun(value, 1)] === caret;
}

/** `;` card number `=` ..., where chips and PIN pads write `D` for `=` and leave out the sentinel. */
function isTrack2(value: Uint8Array): boolean {
  const start = value[0] === semicolon ? 1 : 0;
  const digits = digitRun(value, start);
  const separator = upperCase(value[start + digits]);
  return digits >= 8 && (start === 1 || separator === equals || separator === byte("D"));
}

/**
 * 16 hexadecimal digits: format 0 to 4, PIN length 4 to 12, then at least one fill letter. Without the letter it could
 * be a card number. An encrypted PIN block has no shape; it is refused all the same, for not being digits.
 */
function isPinBlock(value: Uint8Array): boolean {
  return (
    value.length === 16 &&
    value.every((character) => hexValue(character) !== undefined) &&
    isWithin(hexValue(value[0]), 0, 4) &&
    isWithin(hexValue(value[1]), 4, 12) &&
    value.subarray(2).some((character) => isWithin(hexValue(character), 0xa, 0xf))
  );
}

function digitRun(value: Uint8Array, start: number): number {
  const end = value.findIndex((character, index) => index >= start && !isWithin(character, 0x30, 0x39));
  return (end === -1 ? value.length : end) - start;
}

function hexValue(character: number | undefined): number | undefined {
  if (isWithin(character, 0x30, 0x39)) return character - 0x30;
  const letter = upperCase(character);
  return isWithin(letter, byte("A"), byte("F")) ? letter - byte("A") + 10 : undefined;
}

function upperCase(character: number | undefined): number | undefined {
  return isWithin(character, byte("a"), byte("z")) ? character - 0x20 : character;
}

function isWithin(value: number | undefined, low: number, high: number): value is number {
  return value !== undefined && low <= value && value <= high;
}
