import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readSources, requirementsOf } from "./catalog.ts";
import { findNetworkFaults, parseFlows, readNetwork, type Flow, type Network } from "./network.ts";

const root = join(import.meta.dirname, "..");
const network = await readNetwork(join(root, "network"));
const requirements = requirementsOf(await readSources(join(import.meta.dirname, "requirements")));
const ids = new Set(requirements.map(({ id }) => id));

const [someFlow] = network.flows;
assert.ok(someFlow);

function withFlow(change: Partial<Flow>): Network {
  return { ...network, flows: [...network.flows, { ...(someFlow as Flow), port: 4711, ...change }] };
}

function assertFault(broken: Network, fault: RegExp): void {
  const faults = findNetworkFaults(broken, ids);
  assert.ok(
    faults.some((found) => fault.test(found)),
    `expected ${fault.source}, found:\n${faults.join("\n")}`,
  );
}

test("the flow matrix is without fault", () => {
  assert.deepEqual(findNetworkFaults(network, ids), []);
});

test("no flow joins the internet with the vault or its database, in either direction", () => {
  assertFault(withFlow({ from: "internet", to: "cde/vault" }), /internet -> cde\/vault: joins the internet/);
  assertFault(withFlow({ from: "cde/vault", to: "internet" }), /cde\/vault -> internet: joins the internet/);
  assertFault(withFlow({ from: "internet", to: "cde/postgres" }), /internet -> cde\/postgres: joins the internet/);
});

test("the vault's database is reached by the vault and the migration job only", () => {
  const callers = network.flows.filter(({ to }) => to === "cde/postgres").map(({ from }) => from);
  assert.deepEqual(callers.sort(), ["cde/migrate", "cde/vault", "cde/vault-admin"]);
});

test("the vault opens connections to its own database only", () => {
  // The vault is two processes: one for cards, one for its keys.
  for (const process of ["cde/vault", "cde/vault-admin"]) {
    const opened = network.flows.filter(({ from }) => from === process).map(({ to }) => to);
    assert.deepEqual(opened, ["cde/postgres"]);
  }
});

test("keys are administered from the management zone alone, and no custodian reaches the data plane", () => {
  const callers = network.flows.filter(({ to }) => to === "cde/vault-admin").map(({ from }) => from);
  assert.deepEqual([...new Set(callers)].sort(), [
    "management/auditor",
    "management/custodian-*",
    "management/prometheus",
  ]);
  const custodians = network.flows.filter(({ from }) => from === "management/custodian-*").map(({ to }) => to);
  assert.deepEqual(custodians, ["cde/vault-admin"]);
});

test("a workload without a zone is reported", () => {
  assertFault(withFlow({ from: "non-cde/unknown" }), /non-cde\/unknown stands in no zone/);
});

test("a workload in two zones is reported", () => {
  const twice = { trust: "outside", purpose: "A second home.", workloads: ["cde/vault"] } as const;
  assertFault({ ...network, zones: { ...network.zones, twice } }, /cde\/vault stands in two zones/);
});

test("the same flow written twice is reported", () => {
  assertFault({ ...network, flows: [...network.flows, someFlow] }, /is written twice/);
});

test("a plain protocol without a stated reason is reported", () => {
  assertFault(withFlow({ protocol: "http", requirements: ["1.3.1"] }), /is not encrypted and gives no reason/);
});

test("a flow that names an unknown requirement is reported", () => {
  assertFault(withFlow({ requirements: ["1.9.9"] }), /unknown requirement 1\.9\.9/);
});

test("a flow without a port, a purpose, an owner or a review date is reported", () => {
  assertFault(withFlow({ port: 0 }), /has no port/);
  assertFault(withFlow({ purpose: "" }), /has no purpose or no owner/);
  assertFault(withFlow({ owner: "" }), /has no purpose or no owner/);
  assertFault(withFlow({ reviewDate: "soon" }), /has no review date/);
});

test("a row with a comma too many is refused", () => {
  const header = "from,to,port,protocol,purpose,requirements,owner,review_date";
  assert.throws(() => parseFlows(`${header}\na,b,1,http,one, two,1.2.6,me,2027-01-01\n`), /row 1 has 9 fields/);
});

test("who may call the vault is the same in the policies and in the flow matrix", async () => {
  const policies = await readPolicies();
  const permitted = new Set([...policies.matchAll(/Workload::"([^"]+)"/g)].map(([, workload]) => workload));
  assert.deepEqual(callersOf("cde/vault"), [...permitted].sort());
});

test("who may call the admin process is the same in the policies and in the flow matrix", async () => {
  const policies = await readPolicies();
  const named = [...policies.matchAll(/Administrator::"([^"]+)"/g)].map(([, workload]) => workload);
  // The roster names the custodians; policies know that there are some.
  const permitted = new Set([
    ...named,
    ...(policies.includes("principal.isCustodian") ? ["management/custodian-*"] : []),
  ]);
  assert.deepEqual(callersOf("cde/vault-admin"), [...permitted].sort());
});

test("the vault listens, as delivered, on the ports that the matrix opens", async () => {
  for (const [process, file] of [
    ["cde/vault", "config.ts"],
    ["cde/vault-admin", "admin/config.ts"],
  ] as const) {
    const settings = await readFile(join(root, "cde", "vault", file), "utf8");
    const listening = [...settings.matchAll(/VAULT[A-Z_]*_PORT: port\(".*", (\d+)\)/g)].map(([, port]) => Number(port));
    const opened = new Set(network.flows.filter(({ to }) => to === process).map(({ port }) => port));
    assert.deepEqual(listening.sort(), [...opened].sort());
  }
});

async function readPolicies(): Promise<string> {
  const folder = join(root, "policies", "authorization");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".cedar"));
  return (await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")))).join("\n");
}

function callersOf(process: string): readonly string[] {
  const connected = network.flows.filter(({ to, protocol }) => to === process && protocol === "https-mtls");
  return connected.map(({ from }) => from).sort();
}
