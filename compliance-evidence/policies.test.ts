// The written policies: their front matter is what an assessor's document register is made from.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { readSources, requirementsOf } from "./catalog.ts";

interface FrontMatter {
  readonly doc_id: string;
  readonly version: string;
  readonly owner: string;
  readonly last_review: string;
  readonly next_review: string;
  readonly requirements: readonly string[];
}

const folder = join(import.meta.dirname, "../policies/written");
const names = (await readdir(folder)).filter((name) => name.endsWith(".md"));
const policies = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
const ids = new Set(requirementsOf(await readSources(join(import.meta.dirname, "requirements"))).map(({ id }) => id));

test("every written policy has an owner, a version, review dates within a year and known requirements", () => {
  assert.ok(names.length > 0);
  const faults = policies.flatMap((text, at) => faultsOf(text).map((fault) => `${names[at] ?? ""}: ${fault}`));
  assert.deepEqual(faults, []);
});

test("no two policies have the same document id", () => {
  const documentIds = policies.map((text) => frontMatter(text).doc_id);
  assert.equal(new Set(documentIds).size, documentIds.length);
});

test("no policy claims what only an assessor may say", () => {
  for (const text of policies) assert.doesNotMatch(text, /\b(?:compliant|certified|in place)\b/i);
});

test("a policy that is reviewed too seldom, never, or for an unknown requirement is reported", () => {
  const dates = { last_review: "2026-01-31", next_review: "2027-01-31" };
  const tidy = { doc_id: "POL-X", version: "1.0.0", owner: "x", ...dates, requirements: ["3.2.1"] };
  const faultOf = (change: object): readonly string[] =>
    faultsOf(`---\n${JSON.stringify({ ...tidy, ...change })}\n---\n`);
  assert.deepEqual(faultOf({}), []);
  assert.deepEqual(faultOf({ next_review: "2027-02-01" }), ["next_review is more than a year after last_review"]);
  assert.deepEqual(faultOf({ next_review: "2026-01-31" }), ["next_review does not follow last_review"]);
  assert.deepEqual(faultOf({ last_review: "2026-02-31" }), ["last_review is no date"]);
  assert.deepEqual(faultOf({ owner: "" }), ["owner is missing"]);
  assert.deepEqual(faultOf({ requirements: ["3.9.9"] }), ["3.9.9 is no requirement of the catalogue"]);
});

function frontMatter(text: string): FrontMatter {
  const [, yaml = "{}"] = /^---\n([\s\S]*?)\n---\n/.exec(text) ?? [];
  return parse(yaml) as FrontMatter;
}

function faultsOf(text: string): readonly string[] {
  const policy = frontMatter(text);
  const missing = (["doc_id", "version", "owner", "last_review", "next_review", "requirements"] as const)
    .filter((field) => ((policy as Partial<FrontMatter>)[field] ?? "").length === 0)
    .map((field) => `${field} is missing`);
  if (missing.length > 0) return missing;
  const unknown = policy.requirements
    .filter((id) => !ids.has(id))
    .map((id) => `${id} is no requirement of the catalogue`);
  return [...dateFaults(policy), ...unknown];
}

function dateFaults({ last_review: last, next_review: next }: FrontMatter): readonly string[] {
  const malformed = Object.entries({ last_review: last, next_review: next }).filter(([, date]) => !isDate(date));
  if (malformed.length > 0) return malformed.map(([field]) => `${field} is no date`);
  if (next <= last) return ["next_review does not follow last_review"];
  const oneYearLater = `${Number(last.slice(0, 4)) + 1}${last.slice(4)}`;
  return next > oneYearLater ? ["next_review is more than a year after last_review"] : [];
}

/** A day that exists: `2026-02-31` parses as a date and is none. */
function isDate(text: string): boolean {
  return !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().slice(0, 10) === text;
}
