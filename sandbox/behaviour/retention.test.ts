// No card outlives its reason: what is past its end is gone at once, and soon destroyed, with a report to prove it.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { AuditEntry } from "@cofferdam/cde/vault/audit/event.ts";
import type { CreateToken, TokenView } from "@cofferdam/openapi/generated/vault-types.ts";
import { readOverdueTokens } from "@cofferdam/cde/vault/tokens/retention-store.ts";
import { sandboxTenants } from "../callers.ts";
import { openTestBed } from "../test-bed.ts";
import { entriesOf } from "./audit-entries.ts";
import { eventually } from "./eventually.ts";
import { rawCaller } from "./raw-caller.ts";

// The first vault does not sweep, to see what a token is worth between its end and the sweep.
const bed = await openTestBed({ environment: { VAULT_RETENTION_INTERVAL: "1h" } });
const { admin } = bed;
after(() => bed[Symbol.asyncDispose]());

const { tenantId } = sandboxTenants.harbourCoffee;
const sweepWithinMs = 5_000;
const at = (token: string): { params: { path: { token: string } } } => ({ params: { path: { token } } });

async function create(body: CreateToken): Promise<TokenView> {
  const { data, error } = await (await bed.client("capture")).POST("/v1/tokens", { body });
  assert.ok(data, JSON.stringify(error));
  return data;
}

async function sealedCardOf(token: string): Promise<Buffer | null> {
  const { rows } = await admin.query<{ sealed: Buffer | null }>("select sealed from vault.token where token = $1", [
    token,
  ]);
  return rows[0] === undefined ? assert.fail("no row") : rows[0].sealed;
}

/** Sets rows back in time, seals and all: what would otherwise take days. */
const age = (table: string, days: number): Promise<unknown> =>
  admin.query(`update vault.${table} set created_at = created_at - make_interval(days => $1)`, [days]);

async function entriesAbout(action: AuditEntry["action"], object: string | null): Promise<readonly AuditEntry[]> {
  return (await entriesOf(bed.adminUrl, tenantId)).filter(
    (entry) => entry.action === action && entry.object === object,
  );
}

async function overdueMetrics(): Promise<readonly string[]> {
  const text = await (await fetch(`${bed.standing.vault.opsUrl}/metrics`)).text();
  return text.split("\n").filter((line) => line.startsWith("cofferdam_retention_overdue_tokens{"));
}

const ended = await create({
  card: { pan: "4242424242424242" },
  expires_at: new Date(Date.now() + 2_000).toISOString(),
});

test("a token past its end is gone at once, swept or not, and its card gets a new one", async () => {
  await delay(Date.parse(ended.expires_at) - Date.now() + 1);
  const [payment, egress] = [await bed.client("payment"), await bed.client("egress")];
  const later = { expires_at: new Date(Date.now() + 60_000).toISOString() };
  const answers = [
    await payment.GET("/v1/tokens/{token}", at(ended.token)),
    await payment.PATCH("/v1/tokens/{token}", { ...at(ended.token), body: later }),
    await egress.POST("/v1/tokens/{token}/detokenize", { ...at(ended.token), body: { purpose: "refund" } }),
  ];
  assert.deepEqual(
    answers.map(({ response }) => response.status),
    [410, 410, 410],
  );
  assert.notEqual((await create({ card: { pan: "4242424242424242" } })).token, ended.token);
  assert.notEqual(await sealedCardOf(ended.token), null);
});

test("the sweep destroys what is past its end, and the log says so and that nothing is overdue", async () => {
  await bed.standing.vault.stop();
  await bed.standing.restart({ VAULT_RETENTION_INTERVAL: "200ms" });
  await eventually(
    () => sealedCardOf(ended.token),
    (sealed) => sealed === null,
    sweepWithinMs,
  );
  const expired = await entriesAbout("token.expire", ended.token);
  assert.deepEqual(
    expired.map(({ actor, outcome, state }) => [actor.workload, outcome, state?.rowDigest]),
    [["cde/vault", "allowed", null]],
  );
  const reports = await eventually(
    () => entriesAbout("retention.report", null),
    ({ length }) => length > 0,
    sweepWithinMs,
  );
  assert.equal(reports[0]?.reason, "deleted=1 live=1 overdue=0");
});

test("a class that was shortened ends older tokens, and leaves those of other classes", async () => {
  const [short, long] = [
    await create({ card: { pan: "5555555555554444" }, retention_class: "one-time" }),
    await create({ card: { pan: "5555555555554444" }, retention_class: "dispute", reuse: "single" }),
  ];
  await age("token", 20);
  await delay(500);
  assert.notEqual(await sealedCardOf(short.token), null);
  await admin.query("update vault.retention_class set max_age_days = 10 where tenant_id = $1 and name = 'one-time'", [
    tenantId,
  ]);
  await eventually(
    () => sealedCardOf(short.token),
    (sealed) => sealed === null,
    sweepWithinMs,
  );
  assert.equal((await entriesAbout("token.expire", short.token)).length, 1);
  assert.notEqual(await sealedCardOf(long.token), null);
});

test("a sweep that kept up shows nothing overdue for every tenant", async () => {
  const lines = await eventually(overdueMetrics, ({ length }) => length > 0, sweepWithinMs);
  for (const tenant of Object.values(sandboxTenants)) {
    assert.ok(
      lines.some((line) => line.includes(`tenant_id="${tenant.tenantId}"`)),
      tenant.name,
    );
  }
  assert.ok(
    lines.every((line) => line.endsWith(" 0")),
    lines.join("\n"),
  );
});

test("an answer that was kept for retries is forgotten after a day, and its key starts anew", async () => {
  const capture = await rawCaller(bed.standing, "capture");
  const single = '{"card":{"pan":"378282246310005"},"reuse":"single"}';
  const send = (key: string): ReturnType<typeof capture> =>
    capture("POST", "/v1/tokens", { body: single, headers: { "idempotency-key": key } });
  const first = await send("yesterday");
  await age("idempotent_request", 1);
  await send("today");
  const count = async (): Promise<number> =>
    (await admin.query("select from vault.idempotent_request")).rowCount ?? NaN;
  assert.equal(await eventually(count, (rows) => rows < 2, sweepWithinMs), 1);
  const again = await send("yesterday");
  assert.deepEqual([again.status, again.headers.get("idempotency-replayed")], [201, undefined]);
  assert.notEqual(again.body, first.body);
});

test("a clock that is years ahead finds nothing over age: the database's clock has to agree", async () => {
  await create({ card: { pan: "4242424242424242" }, reuse: "single" });
  const yearsAheadMs = Date.now() + 4 * 366 * 86_400_000;
  const overdue = await bed
    .databaseAs("api")
    .asTenant(tenantId, (tx) => readOverdueTokens(tx, tenantId, yearsAheadMs, 10));
  assert.deepEqual(overdue, []);
});
