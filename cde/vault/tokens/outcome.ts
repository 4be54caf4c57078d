/** Why an operation on a token was refused. Nothing has changed but the audit log. */
export type TokenRefusal =
  | "not_found"
  | "deleted"
  | "suspended"
  | "format_unavailable"
  | "retention_unknown"
  | "expiry_out_of_range"
  | "integrity"
  | "key_unavailable";

/** What came of an operation: a value, or an expected refusal. Anything else is thrown and rolls back. */
export type Outcome<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly refusal: TokenRefusal };

export function done<Value>(value: Value): Outcome<Value> {
  return { ok: true, value };
}

export function refused(refusal: TokenRefusal): { readonly ok: false; readonly refusal: TokenRefusal } {
  return { ok: false, refusal };
}
