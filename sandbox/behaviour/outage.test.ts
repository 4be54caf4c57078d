// When PostgreSQL is gone or hangs, the vault says so soon, loses nothing that it answered, and recovers by itself.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { TokenView } from "@cofferdam/openapi/generated/vault-types.ts";
import { asAdmin } from "../admin-client.ts";
import { startPostgres, type Cluster } from "../postgres.ts";
import { postgresProcesses } from "../postmaster.ts";
import { createRoles } from "../roles.ts";
import { standUpVault } from "../standing-vault.ts";
import { eventually } from "./eventually.ts";
import type { Answer } from "./connection.ts";
import { rawCaller } from "./raw-caller.ts";
import { readinessOf } from "./readiness.ts";

// A cluster of its own, which no other test file needs while it is stopped.
const evidence = process.env["TEST_EVIDENCE_DIRECTORY"];
const directory = await mkdtemp(path.join(evidence ?? tmpdir(), "outage-"));
const postgres = { directory: path.join(directory, "postgres"), durable: false };
let cluster: Cluster = await startPostgres(postgres);
const urls = await createRoles({
  adminUrl: cluster.url,
  passwordFile: path.join(directory, "database-passwords.json"),
});
const standing = await standUpVault({ directory: path.join(directory, "vault"), urls });
after(async () => {
  await standing.stop();
  await cluster.stop();
  if (evidence === undefined) await rm(directory, { recursive: true, force: true });
});

const answerWithinMs = 6_000;
const capture = await rawCaller(standing, "capture");
const payment = await rawCaller(standing, "payment");
const egress = await rawCaller(standing, "egress");
const single = '{"card":{"pan":"4242424242424242"},"reuse":"single"}';
const create = (): Promise<Answer> => capture("POST", "/v1/tokens", { body: single });
const tokenIn = ({ body }: Answer): string => (JSON.parse(body) as TokenView).token;
const detokenize = (of: string): Promise<Answer> =>
  egress("POST", `/v1/tokens/${of}/detokenize`, { body: '{"purpose":"authorization"}' });

const token = tokenIn(await create());

/** Asks for every kind of work at the same time, while none can be done. */
async function assertNothingCanBeDone(): Promise<void> {
  const startedAt = performance.now();
  const answers = await Promise.all([payment("GET", `/v1/tokens/${token}`), create(), detokenize(token)]);
  const durationMs = performance.now() - startedAt;
  assert.ok(durationMs < answerWithinMs, `${durationMs} ms`);
  for (const { status, headers } of answers) {
    // 504: it was begun, and its end is not known.
    assert.ok(status === 503 || status === 504, `${status}`);
    if (status === 503) assert.match(headers.get("retry-after") ?? "", /^[1-9]\d*$/);
  }
  assert.equal(answers[0].status, 503);
}

async function storedTokens(): Promise<ReadonlySet<string>> {
  const select = "select token from vault.token";
  const { rows } = await asAdmin(cluster.url, (client) => client.query<{ token: string }>(select), "cofferdam");
  return new Set(rows.map((row) => row.token));
}

test("without a database every request is answered in time, and readiness fails while the process lives", async () => {
  const { port } = cluster;
  await cluster.stop();
  await assertNothingCanBeDone();
  await eventually(
    () => readinessOf(standing),
    ({ status, failing }) => status === 503 && failing.includes("database"),
    5_000,
  );
  assert.equal((await fetch(`${standing.vault.opsUrl}/healthz`)).status, 200);
  cluster = await startPostgres({ ...postgres, choosePort: () => port });
  await eventually(create, ({ status }) => status === 201, 5_000);
  await eventually(
    () => readinessOf(standing),
    ({ status }) => status === 200,
    5_000,
  );
});

test("a database that vanishes under load takes nothing along that was answered", async () => {
  const before = await storedTokens();
  const answers: Answer[] = [];
  let isBack = false;
  const createUntilRecovered = async (): Promise<void> => {
    const answer = await create();
    answers.push(answer);
    if (!isBack || answer.status !== 201) await createUntilRecovered();
  };
  const load = Promise.all(Array.from({ length: 8 }, createUntilRecovered));
  await delay(300);
  await cluster.stop();
  await delay(300);
  cluster = await startPostgres({ ...postgres, choosePort: () => cluster.port });
  isBack = true;
  await load;
  const created = answers.filter(({ status }) => status === 201).map(tokenIn);
  const failures = answers.filter(({ status }) => status !== 201).map(({ status }) => status);
  const unknown = failures.filter((status) => status === 504).length;
  assert.ok(failures.length > 0);
  assert.deepEqual(
    failures.filter((status) => status !== 503 && status !== 504),
    [],
  );
  const stored = (await storedTokens()).difference(before);
  assert.deepEqual(
    created.filter((made) => !stored.has(made)),
    [],
  );
  assert.ok(
    stored.size - created.length <= unknown,
    `${stored.size} stored, ${created.length} answered, ${unknown} unknown`,
  );
});

test("a database that hangs is as good as none, and work goes on when it wakes", async () => {
  const processes = await postgresProcesses(path.join(cluster.directory, "data"));
  for (const pid of processes) process.kill(pid, "SIGSTOP");
  try {
    await assertNothingCanBeDone();
    assert.equal((await readinessOf(standing)).status, 503);
  } finally {
    for (const pid of processes) process.kill(pid, "SIGCONT");
  }
  await eventually(create, ({ status }) => status === 201, 5_000);
  assert.equal((await detokenize(token)).status, 200);
});
