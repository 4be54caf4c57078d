// The examples under testdata are what the code makes (cde/vault/keys/inventory/inventory.test.ts). Here they meet their schemas.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";

interface Asset {
  "bom-ref": string;
  readonly cryptoProperties: { readonly assetType: string; relatedCryptoMaterialProperties?: Record<string, unknown> };
}
interface BillOfMaterials {
  readonly components: Asset[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}
interface Inventory {
  readonly keys: Record<string, unknown>[];
  readonly suites: readonly { readonly id: string }[];
}

const readJson = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(join(import.meta.dirname, name), "utf8"));
const bom = (await readJson("testdata/cbom.cdx.json")) as BillOfMaterials;
const inventory = (await readJson("testdata/key-inventory.json")) as Inventory;
const ajv = new Ajv2020({ allErrors: true, strictRequired: false, strictTypes: false });
const isInventory = ajv.compile((await readJson("key-inventory.schema.json")) as object);
const isBom = ajv.compile((await readJson("cyclonedx-1.6-crypto.schema.json")) as object);

test("the inventory has the form of its schema, which has no field for a key's bytes", () => {
  assert.ok(isInventory(inventory), ajv.errorsText(isInventory.errors));
  const [key, ...others] = inventory.keys;
  assert.ok(key);
  assert.equal(isInventory({ ...inventory, keys: [{ ...key, value: "AAAA" }, ...others] }), false);
  assert.equal(isInventory({ ...inventory, keys: [{ ...key, ends_at: undefined }, ...others] }), false);
  assert.equal(isInventory({ ...inventory, format: "cofferdam-key-inventory/2" }), false);
});

test("every key of the inventory names an algorithm that is among its suites", () => {
  const suites = inventory.suites.map(({ id }) => id);
  for (const { algorithm } of inventory.keys) assert.ok(suites.includes(String(algorithm)), String(algorithm));
});

test("the bill of materials has the form of CycloneDX 1.6, as far as it uses it", () => {
  assert.ok(isBom(bom), ajv.errorsText(isBom.errors));
  const kinds = new Set(bom.components.map(({ cryptoProperties }) => cryptoProperties.assetType));
  assert.deepEqual([...kinds], ["algorithm", "protocol", "related-crypto-material"]);
  for (const wrong of [{ state: "retired" }, { value: "AAAA" }, { creationDate: "yesterday" }]) {
    const changed = structuredClone(bom);
    Object.assign(changed.components.at(-1)?.cryptoProperties.relatedCryptoMaterialProperties ?? {}, wrong);
    assert.equal(isBom(changed), false, Object.keys(wrong).join());
  }
});

test("every reference in the bill of materials leads to one component", () => {
  const refs = ["cofferdam", ...bom.components.map((asset) => asset["bom-ref"])];
  assert.equal(new Set(refs).size, refs.length);
  const named = JSON.stringify(bom.components).matchAll(/"algorithmRef":"([^"]+)"/g);
  const used = [
    ...bom.dependencies.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn]),
    ...[...named].map((match) => match[1] ?? ""),
  ];
  assert.ok(used.length > 20);
  for (const ref of used) assert.ok(refs.includes(ref), ref);
});
