import assert from "node:assert/strict";
import { test } from "node:test";

import { createMetrics } from "./metrics.ts";
import { startOpsServer } from "./ops-server.ts";
import type { Health } from "./ops-server.ts";

const metrics = createMetrics({ service: "vault", build: "1.2.3" });
metrics.counter({ name: "things_total", help: "Things", labelNames: ["kind"] }).inc({ kind: "a" }, 2);
metrics.gauge({ name: "depth", help: "Depth", collect: () => 42 });

async function answerOf(
  path: string,
  readiness: () => Promise<Health>,
  method = "GET",
): Promise<Response & { readonly body: unknown }> {
  const server = await startOpsServer({ host: "127.0.0.1", port: 0, metrics, readiness });
  try {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
    return new Response(await response.text(), response);
  } finally {
    await server.drain(0);
  }
}

const ready = (): Promise<Health> => Promise.resolve({ status: "ok", checks: [{ name: "database", ok: true }] });

test("shows the metrics of runtime, build and service", async () => {
  const response = await answerOf("/metrics", ready);
  const text = await response.text();
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain/);
  for (const line of [
    /^build_info\{.*build="1\.2\.3".*\} 1$/m,
    /^things_total\{.*kind="a".*\} 2$/m,
    /^depth\{.*\} 42$/m,
    /^process_cpu_seconds_total/m,
  ]) {
    assert.match(text, line);
  }
});

test("says that the process lives whether or not it is ready", async () => {
  const response = await answerOf("/healthz", () => Promise.reject(new Error("x")));
  assert.equal(response.status, 200);
});

test("says what keeps the service from its work", async () => {
  assert.equal((await answerOf("/readyz", ready)).status, 200);
  const checks = [{ name: "database", ok: false }];
  const response = await answerOf("/readyz", () => Promise.resolve({ status: "unavailable", checks }));
  assert.equal(response.status, 503);
  assert.deepEqual(await response.json(), { status: "unavailable", checks });
});

test("a readiness that fails is no readiness", async () => {
  assert.equal((await answerOf("/readyz", () => Promise.reject(new Error("x")))).status, 503);
});

test("shows nothing else", async () => {
  assert.equal((await answerOf("/", ready)).status, 404);
  assert.equal((await answerOf("/metrics", ready, "POST")).status, 404);
});
