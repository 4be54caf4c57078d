import type { Problem } from "@cofferdam/kit/problem.ts";

/** A problem as one code for the audit log: its type, and the rule that the first field broke. Never a value. */
export function refusalCode(problem: Problem): string {
  const keyword = problem.errors?.[0]?.keyword;
  return keyword === undefined ? problem.type : `${problem.type}:${keyword}`;
}
