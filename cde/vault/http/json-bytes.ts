// The grammar of JSON numbers and escapes, on bytes: a card number may stand in any of them, and a text of it would stay
// in memory. Pure.

const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const ESCAPES = new Map([
  [0x22, 0x22],
  [0x5c, 0x5c],
  [0x2f, 0x2f],
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
]);

/** Whether a byte begins a number. */
export function isNumberStart(byte: number | undefined): boolean {
  return byte === MINUS || isDigit(byte);
}

/** Whether a byte is an ASCII digit. */
export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** Where the number that begins at `start` ends (RFC 8259 §6); null when none begins there. */
export function numberEnd(bytes: Buffer, start: number): number | null {
  const digitsEnd = (from: number): number => {
    let at = from;
    while (isDigit(bytes[at])) at += 1;
    return at;
  };
  const first = bytes[start] === MINUS ? start + 1 : start;
  let end = bytes[first] === 0x30 ? first + 1 : digitsEnd(first);
  if (end === first) return null;
  if (bytes[end] === 0x2e) {
    const fraction = end + 1;
    end = digitsEnd(fraction);
    if (end === fraction) return null;
  }
  if (bytes[end] === 0x65 || bytes[end] === 0x45) {
    const sign = bytes[end + 1];
    const exponent = sign === 0x2b || sign === MINUS ? end + 2 : end + 1;
    end = digitsEnd(exponent);
    if (end === exponent) return null;
  }
  return end;
}

/** Decodes JSON escapes into `target`; the decoded length, or null for a wrong escape or a lone surrogate. */
export function unescape(raw: Buffer, target: Buffer): number | null {
  let length = 0;
  for (let index = 0; index < raw.length; index += 1) {
    const byte = raw[index] ?? 0;
    if (byte !== BACKSLASH) {
      target[length] = byte;
      length += 1;
      continue;
    }
    index += 1;
    const simple = ESCAPES.get(raw[index] ?? 0);
    if (simple !== undefined) {
      target[length] = simple;
      length += 1;
      continue;
    }
    const escaped = unicodeEscape(raw, index);
    if (escaped === null) return null;
    length += target.write(escaped.character, length, "utf8");
    index = escaped.last;
  }
  return length;
}

function unicodeEscape(raw: Buffer, index: number): { character: string; last: number } | null {
  const high = hexUnit(raw, index);
  if (high === null || (high >= 0xdc00 && high <= 0xdfff)) return null;
  if (high < 0xd800 || high > 0xdfff) return { character: String.fromCharCode(high), last: index + 4 };
  const low = raw[index + 5] === BACKSLASH ? hexUnit(raw, index + 6) : null;
  if (low === null || low < 0xdc00 || low > 0xdfff) return null;
  return { character: String.fromCharCode(high, low), last: index + 10 };
}

/** The UTF-16 unit of `uXXXX` at `index`; null when none stands there. */
function hexUnit(raw: Buffer, index: number): number | null {
  if (raw[index] !== 0x75) return null;
  let unit = 0;
  for (let at = index + 1; at <= index + 4; at += 1) {
    const digit = hexDigit(raw[at]);
    if (digit === null) return null;
    unit = unit * 16 + digit;
  }
  return unit;
}

function hexDigit(byte: number | undefined): number | null {
  if (byte === undefined) return null;
  if (isDigit(byte)) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : null;
}
