import { Problem, type ProblemType } from "@cofferdam/kit/problem.ts";
import type { TokenRefusal } from "../tokens/outcome.ts";

// A new refusal does not compile until it has a problem here.
const problemOf: Readonly<
  Record<TokenRefusal, { readonly type: ProblemType; readonly pointer?: string; readonly detail?: string }>
> = {
  not_found: { type: "not-found" },
  deleted: { type: "token-deleted" },
  suspended: { type: "token-suspended", detail: "Resume the token before its card can be used." },
  format_unavailable: { type: "token-format-unavailable", detail: "Ask for the format opaque, or reuse multi." },
  retention_unknown: {
    type: "invalid-field",
    pointer: "/retention_class",
    detail: "The tenant has no such retention class.",
  },
  expiry_out_of_range: {
    type: "invalid-field",
    pointer: "/expires_at",
    detail: "Must be in the future and within the retention class.",
  },
  integrity: { type: "integrity-failure" },
  key_unavailable: { type: "key-unavailable" },
};

/** The problem document of a refusal. `pointer` says where in the body the item stands, for batches. */
export function refusalProblem(refusal: TokenRefusal, pointer = ""): Problem {
  const { type, pointer: field, detail } = problemOf[refusal];
  if (field === undefined || detail === undefined) return new Problem(type, detail === undefined ? {} : { detail });
  return new Problem(type, { errors: [{ pointer: pointer + field, keyword: refusal.replaceAll("_", "-"), detail }] });
}
