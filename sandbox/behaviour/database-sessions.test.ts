// The vault's own database sessions: whose name they resolve, and whose tenant they carry, under load and broken off.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { sandboxTenants, type sandboxCallers, type SandboxTenant } from "../callers.ts";
import { openTestBed } from "../test-bed.ts";
import type { ApiRequest } from "./api-operations.ts";
import { openConnection, type Answer } from "./connection.ts";

const bed = await openTestBed();
const { standing, admin } = bed;

const connections = {
  capture: openConnection(standing, standing.identities.capture, 16),
  payment: openConnection(standing, standing.identities.payment, 16),
  egress: openConnection(standing, standing.identities.egress, 16),
};
after(async () => {
  for (const connection of Object.values(connections)) connection[Symbol.dispose]();
  await bed[Symbol.asyncDispose]();
});

/** A merchant with a card of its own and what it may be told: anything else is another's. */
interface Merchant {
  readonly tenant: SandboxTenant;
  readonly pan: string;
  readonly authorization: Readonly<Record<keyof typeof connections, string>>;
  readonly tokens: Set<string>;
}

async function merchantOf(tenant: SandboxTenant, pan: string): Promise<Merchant> {
  const bearer = async (caller: keyof typeof sandboxCallers): Promise<string> =>
    `Bearer ${await standing.accessToken(caller, tenant)}`;
  const authorization = {
    capture: await bearer("capture"),
    payment: await bearer("payment"),
    egress: await bearer("egress"),
  };
  return { tenant, pan, authorization, tokens: new Set() };
}

const merchants = [
  await merchantOf(sandboxTenants.harbourCoffee, "4242424242424242"),
  await merchantOf(sandboxTenants.lanternBooks, "5555555555554444"),
] as const;

function send(
  merchant: Merchant,
  caller: keyof typeof connections,
  request: ApiRequest,
  signal?: AbortSignal,
): Promise<Answer> {
  return connections[caller].send({ ...request, headers: { authorization: merchant.authorization[caller] } }, signal);
}

async function create(merchant: Merchant, signal?: AbortSignal): Promise<void> {
  const fields = { card: { pan: merchant.pan }, reuse: "single", metadata: { owner: merchant.tenant.name } };
  const answer = await send(
    merchant,
    "capture",
    { method: "POST", path: "/v1/tokens", body: JSON.stringify(fields) },
    signal,
  );
  assert.equal(answer.status, 201, answer.body);
  const view = JSON.parse(answer.body) as {
    readonly token: string;
    readonly last4: string;
    readonly metadata: { readonly owner: string };
  };
  assert.deepEqual([view.last4, view.metadata.owner], [merchant.pan.slice(-4), merchant.tenant.name]);
  for (const { tokens } of merchants) assert.ok(!tokens.has(view.token));
  merchant.tokens.add(view.token);
}

async function read(merchant: Merchant, token: string, signal?: AbortSignal): Promise<void> {
  const answer = await send(merchant, "payment", { method: "GET", path: `/v1/tokens/${token}` }, signal);
  assert.equal(answer.status, 200, answer.body);
  const view = JSON.parse(answer.body) as { readonly token: string; readonly metadata: { readonly owner: string } };
  assert.deepEqual([view.token, view.metadata.owner], [token, merchant.tenant.name]);
}

async function reveal(merchant: Merchant, token: string, signal?: AbortSignal): Promise<void> {
  const body = JSON.stringify({ purpose: "authorization" });
  const answer = await send(
    merchant,
    "egress",
    { method: "POST", path: `/v1/tokens/${token}/detokenize`, body },
    signal,
  );
  assert.equal(answer.status, 200, answer.body);
  const { card } = JSON.parse(answer.body) as { readonly card: { readonly pan: string } };
  assert.ok(card.pan === merchant.pan, "another card");
}

const requests = 2_000;
const atOnce = 24;
const isBrokenOff = (number: number): boolean => number % 9 === 0;

/** The `number`-th request: tenants alternate, kinds follow one another, every ninth client leaves after 0 to 6 ms. */
async function oneOfMany(number: number): Promise<"answered" | "broken off"> {
  const merchant = merchants[number % 2] ?? merchants[0];
  const token = [...merchant.tokens][number % 20] ?? "";
  const signal = isBrokenOff(number) ? AbortSignal.timeout(number % 7) : undefined;
  const kind = Math.floor(number / 2) % 4;
  try {
    if (kind === 0) await create(merchant, signal);
    else if (kind === 1) await reveal(merchant, token, signal);
    else await read(merchant, token, signal);
    return "answered";
  } catch (error) {
    if (signal?.aborted !== true || error instanceof assert.AssertionError) throw error;
    return "broken off";
  }
}

test("two thousand interleaved requests of two tenants, many of them broken off, are answered from their own tenant alone", async () => {
  for (const merchant of merchants) for (let count = 0; count < 20; count += 1) await create(merchant);
  let next = 0;
  const outcomes = { answered: 0, "broken off": 0 };
  const worker = async (): Promise<void> => {
    while (next < requests) outcomes[await oneOfMany(next++)] += 1;
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  assert.equal(outcomes.answered + outcomes["broken off"], requests);
  assert.ok(outcomes["broken off"] > 50, `only ${outcomes["broken off"]} were broken off`);
});

test("clients that leave are no fault of the vault", async () => {
  const lines = (await readFile(standing.vault.logFile, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly level: string });
  assert.deepEqual(
    lines.filter(({ level }) => level === "error"),
    [],
  );
});

test("objects that shadow the vault's own, in schemas that come first, are never looked at", async () => {
  const [merchant] = merchants;
  const token = "tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g";
  const database = new URL(bed.adminUrl).pathname.slice(1);
  await admin.query(`
    create table public.token (like vault.token);
    insert into public.token (tenant_id, token, format, reuse, status, retention_class, row_version, created_at, updated_at, expires_at)
    values ('${merchant.tenant.tenantId}', '${token}', 'opaque', 'multi', 'deleted', 'standard', 1, now(), now(), now());
    create function public.set_config(text, text, boolean) returns text language sql as 'select null';
    create function public.current_setting(text, boolean) returns text language sql
      as 'select ''${sandboxTenants.lanternBooks.tenantId}''';
    create schema cofferdam_api;
    create table cofferdam_api.token (like vault.token);
    grant usage on schema public, cofferdam_api to public;
    grant select on public.token, cofferdam_api.token to public;
    alter role cofferdam_api in database ${database} set search_path = cofferdam_api, public, vault, pg_catalog`);
  await admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'cofferdam_api'",
  );
  await sleep(200);
  const [own = ""] = merchant.tokens;
  await read(merchant, own).catch(() => read(merchant, own)); // The first may meet a connection that was cut.
  assert.equal((await send(merchant, "payment", { method: "GET", path: `/v1/tokens/${token}` })).status, 404);
  await create(merchant);
  await reveal(merchant, own);
});
