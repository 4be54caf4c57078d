/**
 * The one place where errors become answers.
 */
import type { ErrorRequestHandler, Response } from "express";

import { DatabaseError } from "./database-error.ts";
import { discardBody } from "./http-body.ts";
import type { DatabaseErrorCode } from "./database-error.ts";
import type { Logger } from "./log.ts";
import { Problem } from "./problem.ts";
import type { ProblemType } from "./problem.ts";
import { factsOf } from "./request-facts.ts";

const retryAfterSeconds = 1;
/** As much of a refused body as is read: a batch of 1,000 cards that arrives without a pause. */
const discardLimits = { limitBytes: 1_048_576, idleMs: 50 };
/** Refusals of what was no sound request: what follows it cannot be told apart, so the answer goes out at once. */
const unsound: ReadonlySet<ProblemType> = new Set(["malformed-request", "http-version-refused"]);

const problemOfDatabase = {
  unavailable: "unavailable",
  timeout: "unavailable",
  conflict: "unavailable",
  refused: "internal",
  outcome_unknown: "outcome-unknown",
} as const satisfies Readonly<Record<DatabaseErrorCode, ProblemType>>;

/**
 * The last handler of an app: answers every error as `application/problem+json` (RFC 9457). Errors that are nobody's
 * answer become `internal` and go to the log, never to the client. An answer that has begun is cut off.
 */
export function problemAnswers(log: Logger): ErrorRequestHandler {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- Express knows an error handler by its four parameters
  return (error: unknown, request, response, _next) => {
    const facts = factsOf(request);
    const problem = asProblem(error);
    facts.problem = problem.type;
    if (problem.status >= 500 && problem.type !== "http-version-refused") {
      log.error({ request_id: facts.id, problem: problem.type, err: problem.cause ?? problem }, "request failed");
    }
    if (response.headersSent) response.destroy();
    else void answer(response, problem, facts.id);
  };
}

/** A refused body may hold cards: it is zeroed before the answer ends the request, after which Node drops it unread. */
async function answer(response: Response, problem: Problem, requestId: string): Promise<void> {
  if (hasBody(response) && !unsound.has(problem.type)) await discardBody(response.req, discardLimits);
  if (!response.headersSent && !response.destroyed) sendProblem(response, problem, requestId);
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (!(error instanceof DatabaseError)) return new Problem("internal", { cause: error });
  const type = problemOfDatabase[error.code];
  return new Problem(type, { cause: error, ...(type === "unavailable" && { retryAfterSeconds }) });
}

function sendProblem(response: Response, problem: Problem, requestId: string): void {
  response.status(problem.status).setHeader("content-type", "application/problem+json");
  if (problem.retryAfterSeconds !== undefined) response.setHeader("retry-after", problem.retryAfterSeconds);
  if (problem.status === 401) response.setHeader("www-authenticate", challenge(problem));
  // A body that has not ended within the bounds leaves a connection of no use.
  if (!response.req.complete && hasBody(response)) response.setHeader("connection", "close");
  response.end(JSON.stringify(problem.toDocument(requestId)));
}

/** RFC 6750 §3: a request without a token is told the scheme only. */
function challenge({ type, detail }: Problem): string {
  if (type !== "access-token-invalid") return "Bearer";
  return `Bearer error="invalid_token"${detail === undefined ? "" : `, error_description="${detail}"`}`;
}

function hasBody({ req }: Response): boolean {
  return req.headers["transfer-encoding"] !== undefined || (req.headers["content-length"] ?? "0") !== "0";
}
