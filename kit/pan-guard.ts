/**
 * Finds card numbers in text that must not hold any: log lines, header values, URLs, free-text fields.
 *
 * A card number here is 12 to 19 decimal digits in any script, with any separators between them, that passes Luhn,
 * begins with 1 to 6 or 9 (the industries of payment cards, ISO/IEC 7812-1) and is not one digit repeated.
 *
 * What was given up, so that machine text passes unharmed:
 * - the shapes listed in `machineText` are not looked at;
 * - digits inside a word that mixes letters and digits (`9f86d081…`, base32, base64url) are not looked at; letters
 *   only before or only after one block of digits (`pan4242…`, track 1's `B4242…^`) do not hide it;
 * - a number of more than 19 digits without a separator is not searched for a card inside it;
 * - one number in ten that has 12 to 19 digits passes Luhn by chance. Times in milliseconds since 1970 do have 13:
 *   write times as ISO 8601 where this guard looks.
 *
 * Every expression here takes time linear in the text: no quantifier is nested in another.
 */
import { luhnValid } from "./luhn.ts";

/** PAN lengths of ISO/IEC 7812-1, with 12 for the Maestro cards in circulation. */
const shortestPan = 12;
const longestPan = 19;

/** Characters that may stand between the digits of one number; marks and format characters include zero-width ones. */
const onlySeparators = /^[\s\p{Zs}\p{Pd}\p{Cf}\p{M}.,:/\\_\u00b7\u2022\u2212]*$/u;

/** A line break or a quote may arrive JSON-escaped; what is left of `\u0009` must not read as digits. */
const jsonEscape = /\\(?:u[0-9A-Fa-f]{4}|[bfnrt])/g;

/** Texts that machines write and that hold digit groups by nature. */
const machineText = new RegExp(
  [
    "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[1-8][0-9A-Fa-f]{3}-[89abAB][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}", // UUID, RFC 9562 §4
    "[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", // traceparent, W3C Trace Context §3.2
    "(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9]:[0-6][0-9](?:[.,][0-9]{1,9})?", // ISO 8601
    "(?:[0-9]{1,3}[.]){3}[0-9]{1,3}", // IPv4 address
    "tok_[0-9a-z]{30,64}", // our tokens; too long to be a card number behind a prefix
  ]
    .map((shape) => `(?<![0-9A-Za-z])${shape}(?![0-9A-Za-z])`)
    .join("|"),
  "g",
);

/** Digits that stand together. Offsets are UTF-16 code units of the text; counts are digits of its row. */
interface DigitGroup {
  readonly start: number;
  readonly end: number;
  readonly countBefore: number;
  readonly countAfter: number;
}

/** Groups with nothing but separators between them, and their digits as bytes 0x30 to 0x39 whatever the script. */
interface DigitRow {
  readonly groups: DigitGroup[];
  readonly digits: number[];
}

interface CardSpan {
  readonly start: number;
  readonly end: number;
  readonly digitCount: number;
}

/** Whether the text holds a card number. Decode URLs and base64 first: only JSON escapes are understood. */
export function containsPan(text: string): boolean {
  return !cardSpans(text).next().done;
}

/** The text with each card number replaced by its count of digits, `[pan:16 digits]`; nothing of the number is kept. */
export function scrubPans(text: string): string {
  let scrubbed = "";
  let copied = 0;
  for (const span of merged(cardSpans(text))) {
    scrubbed += `${text.slice(copied, span.start)}[pan:${span.digitCount} digits]`;
    copied = span.end;
  }
  return scrubbed + text.slice(copied);
}

/** Two readings of the same digits may both be cards: spans that overlap are masked as one. */
function* merged(spans: Iterable<CardSpan>): Generator<CardSpan> {
  let open: CardSpan | undefined;
  for (const span of spans) {
    if (open === undefined || span.start >= open.end) {
      if (open !== undefined) yield open;
      open = span;
    } else if (span.end > open.end) {
      open = { start: open.start, end: span.end, digitCount: Math.max(open.digitCount, span.digitCount) };
    }
  }
  if (open !== undefined) yield open;
}

