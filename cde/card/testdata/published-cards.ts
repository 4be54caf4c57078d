/** Reads the published vectors of this folder. Strings of card numbers are for tests only. */

import { readFileSync } from "node:fs";

import type { Brand } from "../brand.ts";

export interface PublishedCard {
  readonly number: string;
  readonly brand: Brand;
  readonly length: number;
}

/** Where the list names two brands, or one that changed its name. */
const brandOfListed: Readonly<Record<string, Brand>> = { "discover/diners": "discover", "switch/solo": "switch" };

export const publishedCards: readonly PublishedCard[] = rowsOf("test_pans.csv").map(
  ([number = "", brand = "", length]) => ({
    number,
    brand: brandOfListed[brand] ?? (brand as Brand),
    length: Number(length),
  }),
);

export interface InvalidCard {
  readonly id: number;
  readonly kind: string;
  readonly json_value: unknown;
  readonly expect: "reject" | "accept" | "policy";
}

export const invalidCards: readonly InvalidCard[] = (
  JSON.parse(readTestData("invalid_pans.json")) as { readonly cases: readonly InvalidCard[] }
).cases;

/** Cells of a CSV file without its heading. */
export function rowsOf(file: string): readonly (readonly string[])[] {
  return readTestData(file)
    .trimEnd()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(","));
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function readTestData(file: string): string {
  return readFileSync(new URL(file, import.meta.url), "utf8");
}
