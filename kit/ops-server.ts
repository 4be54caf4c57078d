/**
 * A listener beside the service for those who watch it: Prometheus and the balancer. Plain HTTP, on an address that
 * only they reach.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { IncomingMessage, ServerResponse } from "node:http";

import { startServer } from "./http-server.ts";
import type { RunningServer } from "./http-server.ts";
import type { Metrics } from "./metrics.ts";

/** What `/readyz` shows: no secrets, no names of tenants. */
export interface Health {
  readonly status: "ok" | "unavailable";
  readonly checks?: readonly { readonly name: string; readonly ok: boolean }[];
}

export interface OpsOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: Metrics;
  /** Whether the service can do its work now. Rejecting, or no answer within five seconds, means no. */
  readonly readiness: () => Promise<Health>;
}

const readinessDeadlineMs = 5_000;

/**
 * Serves `/metrics`, `/healthz` (the process answers) and `/readyz` (200 when it can do its work, else 503) until it is
 * drained.
 */
export function startOpsServer({ host, port, metrics, readiness }: OpsOptions): Promise<RunningServer> {
  const pages: ReadonlyMap<string, () => Promise<Page>> = new Map([
    [
      "/metrics",
      async () => ({ status: 200, type: metrics.registry.contentType, text: await metrics.registry.metrics() }),
    ],
    ["/healthz", () => Promise.resolve(healthPage({ status: "ok" }))],
    ["/readyz", async () => healthPage(await inTime(readiness))],
  ]);
  const app = (request: IncomingMessage, response: ServerResponse): void => {
    const page = request.method === "GET" ? pages.get(request.url ?? "") : undefined;
    void send(response, page ?? (() => Promise.resolve({ status: 404, type: "text/plain", text: "not found\n" })));
  };
  return startServer({ app, host, port, limits: { connections: 50 } });
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

function healthPage(health: Health): Page {
  return { status: health.status === "ok" ? 200 : 503, type: "application/json", text: `${JSON.stringify(health)}\n` };
}

async function inTime(readiness: () => Promise<Health>): Promise<Health> {
  const unavailable: Health = { status: "unavailable" };
  try {
    return await Promise.race([readiness(), sleep(readinessDeadlineMs, unavailable, { ref: false })]);
  } catch {
    return unavailable;
  }
}

async function send(response: ServerResponse, page: () => Promise<Page>): Promise<void> {
  const { status, type, text } = await page().catch(() => ({ status: 500, type: "text/plain", text: "failed\n" }));
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(text);
}