/** Spans in order of their start. Offsets are UTF-16 code units of `text`. */
function* cardSpans(text: string): Generator<CardSpan> {
  if (!mayHoldCard(text)) return;
  const readable = withoutMachineText(text);
  let row: DigitRow = { groups: [], digits: [] };
  for (const match of readable.matchAll(/\p{Nd}+/gu)) {
    const previous = row.groups.at(-1);
    if (previous !== undefined && !onlySeparators.test(readable.slice(previous.end, match.index))) {
      yield* cardsInRow(row, readable);
      row = { groups: [], digits: [] };
    }
    addGroup(row, match[0], match.index);
  }
  yield* cardsInRow(row, readable);
}

/** One cheap pass that lets ordinary log lines go: no twelve digits without a letter or a quote between them. */
function mayHoldCard(text: string): boolean {
  let digits = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x80 || code === 0x5c) return true;
    if (isAsciiDigit(code)) digits++;
    else if (isLetter(code) || code === 0x22) digits = 0;
    if (digits >= shortestPan) return true;
  }
  return false;
}

/** The same text, character for character, where escapes read as space and machine text as something unlike a digit. */
function withoutMachineText(text: string): string {
  const unescaped = text.includes("\\") ? text.replace(jsonEscape, (escape) => " ".repeat(escape.length)) : text;
  return unescaped.replace(machineText, (shape) => "\0".repeat(shape.length));
}

/** A card is some whole groups of a row. */
function* cardsInRow({ groups, digits }: DigitRow, text: string): Generator<CardSpan> {
  if (digits.length < shortestPan) return;
  const bytes = Uint8Array.from(digits);
  for (const [first, { start, countBefore }] of groups.entries()) {
    if (opensInsideWord(text, start)) continue;
    for (let last = first; last < groups.length; last++) {
      const { end, countAfter } = groups[last] ?? { end: start, countAfter: Infinity };
      const digitCount = countAfter - countBefore;
      if (digitCount > longestPan) break;
      if (digitCount < shortestPan || closesInsideWord(text, end)) continue;
      if (isCard(bytes.subarray(countBefore, countAfter))) yield { start, end, digitCount };
    }
  }
}

function isCard(digits: Uint8Array): boolean {
  const first = digits[0] ?? 0;
  const cardIndustry = (first >= 0x31 && first <= 0x36) || first === 0x39;
  return cardIndustry && luhnValid(digits) && digits.some((digit) => digit !== first);
}

/** Whether the letters that touch this position from the left are themselves preceded by a digit. */
function opensInsideWord(text: string, position: number): boolean {
  let index = position - 1;
  while (isLetter(text.charCodeAt(index))) index--;
  return index < position - 1 && isAsciiDigit(text.charCodeAt(index));
}

/** Whether the letters that touch this position from the right are themselves followed by a digit. */
function closesInsideWord(text: string, position: number): boolean {
  let index = position;
  while (isLetter(text.charCodeAt(index))) index++;
  return index > position && isAsciiDigit(text.charCodeAt(index));
}

function isLetter(code: number): boolean {
  const lowerCase = code | 0x20;
  return lowerCase >= 0x61 && lowerCase <= 0x7a;
}

function isAsciiDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function addGroup({ groups, digits }: DigitRow, text: string, start: number): void {
  const countBefore = digits.length;
  for (const character of text) digits.push(0x30 + digitValue(character.codePointAt(0) ?? 0));
  groups.push({ start, end: start + text.length, countBefore, countAfter: digits.length });
}

const digitValues = new Map<number, number>();

/** Unicode encodes decimal digits in runs of ten, zero first (Unicode Standard §4.6): the distance tells the value. */
function digitValue(codePoint: number): number {
  if (codePoint <= 0x39) return codePoint - 0x30;
  let value = digitValues.get(codePoint);
  if (value === undefined) {
    let distance = 0;
    while (/\p{Nd}/u.test(String.fromCodePoint(codePoint - distance - 1))) distance++;
    value = distance % 10;
    digitValues.set(codePoint, value);
  }
  return value;
}
