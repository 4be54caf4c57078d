import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { parse } from "yaml";
import { operationsOf, resolve } from "./api-document.ts";
import type { ApiDocument, Response } from "./api-document.ts";
import type { Problem } from "./generated/vault-types.ts";
import { validateProblem } from "./validate-response.ts";

const folder = join(import.meta.dirname, "../docs/problems");
const slugs = (await readdir(folder)).map((file) => file.replace(/\.md$/, ""));
const documents = await Promise.all(
  ["vault.yaml", "vault-admin.yaml"].map(
    async (name) => parse(await readFile(join(import.meta.dirname, name), "utf8")) as ApiDocument,
  ),
);

suite("pages about problems", () => {
  test("there is one for every problem that an API document lists", () => {
    const listed = documents.flatMap((document) =>
      operationsOf(document)
        .flatMap((operation) => Object.values(operation.responses))
        .flatMap((response) => resolve<Response>(document, response)["x-cofferdam-problems"] ?? []),
    );
    assert.deepEqual(
      [...new Set(listed)].filter((slug) => !slugs.includes(slug)),
      [],
    );
  });

  for (const slug of slugs) {
    test(`${slug} says what it is, what causes it, what to do, and how it looks`, async () => {
      const page = await readFile(join(folder, `${slug}.md`), "utf8");
      const problem = exampleOf(page);
      const firstLines = [`# ${problem.title}`, "", `\`${slug}\` · HTTP ${problem.status}`, ""];
      assert.deepEqual(page.split("\n").slice(0, 4), firstLines);
      assert.equal(problem.type, `/problems/${slug}`);
      assert.deepEqual(page.match(/^## .*$/gm), ["## Likely causes", "## What to do", "## Example"]);
      assert.ok(page.split("\n").length <= 40, "a page fits on a screen");
      assert.ok(problem.status < 500 || problem.detail === undefined, "a 5xx carries no detail");
    });
  }
});

function exampleOf(page: string): Problem {
  const example: unknown = JSON.parse(/```json\n(.*)```/s.exec(page)?.[1] ?? "null");
  const validation = validateProblem(example);
  assert.ok(validation.ok, JSON.stringify(validation));
  return validation.value;
}
