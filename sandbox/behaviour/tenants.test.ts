// Two tenants of one vault: for each, nothing of the other exists. Harbour Coffee owns, Lantern Books tries.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { originOf } from "@cofferdam/cde/vault/audit/checkpoint.ts";
import { decodeEntry, type AuditEntry } from "@cofferdam/cde/vault/audit/event.ts";
import { isToken } from "@cofferdam/cde/vault/tokens/token.ts";
import { asAdmin } from "../admin-client.ts";
import { sandboxTenants, type sandboxCallers, type SandboxTenant } from "../callers.ts";
import { trustDomain } from "../pki.ts";
import { openTestBed } from "../test-bed.ts";
import {
  callerFor,
  namesToken,
  readAllowedPairs,
  readOperations,
  requestOf,
  type ApiRequest,
} from "./api-operations.ts";
import { entriesByRequest, entriesOf } from "./audit-entries.ts";
import { openConnection, problemOf, type Answer, type Connection } from "./connection.ts";

const bed = await openTestBed({ environment: { VAULT_RETENTION_INTERVAL: "24h", VAULT_CHECKPOINT_INTERVAL: "100ms" } });
const { standing } = bed;
const { harbourCoffee: owner, lanternBooks: thief } = sandboxTenants;
const allowedPairs = await readAllowedPairs();
const operations = (await readOperations()).filter(namesToken);

type CallerName = keyof typeof sandboxCallers;
const connections = new Map<CallerName, Connection>();
after(async () => {
  for (const connection of connections.values()) connection[Symbol.dispose]();
  await bed[Symbol.asyncDispose]();
});

async function sendAs(caller: CallerName, tenant: SandboxTenant, request: ApiRequest): Promise<Answer> {
  const connection = connections.get(caller) ?? openConnection(standing, standing.identities[caller]);
  connections.set(caller, connection);
  const authorization = `Bearer ${await standing.accessToken(caller, tenant)}`;
  return connection.send({ ...request, headers: { ...request.headers, authorization } });
}

async function create(
  tenant: SandboxTenant,
  fields: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const body = JSON.stringify({ card: { pan: "4242424242424242" }, ...fields });
  return sendAs("capture", tenant, { method: "POST", path: "/v1/tokens", body, headers });
}

function tokenIn({ status, body }: Answer): string {
  assert.equal(status, 201, body);
  return (JSON.parse(body) as { readonly token: string }).token;
}

const shapes = { opaque: "opaque", digits: "preserve_last4" } as const;
const fates = {
  active: null,
  suspended: { method: "PATCH", body: JSON.stringify({ status: "suspended" }) },
  deleted: { method: "DELETE" },
} as const;

/** A token of the owner, in one of its states. */
async function ownersToken(shape: keyof typeof shapes, fate: keyof typeof fates): Promise<string> {
  const token = tokenIn(await create(owner, { format: shapes[shape], reuse: "single" }));
  const change = fates[fate];
  if (change !== null)
    assert.ok((await sendAs("payment", owner, { ...change, path: `/v1/tokens/${token}` })).status < 300);
  return token;
}

/** A token of the same shape that nobody has: one character is another. */
function neverIssued(token: string): string {
  for (let digit = 0; digit < 10; digit += 1) {
    const changed = `${token.slice(0, 8)}${digit}${token.slice(9)}`;
    if (changed !== token && isToken(changed)) return changed;
  }
  throw new Error("no such token");
}

/** All that a caller can see of an answer, but for the time, the id of the request and the token that it named itself. */
function appearance({ status, headers, body }: Answer, token: string): object {
  const hidden = ["date", "request-id", "ratelimit"];
  const id = headers.get("request-id") ?? "";
  const shown = [...headers].filter(([name]) => !hidden.includes(name));
  return { status, headers: shown, body: body.replaceAll(id, "<request>").replaceAll(token, "<token>") };
}

/** What a request left in the log, but for its place and time and the token that it named. */
function record(entries: readonly AuditEntry[] | undefined, token: string): object {
  return (entries ?? []).map(({ object, ...entry }) => ({
    ...entry,
    sequence: 0,
    recordedAt: "",
    requestId: "",
    object: object === token ? "<token>" : object,
  }));
}

async function rowOf(token: string): Promise<unknown> {
  const { rows } = await asAdmin(bed.adminUrl, (client) =>
    client.query("select * from vault.token where token = $1", [token]),
  );
  assert.equal(rows.length, 1);
  return rows[0];
}

const kinds = Object.keys(shapes).flatMap((shape) =>
  Object.keys(fates).map((fate) => [shape as keyof typeof shapes, fate as keyof typeof fates] as const),
);
const tokens = new Map<string, string>();
for (const [shape, fate] of kinds) tokens.set(`${shape} ${fate}`, await ownersToken(shape, fate));
const ownersLog = await entriesOf(bed.adminUrl, owner.tenantId);

