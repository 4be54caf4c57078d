/**
 * The Luhn check of card numbers (ISO/IEC 7812-1 annex B).
 */

const zero = 0x30;
const nine = 0x39;

/**
 * Whether the last digit is the Luhn check digit of those before it.
 *
 * @param digits ASCII digits, one per byte (0x30 to 0x39), any length. Empty input or any other byte is not valid.
 *
 * The time taken depends on the length only, never on the digits: nothing here branches on a value.
 */
export function luhnValid(digits: Uint8Array): boolean {
  let sum = 0;
  let strangers = 0;
  let doubled = false;
  for (let index = digits.length - 1; index >= 0; index--) {
    const byte = digits[index] ?? 0;
    strangers += Number(byte < zero) + Number(byte > nine);
    const value = (byte - zero) * (1 + Number(doubled));
    sum += value - 9 * Number(value > 9);
    doubled = !doubled;
  }
  return digits.length > 0 && strangers === 0 && sum % 10 === 0;
}
