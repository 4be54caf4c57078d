// The data plane: an Express app made of the routes table.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Express } from "express";
import { createApp, type AppOptions } from "@cofferdam/kit/http-app.ts";
import { Problem, problemTypes } from "@cofferdam/kit/problem.ts";
import type { Readiness } from "./readiness.ts";
import { routes } from "./routes.ts";
import { serveRoute, type Edge } from "./serve-route.ts";

/** Builds the app: public pages first, then one handler a line of the table. */
export function createVaultApp(
  options: AppOptions & { readonly edge: Edge; readonly readiness: Readiness; readonly problemPages: string },
): Express {
  return createApp(options, (router) => {
    router.get("/healthz", (_request, response) => {
      response.json({ status: "ok", checks: [] });
    });
    router.get("/readyz", async (_request, response) => {
      const health = await options.readiness();
      response.status(health.status === "ok" ? 200 : 503).json(health);
    });
    router.get("/problems/:slug", async (request, response) => {
      response.type("text/markdown").send(await problemPage(options.problemPages, request.params.slug));
    });
    for (const route of routes) router[route.method](route.path, serveRoute(options.edge, route));
  });
}

async function problemPage(directory: string, slug: string): Promise<string> {
  if (!Object.hasOwn(problemTypes, slug)) throw new Problem("not-found");
  return readFile(join(directory, `${slug}.md`), "utf8");
}
