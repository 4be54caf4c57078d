import type { Request, RequestHandler, Response } from "express";
import { rateLimit } from "express-rate-limit";
import { Problem } from "@cofferdam/kit/problem.ts";

/** What a request costs: a masked read, a write, a card on its way out, or a thousand items at once. */
export type RateClass = "read" | "write" | "reveal" | "batch";

/** Requests a minute, for one client of one tenant. */
export type RateLimits = Readonly<Record<RateClass, number>>;

/** Resolves when the request is within its limit; throws Problem `rate-limited` with the seconds to wait. */
export type RateLimiter = (request: Request, response: Response, key: string) => Promise<void>;

const WINDOW_MS = 60_000;
const keys = new WeakMap<Request, string>();

/**
 * A limiter per class. The key is what a token proves (client and tenant) or what a certificate proves (workload),
 * never an address that a proxy or an attacker chooses.
 */
export function createRateLimiter(limitPerMinute: number): RateLimiter {
  const middleware: RequestHandler = rateLimit({
    windowMs: WINDOW_MS,
    limit: limitPerMinute,
    // The headers of draft 8 hash the key anew for every answer, which costs more than the counting.
    standardHeaders: "draft-7",
    legacyHeaders: false,
    keyGenerator: (request) => keys.get(request) ?? "unknown",
    handler: (_request, _response, next) => {
      next(new Problem("rate-limited", { retryAfterSeconds: WINDOW_MS / 1_000 }));
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