for (const operation of operations) {
  for (const [kind, token] of tokens) {
    test(`${operation.id} takes another tenant's token (${kind}) for one that never was`, async () => {
      const before = await rowOf(token);
      const unknown = neverIssued(token);
      const caller = callerFor(operation, allowedPairs);
      const theirs = await sendAs(caller, thief, requestOf(operation, token));
      const nobodys = await sendAs(caller, thief, requestOf(operation, unknown));
      assert.match(theirs.body, /"\/problems\/not-found"/);
      assert.deepEqual(appearance(theirs, token), appearance(nobodys, unknown));
      assert.deepEqual(await rowOf(token), before);
      const log = await entriesByRequest(bed.adminUrl, thief.tenantId);
      const ownRecord = record(log.get(theirs.headers.get("request-id") ?? ""), token);
      assert.deepEqual(ownRecord, record(log.get(nobodys.headers.get("request-id") ?? ""), unknown));
      assert.match(JSON.stringify(ownRecord), /"refused"/);
    });
  }
}

test("what another tenant tries is not in the owner's log", async () => {
  assert.deepEqual(await entriesOf(bed.adminUrl, owner.tenantId), ownersLog);
});

test("the same card of two tenants has two tokens", async () => {
  const fields = { card: { pan: "5555555555554444" } };
  const [own, other] = [tokenIn(await create(owner, fields)), tokenIn(await create(thief, fields))];
  assert.notEqual(own, other);
  assert.equal(tokenIn(await create(owner, fields)), own);
});

test("the same idempotency key of two tenants means two requests", async () => {
  const headers = { "idempotency-key": "one-key-for-both" };
  const fields = { reuse: "single" };
  const own = await create(owner, fields, headers);
  const same = await create(thief, fields, headers);
  assert.notEqual(tokenIn(same), tokenIn(own));
  assert.equal(same.headers.get("idempotency-replayed"), undefined);
  const repeated = await create(owner, fields, headers);
  assert.deepEqual([repeated.body, repeated.headers.get("idempotency-replayed")], [own.body, "true"]);
  assert.equal((await create(thief, { ...fields, metadata: { other: "body" } }, headers)).status, 422);
});

test("no header, query or field chooses a tenant", async () => {
  const token = tokens.get("opaque active") ?? "";
  const { tenantId } = owner;
  const headers = { tenant: tenantId, "tenant-id": tenantId, "x-tenant-id": tenantId, "x-forwarded-tenant": tenantId };
  const read = await sendAs("payment", thief, {
    method: "GET",
    path: `/v1/tokens/${token}?tenant=${tenantId}&tenant_id=${tenantId}`,
    headers,
  });
  assert.ok([400, 404].includes(read.status), read.body);
  for (const name of ["tenant", "tenant_id", "app.tenant_id"]) {
    assert.equal(problemOf(await create(thief, { [name]: tenantId })).type, "/problems/unknown-field");
  }
});

test("an auditor reads the log of one tenant, to its last page", async () => {
  const seen: string[] = [];
  for (let from: number | null = 0; from !== null;) {
    const { status, body } = await sendAs("auditor", thief, {
      method: "GET",
      path: `/v1/audit/events?from=${from}&limit=500`,
    });
    assert.equal(status, 200, body);
    const page = JSON.parse(body) as {
      readonly events: readonly { readonly entry: string }[];
      readonly next: number | null;
    };
    seen.push(...page.events.map(({ entry }) => entry));
    from = page.next;
  }
  assert.ok(seen.length > operations.length * tokens.size);
  assert.deepEqual([...new Set(seen.map((entry) => decodeEntry(entry).tenantId))], [thief.tenantId]);
});

test("a checkpoint names the log of its own tenant", async () => {
  const { status, body } = await sendAs("auditor", thief, { method: "GET", path: "/v1/audit/checkpoint" });
  assert.equal(status, 200, body);
  assert.equal(body.split("\n")[0], originOf(trustDomain, thief.tenantId));
});

// Last: it leaves the thief with a key version that is not its own.
test("a row that was copied into another tenant, with the rows that it refers to, opens for nobody there", async () => {
  const token = tokens.get("opaque active") ?? "";
  await asAdmin(bed.adminUrl, async (client) => {
    await client.query(
      `insert into vault.key_version (tenant_id, key_id, purpose, version, state, is_primary, created_at, activated_at)
       select $2, key_id, purpose, 99, 'decrypt-only', false, created_at, activated_at
       from vault.key_version where tenant_id = $1 and purpose = 'data'`,
      [owner.tenantId, thief.tenantId],
    );
    const { rows } = await client.query<{ readonly names: string }>(
      `select string_agg(column_name, ', ') as names from information_schema.columns
       where table_schema = 'vault' and table_name = 'token' and column_name <> 'tenant_id'`,
    );
    const names = rows[0]?.names ?? "";
    const copy = `insert into vault.token (tenant_id, ${names}) select $2, ${names} from vault.token where tenant_id = $1 and token = $3`;
    assert.equal((await client.query(copy, [owner.tenantId, thief.tenantId, token])).rowCount, 1);
  });
  for (const operation of operations.filter(({ id }) => id !== "deleteToken")) {
    const { status, body } = await sendAs(callerFor(operation, allowedPairs), thief, requestOf(operation, token));
    assert.ok(status >= 500 || /"succeeded":0/.test(body), `${operation.id}: ${body}`);
    assert.doesNotMatch(body, /"card"|"last4"/, operation.id);
  }
});
