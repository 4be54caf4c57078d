import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readYaml } from "../catalog.ts";

interface StorageList {
  readonly tables: Readonly<Record<string, StoredTable>>;
}
interface StoredTable {
  readonly account_data: Readonly<
    Record<string, { readonly holds: readonly string[]; readonly form: string; readonly secured_by: string }>
  >;
  readonly without_account_data: readonly string[];
}

const list = (await readYaml(join(import.meta.dirname, "account-data-storage.yaml"))) as StorageList;
const schema = await readSchema(join(import.meta.dirname, "../../cde/vault/migrations"));

test("every column of the vault's schema is classified, and no other", () => {
  assert.deepEqual(columnsOf(schema), classifiedIn(list));
});

test("a column that nobody classified is noticed", () => {
  const added = columnsOf(`${schema}\nalter table vault.token add column security_code text;`);
  assert.deepEqual(
    added.filter((column) => !classifiedIn(list).includes(column)),
    ["token.security_code"],
  );
});

test("account data is stored in a permitted form, which names how it is secured", () => {
  const forms = new Set(["encrypted", "truncation", "keyed-hash", "clear", "guarded-text"]);
  const stored = Object.values(list.tables).flatMap((table) => Object.entries(table.account_data));
  for (const [column, { form, secured_by }] of stored) {
    assert.ok(forms.has(form), `${column} has the unknown form ${form}`);
    assert.ok(secured_by.length > 10, `${column} does not say how it is secured`);
  }
});

test("a whole card number is stored encrypted or as a keyed hash, never otherwise", () => {
  const stored = Object.values(list.tables).flatMap((table) => Object.values(table.account_data));
  const formsOfPan = stored.filter(({ holds }) => holds.includes("PAN")).map(({ form }) => form);
  assert.deepEqual(new Set(formsOfPan), new Set(["encrypted", "keyed-hash"]));
});

async function readSchema(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  return (await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")))).join("\n");
}

/** `table.column` for every column that the migrations make, sorted. Reads the layout that they are written in. */
function columnsOf(sql: string): readonly string[] {
  const created = [...sql.matchAll(/^create table vault\.(\w+) \(\n([\s\S]*?)^\);/gm)].flatMap(([, table, body]) =>
    [...(body ?? "").matchAll(/^ {2}(?!primary key|foreign key|unique|check|constraint)([a-z]\w*) /gm)].map(
      ([, column]) => `${table ?? ""}.${column ?? ""}`,
    ),
  );
  const added = [...sql.matchAll(/alter table vault\.(\w+)\s+add column (\w+)/g)].map(
    ([, table, column]) => `${table ?? ""}.${column ?? ""}`,
  );
  return [...created, ...added].sort();
}

function classifiedIn({ tables }: StorageList): readonly string[] {
  return Object.entries(tables)
    .flatMap(([name, table]) =>
      [...Object.keys(table.account_data), ...table.without_account_data].map((column) => `${name}.${column}`),
    )
    .sort();
}
