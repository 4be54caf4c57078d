// Fields that several operations share, each with its one form.
import { containsPan } from "@cofferdam/kit/pan-guard.ts";
import { Problem } from "@cofferdam/kit/problem.ts";
import { isToken } from "../tokens/token.ts";
import { fieldProblem } from "./field-problem.ts";
import type { Call } from "./vault-context.ts";

export const METADATA_LIMITS = { maxEntries: 16, maxBytes: 1_024 } as const;
const MAX_METADATA_CHARACTERS = 256;
// As much as the column takes: a longer text would fail the transaction, and with it the neighbours in a batch.
const MAX_METADATA_JSON_BYTES = 8_192;
const METADATA_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,39}$/;
const UTC_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/;

/** The token in the path. What cannot be a token is not there, as any other token that is not there. */
export function tokenOf(call: Call): string {
  const token = call.request.params["token"];
  if (typeof token !== "string" || !isToken(token)) throw new Problem("not-found");
  return token;
}

/** A metadata object as one canonical JSON text: names sorted, no card number in it. Throws Problem. */
export function canonicalMetadata(pointer: string, entries: ReadonlyMap<string, string>): string {
  if (entries.size > METADATA_LIMITS.maxEntries) {
    throw fieldProblem(pointer, "maxProperties", `At most ${METADATA_LIMITS.maxEntries} entries.`);
  }
  const sorted = [...entries].sort(([left], [right]) => (left < right ? -1 : 1));
  for (const [name, value] of sorted) {
    if (!METADATA_NAME.test(name)) {
      throw fieldProblem(
        pointer,
        "propertyNames",
        "Names start with a letter and have at most 40 letters, digits, _, . or -.",
      );
    }
    if (value.length > MAX_METADATA_CHARACTERS) {
      throw fieldProblem(pointer, "maxLength", `Values have at most ${MAX_METADATA_CHARACTERS} characters.`);
    }
    if (containsPan(name) || containsPan(value)) {
      throw new Problem("card-number-in-wrong-place", {
        errors: [{ pointer, keyword: "not", detail: "Metadata is kept in the clear and may not hold card numbers." }],
      });
    }
  }
  const text = JSON.stringify(Object.fromEntries(sorted));
  if (Buffer.byteLength(text) > MAX_METADATA_JSON_BYTES) {
    throw fieldProblem(pointer, "maxLength", `At most ${MAX_METADATA_JSON_BYTES} bytes of UTF-8, as JSON.`);
  }
  return text;
}

/** An RFC 3339 time in UTC, in milliseconds since 1970. Throws Problem. */
export function utcTime(pointer: string, text: string): number {
  const timeMs = UTC_TIME.test(text) ? Date.parse(text) : NaN;
  // Date.parse takes 30 February for 2 March.
  const exists =
    !Number.isNaN(timeMs) && new Date(timeMs).toISOString().startsWith(text.slice(0, "2030-01-31T00:00:00".length));
  if (!exists) throw fieldProblem(pointer, "format", "Must be a time such as 2030-01-31T00:00:00Z.");
  return timeMs;
}
