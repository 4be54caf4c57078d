import { Problem } from "@cofferdam/kit/problem.ts";
import type { Validation } from "@cofferdam/openapi/validate.ts";
import type { Reply } from "../http/reply.ts";

export function json(status: number, value: object): Reply {
  return { kind: "json", status, body: JSON.stringify(value) };
}

export function text(body: string, contentType = "text/plain; charset=utf-8"): Reply {
  return { kind: "text", contentType, body };
}

/** Path parameters that fit their schema; those that do not name nothing. Throws Problem `not-found`. */
export function validPath<Value>(validation: Validation<Value>): Value {
  if (validation.ok) return validation.value;
  throw new Problem("not-found");
}
