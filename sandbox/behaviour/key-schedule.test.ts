// The cryptoperiod file is obeyed with nobody asking, and a dashboard shows how keys stand.
import assert from "node:assert/strict";
import path from "node:path";
import { after, test } from "node:test";
import { readCryptoperiodFile } from "@cofferdam/cde/vault/keys/cryptoperiods.ts";
import { listJobs } from "@cofferdam/cde/vault/rotation/jobs.ts";
import { createKeyMetrics } from "@cofferdam/cde/vault/rotation/key-metrics.ts";
import { rotateKey } from "@cofferdam/cde/vault/rotation/replace-primary.ts";
import { registeredRootKeys } from "@cofferdam/cde/vault/rotation/root-key-rotation.ts";
import { rotateDue, type ScheduleOptions } from "@cofferdam/cde/vault/rotation/schedule.ts";
import { createLogger } from "@cofferdam/kit/log.ts";
import { createMetrics } from "@cofferdam/kit/metrics.ts";
import { sandboxTenants } from "../callers.ts";
import { openTestBed } from "../test-bed.ts";
import { entriesOf } from "./audit-entries.ts";
import { keyOperations } from "./key-operations.ts";

const bed = await openTestBed();
const { admin } = bed;
const keys = await keyOperations(bed);
after(() => bed[Symbol.asyncDispose]());

const { tenantId } = sandboxTenants.harbourCoffee;
const cryptoperiods = await readCryptoperiodFile(
  path.resolve(import.meta.dirname, "../../policies/cryptoperiods.yaml"),
);
const system = { workload: "cde/vault-admin", clientId: "schedule" };
const options: ScheduleOptions = {
  context: { ...keys.context, attribution: { ...keys.context.attribution, actor: system } },
  cryptoperiods,
  maxRowsPerSecond: 1_000,
  intervalMs: 60_000,
  log: createLogger({ service: "test", level: "silent" }),
  onRound: () => undefined,
};
const round = (changes: Partial<ScheduleOptions> = {}): ReturnType<typeof rotateDue> =>
  rotateDue({ ...options, ...changes }, () => false);

async function primaries(): Promise<Record<string, number>> {
  const { rows } = await admin.query<{ purpose: string; version: number }>(
    "select purpose, version from vault.key_version where tenant_id = $1 and is_primary order by purpose",
    [tenantId],
  );
  return Object.fromEntries(rows.map(({ purpose, version }) => [purpose, version]));
}

function age(purpose: string, days: number): Promise<unknown> {
  return admin.query(
    "update vault.key_version set activated_at = activated_at - make_interval(days => $3) where tenant_id = $1 and purpose = $2 and is_primary",
    [tenantId, purpose, days],
  );
}

test("nothing is replaced before it is due", async () => {
  await age("data", 82);
  assert.deepEqual(await round(), { rotated: 0, waiting: 0 });
  assert.deepEqual(await primaries(), { data: 1, index: 1, request: 1 });
});

test("a data key is replaced a week before its end, by the system, and its rows are set to move", async () => {
  await age("data", 1);
  assert.deepEqual(await round(), { rotated: 1, waiting: 0 });
  assert.deepEqual(await primaries(), { data: 2, index: 1, request: 1 });
  const entries = (await entriesOf(bed.adminUrl, tenantId)).filter(({ actor }) => actor.clientId === "schedule");
  assert.deepEqual(
    entries.map(({ action }) => action),
    ["key.create", "key.promote", "key.retire", "job.start"],
  );
  assert.deepEqual(
    (await listJobs(keys.context, tenantId)).map(({ kind, priority, maxRowsPerSecond }) => [
      kind,
      priority,
      maxRowsPerSecond,
    ]),
    [["reencrypt", 0, 1_000]],
  );
});

test("rows that a crash left without a job after a rotation are set to move in the next round", async () => {
  const capture = await bed.client("capture");
  await capture.POST("/v1/tokens", { body: { card: { pan: "4242424242424242" }, reuse: "single" } });
  const { formerKeyId } = await rotateKey(keys.context, tenantId, "data");
  assert.deepEqual(await round(), { rotated: 0, waiting: 0 });
  const jobs = await listJobs(keys.context, tenantId);
  assert.deepEqual(
    jobs.filter(({ fromKeyId }) => fromKeyId === formerKeyId).map(({ rowsTotal, state }) => [rowsTotal, state]),
    [[1, "running"]],
  );
  await round();
  assert.equal((await listJobs(keys.context, tenantId)).length, jobs.length);
});

test("a data key is replaced after 2^20 records, whatever its age", async () => {
  await admin.query("update vault.key_version set uses = $2 where tenant_id = $1 and purpose = 'data' and is_primary", [
    tenantId,
    2 ** 20,
  ]);
  assert.equal((await round()).rotated, 1);
  assert.equal((await primaries())["data"], 4);
});

test("index, request and root keys are replaced when they are due, each by its own period", async () => {
  await age("index", 701);
  await age("request", 701);
  await admin.query("update vault.root_key set activated_at = activated_at - interval '336 days'");
  assert.deepEqual(await round(), { rotated: 3, waiting: 0 });
  assert.deepEqual(await primaries(), { data: 4, index: 2, request: 2 });
  assert.deepEqual(
    (await registeredRootKeys(keys.context)).map(({ state }) => state),
    ["retired", "active"],
  );
});

test("what only people replace waits for them, and is counted", async () => {
  await age("data", 84);
  const manual = { ...cryptoperiods, data: { ...cryptoperiods.data, rotation: "manual" as const } };
  assert.deepEqual(await round({ cryptoperiods: manual }), { rotated: 0, waiting: 1 });
});

test("a dashboard sees ages against their periods and rows under each version", async () => {
  const capture = await bed.client("capture");
  await capture.POST("/v1/tokens", { body: { card: { pan: "4242424242424242" } } });
  const metrics = createMetrics({ service: "test", build: "test" });
  const gauges = createKeyMetrics(metrics, cryptoperiods);
  await gauges.collect(keys.context);
  gauges.moved("reencrypt", 200);
  gauges.round(1, 1_000);
  const text = await metrics.registry.metrics();
  const labels = `tenant_id="${tenantId}",purpose="data",version="4"`;
  assert.match(text, new RegExp(`cofferdam_key_age_ratio\\{${labels},service="test"\\} 0\\.93`));
  assert.match(text, new RegExp(`cofferdam_key_rows\\{${labels},state="active",service="test"\\} 1\n`));
  assert.match(text, /cofferdam_key_rows_moved_total\{kind="reencrypt",service="test"\} 200\n/);
  assert.match(text, /cofferdam_key_schedule_last_round_timestamp_seconds\{service="test"\} 1\n/);
  assert.match(text, /cofferdam_key_jobs\{state="failed",service="test"\} 0\n/);
  assert.match(text, /cofferdam_keys_due\{service="test"\} 1\n/);
});
