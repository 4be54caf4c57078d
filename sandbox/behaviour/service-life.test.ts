// The vault as a service: it answers everybody before it ends, and slows down who asks too much.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { asAdmin } from "../admin-client.ts";
import { sandboxTenants } from "../callers.ts";
import { openTestBed } from "../test-bed.ts";
import { eventually } from "./eventually.ts";
import type { Answer } from "./connection.ts";
import { rawCaller, type RawCaller } from "./raw-caller.ts";
import { readinessOf } from "./readiness.ts";

const bed = await openTestBed();
const { admin } = bed;
after(() => bed[Symbol.asyncDispose]());

const { harbourCoffee, lanternBooks } = sandboxTenants;
const capture = await rawCaller(bed.standing, "capture");
const single = JSON.stringify({ card: { pan: "4242424242424242" }, reuse: "single" });
const create = (caller: RawCaller = capture): Promise<Answer> => caller("POST", "/v1/tokens", { body: single });

async function countTokens(): Promise<number> {
  const { rows } = await admin.query<{ count: number }>("select count(*)::int as count from vault.token");
  return rows[0]?.count ?? NaN;
}

async function queueDepth(): Promise<number> {
  const text = await (await fetch(`${bed.standing.vault.opsUrl}/metrics`)).text();
  return Number(/^cofferdam_queue_depth(?:\{[^}]*\})? (\d+)$/m.exec(text)?.[1]);
}

/** Does the work while the tenant's audit log is locked, so that every command of the tenant has to wait. */
async function whileLogIsLocked<Result>(work: () => Promise<Result>): Promise<Result> {
  return asAdmin(bed.adminUrl, async (client) => {
    await client.query("begin");
    await client.query("select from vault.audit_head where tenant_id = $1 for update", [harbourCoffee.tenantId]);
    return work();
  });
}

test("a vault that is told to end takes nothing new, answers all that waits, and ends with code 0", async () => {
  const before = await countTokens();
  const { waiting, ended } = await whileLogIsLocked(async () => {
    const requests = Array.from({ length: 30 }, () => create());
    await eventually(queueDepth, (depth) => depth === requests.length, 2_000);
    const end = bed.standing.vault.stop();
    await eventually(
      () => readFile(bed.standing.vault.logFile, "utf8"),
      (log) => log.includes("vault draining"),
      2_000,
    );
    assert.deepEqual(await readinessOf(bed.standing), { status: 503, failing: ["accepting"] });
    const late = await rawCaller(bed.standing, "capture");
    await assert.rejects(late("GET", "/healthz"), "a new connection was taken");
    return { waiting: Promise.all(requests), ended: end };
  });
  assert.deepEqual(new Set((await waiting).map(({ status }) => status)), new Set([201]));
  assert.deepEqual(await ended, { code: 0, signal: null });
  assert.equal(await countTokens(), before + 30);
});

test("a vault that ends under load has stored what it answered and nothing else", async () => {
  await bed.standing.vault.stop();
  await bed.standing.restart();
  const before = await countTokens();
  const statuses: number[] = [];
  const keepCreating = async (): Promise<void> => {
    const answer = await create().catch(() => null);
    if (answer === null) return;
    statuses.push(answer.status);
    await keepCreating();
  };
  const load = Promise.all(Array.from({ length: 16 }, keepCreating));
  await delay(700);
  const answered = statuses.length;
  const startedAt = performance.now();
  assert.deepEqual(await bed.standing.vault.stop(), { code: 0, signal: null });
  assert.ok(performance.now() - startedAt < 10_000);
  await load;
  assert.ok(answered > 16 && statuses.length >= answered);
  assert.deepEqual(
    statuses.filter((status) => status !== 201 && status !== 503),
    [],
  );
  assert.equal(await countTokens(), before + statuses.filter((status) => status === 201).length);
});

test("who writes too often waits, and nobody else does", async () => {
  await bed.standing.vault.stop();
  await bed.standing.restart({ VAULT_RATE_WRITE: "5" });
  const before = await countTokens();
  const answers: Answer[] = [];
  for (let request = 1; request <= 6; request += 1) answers.push(await create());
  assert.deepEqual(
    answers.map(({ status }) => status),
    [201, 201, 201, 201, 201, 429],
  );
  const seconds = Number(answers[5]?.headers.get("retry-after"));
  assert.ok(seconds >= 1 && seconds <= 60);
  assert.equal(await countTokens(), before + 5);
  const others = [
    await rawCaller(bed.standing, "capture", { clientId: "capture-of-the-shop" }),
    await rawCaller(bed.standing, "capture", { tenant: lanternBooks }),
  ];
  for (const other of others) assert.equal((await create(other)).status, 201);
  assert.equal((await create()).status, 429);
});
