// Cards on their way out: JSON put together as bytes, in one buffer that is zeroed after the socket took it.
import type { Card } from "../../card/card.ts";
import { clearTextAccess, offHeapMemory } from "../../card/clear-text.ts";
import type { CardholderName } from "../../card/cardholder-name.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MIN_BYTES = 80;

/** One piece of a JSON text: text of ours, or bytes of a card. */
export type Piece = string | Uint8Array;

/** `{"token":…,"card":{"pan":…,"expiry":…,"cardholder_name":…}}` as pieces. The card must live until `joinPieces`. */
export function cardPieces(token: string, card: Card): readonly Piece[] {
  const expiry = JSON.stringify(card.expiry === null ? null : { month: card.expiry.month, year: card.expiry.year });
  return [
    `{"token":${JSON.stringify(token)},"card":{"pan":"`,
    card.pan.reveal(clearTextAccess("release")),
    `","expiry":${expiry},"cardholder_name":`,
    ...namePieces(card.cardholderName),
    "}}",
  ];
}

/** Joins pieces into one buffer outside V8's heap, which the caller zeroes. */
export function joinPieces(pieces: readonly Piece[]): Buffer {
  const size = pieces.reduce(
    (sum, piece) => sum + (typeof piece === "string" ? Buffer.byteLength(piece) : piece.length),
    0,
  );
  const joined = offHeapMemory(Math.max(size, MIN_BYTES));
  let position = 0;
  for (const piece of pieces) {
    if (typeof piece === "string") position += joined.write(piece, position, "utf8");
    else {
      joined.set(piece, position);
      position += piece.length;
    }
  }
  return joined.subarray(0, size);
}

/** A name holds no control characters, so only quotes and backslashes need an escape. */
function namePieces(name: CardholderName | null): readonly Piece[] {
  if (name === null) return ["null"];
  const utf8 = name.reveal(clearTextAccess("release"));
  const pieces: Piece[] = ['"'];
  let start = 0;
  for (let index = 0; index < utf8.length; index += 1) {
    if (utf8[index] !== QUOTE && utf8[index] !== BACKSLASH) continue;
    pieces.push(utf8.subarray(start, index), "\\");
    start = index;
  }
  return [...pieces, utf8.subarray(start), '"'];
}
