/**
 * An Express app that refuses what it should before a route sees it, and answers, logs and measures in one way.
 */
import express, { Router } from "express";
import type { Express, Request, RequestHandler, Response } from "express";

import type { Logger } from "./log.ts";
import { durationBuckets } from "./metrics.ts";
import type { Metrics } from "./metrics.ts";
import { problemAnswers } from "./problem-answer.ts";
import { Problem } from "./problem.ts";
import { checkRequest } from "./request-checks.ts";
import { factsOf } from "./request-facts.ts";

export interface AppOptions {
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** For every answer. A page for people sets its own content security policy over this one. */
const securityHeaders = new Map([
  ["cache-control", "no-store"],
  ["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
  ["cross-origin-resource-policy", "same-origin"],
  ["referrer-policy", "no-referrer"],
  ["strict-transport-security", "max-age=31536000"],
  ["x-content-type-options", "nosniff"],
]);

/**
 * Makes an app around the routes that `mount` adds. Paths match exactly, letter case and closing slash included. A
 * handler may throw or reject with a Problem; a known path with another method is 405, everything else 404.
 */
export function createApp({ log, metrics }: AppOptions, mount: (router: Router) => void): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", "simple");
  app.use(observed(log, metrics));
  app.use(checked);
  app.use(routes(mount));
  app.use(() => {
    throw new Problem("not-found");
  });
  app.use(problemAnswers(log));
  return app;
}

/** Gives the request its id and, when its answer has ended in one way or the other, its line in log and metrics. */
function observed(log: Logger, metrics: Metrics): RequestHandler {
  const seconds = metrics.histogram({
    name: "http_request_duration_seconds",
    help: "Time from the head of a request to the end of its answer",
    labelNames: ["method", "route", "status"],
    buckets: durationBuckets,
  });
  return (request, response, next) => {
    const facts = factsOf(request);
    response.setHeaders(securityHeaders);
    response.setHeader("request-id", facts.id);
    response.once("close", () => {
      const durationMs = performance.now() - facts.startedAtMs;
      const known = { method: methodOf(request), route: routeOf(request), status: response.statusCode };
      seconds.observe(known, durationMs / 1_000);
      log.info({ ...known, ...lineOf(request, response), duration_ms: Math.round(durationMs * 100) / 100 }, "request");
    });
    next();
  };
}

function lineOf(request: Request, response: Response): Parameters<Logger["info"]>[0] & object {
  const { id, origin, caller, problem } = factsOf(request);
  return {
    request_id: id,
    origin,
    problem,
    tenant_id: caller?.tenantId,
    client_id: caller?.clientId,
    workload: caller?.workload,
    ...(!response.writableFinished && { outcome: "aborted" }),
  };
}

const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

function methodOf({ method }: Request): string {
  return methods.has(method) ? method : "other";
}

/** The template, such as `/v1/tokens/:token`: the path itself is the client's text. */
function routeOf(request: Request): string {
  const route = request.route as { readonly path?: unknown } | undefined;
  return typeof route?.path === "string" ? route.path : "none";
}

const checked: RequestHandler = (request, response, next) => {
  try {
    checkRequest(request);
  } catch (error) {
    // Whoever sends such a request may have hidden another behind it.
    response.setHeader("connection", "close");
    throw error;
  }
  next();
};

function routes(mount: (router: Router) => void): Router {
  const router = Router({ strict: true, caseSensitive: true });
  mount(router);
  for (const [path, allowed] of allowedMethods(router)) {
    router.all(path, (_request, response) => {
      response.setHeader("allow", allowed);
      throw new Problem("method-not-allowed", { detail: `use ${allowed}` });
    });
  }
  return router;
}

/** The `allow` header of each mounted path. */
function allowedMethods(router: Router): ReadonlyMap<string, string> {
  const allowed = new Map<string, string>();
  for (const { route } of router.stack) {
    if (route === undefined) continue;
    const names = route.stack.map(({ method }) => method.toUpperCase());
    const withHead = names.flatMap((name) => (name === "GET" ? ["GET", "HEAD"] : [name]));
    const before = allowed.get(route.path)?.split(", ") ?? [];
    allowed.set(route.path, [...new Set([...before, ...withHead])].join(", "));
  }
  return allowed;
}
