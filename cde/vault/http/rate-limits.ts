import type { Request, RequestHandler, Response } from "express";
import { rateLimit, type RateLimitInfo } from "express-rate-limit";
import { Problem } from "@cofferdam/kit/problem.ts";

/** What a request costs: a masked read, a write, a card on its way out, or a thousand items at once. */
export type RateClass = "read" | "write" | "detokenize" | "batch";

/** Resolves when the request is within its limit; throws Problem `rate-limited` with the seconds to wait. */
export type RateLimiter = (request: Request, response: Response, key: string) => Promise<void>;

const WINDOW_MS = 60_000;
const keys = new WeakMap<Request, string>();

/**
 * A limiter of requests a minute for each key. The key is what a token proves (client, tenant) or what a certificate
 * proves (workload), never an address that a proxy or an attacker chooses.
 *
 * @param isShown whether answers carry this limit in their headers: one of the limits that a request meets does
 */
export function createRateLimiter(limitPerMinute: number, isShown: boolean): RateLimiter {
  const middleware: RequestHandler = rateLimit({
    windowMs: WINDOW_MS,
    limit: limitPerMinute,
    // The headers of draft 8 hash the key anew for every answer, which costs more than the counting.
    standardHeaders: isShown ? "draft-7" : false,
    legacyHeaders: false,
    keyGenerator: (request) => keys.get(request) ?? "unknown",
    handler: (request, _response, next) => {
      next(new Problem("rate-limited", { retryAfterSeconds: secondsToWait(request) }));
    },
  });
  return (request, response, key) => {
    keys.set(request, key);
    return new Promise((resolve, reject) => {
      void middleware(request, response, (error?: unknown) => {
        if (error instanceof Error) reject(error);
        else resolve();
      });
    });
  };
}

function secondsToWait(request: Request): number {
  const { rateLimit: info } = request as Request & { readonly rateLimit?: RateLimitInfo };
  const waitMs = (info?.resetTime?.getTime() ?? Infinity) - Date.now();
  return Math.min(Math.max(Math.ceil(waitMs / 1_000), 1), WINDOW_MS / 1_000);
}
