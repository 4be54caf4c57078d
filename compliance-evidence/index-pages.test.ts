import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readSources, requirementsOf, type Requirement } from "./catalog.ts";
import { indexPages } from "./index-pages.ts";

const requirements = requirementsOf(await readSources(join(import.meta.dirname, "requirements")));

function page(name: string, of: readonly Requirement[]): string {
  return indexPages(of).find((candidate) => candidate.name === name)?.text ?? "";
}

test("the index, its JSON form and the responsibility matrix are those of the requirements as they stand", async () => {
  for (const { name, text } of indexPages(requirements)) {
    const written = await readFile(join(import.meta.dirname, name), "utf8");
    assert.ok(written === text, `${name} is out of date; run: node compliance-evidence/write-index.ts`);
  }
});

test("the responsibility matrix has one row for each requirement", () => {
  const rows = page("responsibility-matrix.csv", requirements).trimEnd().split("\n");
  assert.equal(rows.length, 1 + 257);
});

test("a changed status changes every page", () => {
  const changed = requirements.map((requirement) =>
    requirement.id === "3.5.1" ? { ...requirement, status: "gap" as const } : requirement,
  );
  for (const { name, text } of indexPages(requirements)) assert.notEqual(page(name, changed), text, name);
});

test("every gap stands in the index under its requirement", () => {
  const index = page("INDEX.md", requirements);
  for (const { id, gaps = [] } of requirements) {
    for (const gap of gaps) assert.ok(index.includes(`- **${id}** ${gap}`), gap);
  }
});

test("a table cell cannot break its row", () => {
  const [first] = requirements;
  assert.ok(first);
  const text = page("INDEX.md", [{ ...first, title: "either | or" }]);
  assert.match(text, /either \\\| or/);
});
