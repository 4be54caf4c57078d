/**
 * Luhn-valid numbers of BIN 400000, one after the other from `first` on: a range of test numbers, never a card that
 * anybody holds.
 */
export function testCards(first: number): () => string {
  let next = first;
  return () => {
    const digits = `400000${String(next++).padStart(9, "0")}`;
    let sum = 0;
    for (let index = digits.length - 1, double = true; index >= 0; index -= 1, double = !double) {
      const digit = Number(digits[index]) * (double ? 2 : 1);
      sum += digit > 9 ? digit - 9 : digit;
    }
    return digits + String((10 - (sum % 10)) % 10);
  };
}
