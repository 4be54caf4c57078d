import { Problem } from "@cofferdam/kit/problem.ts";
import type { Validation } from "@cofferdam/openapi/validate.ts";
import { CardRefusal, refusalHint, type CardRefusalCode } from "../../card/refusal.ts";

/** One refused field. */
export function fieldProblem(pointer: string, keyword: string, detail: string): Problem {
  return new Problem("invalid-field", { errors: [{ pointer, keyword, detail }] });
}

/** A body that fits its schema. Throws Problem `invalid-field`, or `unknown-field` when that is all that is wrong. */
export function validBody<Value>(validation: Validation<Value>): Value {
  if (validation.ok) return validation.value;
  const isUnknownField = validation.errors.every((error) => error.keyword === "additionalProperties");
  throw new Problem(isUnknownField ? "unknown-field" : "invalid-field", { errors: validation.errors });
}

/** Query parameters that fit their schema. Throws Problem `invalid-field`. */
export function validQuery<Value>(validation: Validation<Value>): Value {
  if (validation.ok) return validation.value;
  throw new Problem("invalid-field", { errors: validation.errors });
}

/** Turns what a card value refused into a problem that names its field; anything else is rethrown. */
export function cardProblem(pointer: string, error: unknown): Problem {
  if (!(error instanceof CardRefusal)) throw error;
  return new Problem(problemOfCard[error.code], {
    errors: [{ pointer, keyword: error.code, detail: refusalHint[error.code] }],
  });
}

const problemOfCard: Readonly<
  Record<
    CardRefusalCode,
    "pan-invalid" | "invalid-field" | "sensitive-authentication-data" | "card-number-in-wrong-place"
  >
> = {
  "pan-not-digits": "pan-invalid",
  "pan-length": "pan-invalid",
  "pan-check-digit": "pan-invalid",
  "pan-repeated-digit": "pan-invalid",
  "pan-brand": "pan-invalid",
  "pan-looks-like-sad": "sensitive-authentication-data",
  "expiry-invalid": "invalid-field",
  "name-invalid": "invalid-field",
  "name-contains-pan": "card-number-in-wrong-place",
};
