import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { problemTypes } from "@cofferdam/kit/problem.ts";

const repository = path.resolve(import.meta.dirname, "..");

test("every problem type has a page with its title and status, and no page is without a type", async () => {
  const pages = (await readdir(path.join(repository, "docs/problems"))).map((name) => name.replace(/\.md$/, ""));
  assert.deepEqual(pages.toSorted(), Object.keys(problemTypes).toSorted());
  for (const [slug, { status, title }] of Object.entries(problemTypes)) {
    const page = await readFile(path.join(repository, "docs/problems", `${slug}.md`), "utf8");
    assert.ok(page.startsWith(`# ${title}\n\n\`${slug}\` · HTTP ${status}\n`), slug);
  }
});

test("the API's document names problem types that exist", async () => {
  const document = await readFile(path.join(repository, "openapi/vault.yaml"), "utf8");
  const named = [...document.matchAll(/\/problems\/([a-z-]+)/g)].map(([, slug]) => slug ?? "");
  assert.deepEqual(
    named.filter((slug) => !Object.hasOwn(problemTypes, slug)),
    [],
  );
});
