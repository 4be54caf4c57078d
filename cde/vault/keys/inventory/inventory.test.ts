import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { cryptographicBillOfMaterials } from "./cbom.ts";
import { keyInventory, type InventoryLine } from "./inventory.ts";
import { InventoryError, sharedKeys } from "./inventory-overlap.ts";
import { inventoryCsv, inventoryJson, inventoryTable } from "./inventory-text.ts";
import { exampleFacts } from "./testdata/inventory-facts.ts";

const inventory = keyInventory(exampleFacts);
const json = inventoryJson(inventory);

function line(end: string): InventoryLine {
  const found = inventory.lines.find(({ id }) => id.endsWith(end));
  assert.ok(found, end);
  return found;
}

test("lists every key of the facts once, root keys first", () => {
  assert.deepEqual(
    inventory.lines.map(({ kind }) => kind),
    ["root", "root", "data", "data", "index", "request", "checkpoint", "transcript"],
  );
});

test("says when a key ends and when it is replaced, by age or by uses", () => {
  const days = (ms: number | null): number | null => (ms === null ? null : (ms - inventory.takenAtMs) / 86_400_000);
  const shown = ["a001", "b002", "b003", "c0c0"].map((end) => {
    const { standing, rotateAtMs, endsAtMs } = line(end);
    return [standing, days(rotateAtMs), days(endsAtMs)];
  });
  assert.deepEqual(shown, [
    ["due", -5, 25],
    ["due", 0, 80],
    ["fresh", 600, 630],
    ["over", -31, -1],
  ]);
});

test("a key that protects nothing new has no end ahead", () => {
  for (const end of ["a002", "b001", "b004", "7070"]) {
    const { standing, rotateAtMs, endsAtMs } = line(end);
    assert.deepEqual([standing, rotateAtMs, endsAtMs], [null, null, null], end);
  }
});

test("names the form of storage, and the custodians of root keys alone", () => {
  assert.match(line("a001").storage, /device, not extractable/);
  assert.match(line("a002").storage, /full-length shares/);
  assert.match(line("b002").storage, /encrypted under root keys/);
  assert.equal(line("b004").storage, "not stored any more");
  assert.deepEqual(line("a001").custodians, ["alice", "bob", "carol"]);
  assert.deepEqual(line("b002").custodians, []);
});

test("CSV holds text with commas, quotes and formulas as text", () => {
  const [rootKey] = exampleFacts.rootKeys;
  assert.ok(rootKey);
  const facts = { ...exampleFacts, rootKeys: [{ ...rootKey, location: '=1+1, "x"' }], tenants: [], signingKeys: [] };
  const [header, row] = inventoryCsv(keyInventory(facts)).split("\n");
  assert.match(header ?? "", /^id,kind,tenant_id,version,purpose,/);
  assert.ok(row?.includes(`"'=1+1, ""x"""`));
});

test("the table has one line for each key, in columns", () => {
  const [header, ...rows] = inventoryTable(inventory).trimEnd().split("\n");
  assert.match(header ?? "", /^kind +tenant_id +version +state +standing/);
  assert.equal(rows.length, inventory.lines.length);
  assert.match(rows[3] ?? "", /^data +11111111-1111-4111-8111-111111111111 +2 +active +due +1048576/);
});

test("two deployments share no key, and one that is in both is named", () => {
  const others = {
    ...exampleFacts,
    deployment: "test",
    rootKeys: exampleFacts.rootKeys.map((key) => ({ ...key, id: `${key.id}-test` })),
    tenants: [],
  };
  assert.deepEqual(sharedKeys(json, inventoryJson(keyInventory({ ...others, signingKeys: [] }))), []);
  assert.deepEqual(sharedKeys(json, inventoryJson(keyInventory(others))), ["70".repeat(32), "c0".repeat(32)]);
});

test("what is no inventory is never found to share nothing", () => {
  for (const other of [
    "",
    "null",
    "{}",
    '{"format":"cofferdam-key-inventory/1","keys":[{}]}',
    json.replace("/1", "/2"),
  ]) {
    assert.throws(() => sharedKeys(json, other), InventoryError);
  }
});

// compliance-evidence/crypto checks the example files against their schemas.
const examples = [
  ["key-inventory.json", json],
  ["key-inventory.csv", inventoryCsv(inventory)],
  ["cbom.cdx.json", cryptographicBillOfMaterials(inventory, "00000000-0000-4000-8000-00000000c001")],
] as const;
for (const [name, made] of examples) {
  test(`the example ${name} is what the code makes (WRITE_EXAMPLES=1 writes it)`, async () => {
    const path = join(import.meta.dirname, "../../../../compliance-evidence/crypto/testdata", name);
    if (process.env["WRITE_EXAMPLES"] === "1") await writeFile(path, made);
    assert.equal(made, await readFile(path, "utf8"));
  });
}
