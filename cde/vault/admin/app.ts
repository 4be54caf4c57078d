// The admin plane: an Express app made of the routes table.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Express } from "express";
import { createApp, type AppOptions } from "@cofferdam/kit/http-app.ts";
import { Problem, problemTypes } from "@cofferdam/kit/problem.ts";
import { adminRoutes } from "./routes.ts";
import { serveRoute, type AdminEdge } from "./serve-route.ts";

/** Builds the app: the problem pages, then one handler a line of the table. */
export function createAdminApp(
  options: AppOptions & { readonly edge: AdminEdge; readonly problemPages: string },
): Express {
  return createApp(options, (router) => {
    router.get("/problems/:slug", async (request, response) => {
      const { slug } = request.params;
      if (!Object.hasOwn(problemTypes, slug)) throw new Problem("not-found");
      response.type("text/markdown").send(await readFile(join(options.problemPages, `${slug}.md`), "utf8"));
    });
    for (const route of adminRoutes) router[route.method](route.path, serveRoute(options.edge, route));
  });
}
