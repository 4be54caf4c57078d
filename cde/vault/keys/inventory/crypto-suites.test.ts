import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { cryptoSuites, suitesReview } from "./crypto-suites.ts";

test("every suite has a name of its own, a purpose, a standard and a plan for its change", () => {
  assert.equal(new Set(cryptoSuites.map(({ id }) => id)).size, cryptoSuites.length);
  for (const { id, purpose, standard, change } of cryptoSuites) {
    assert.match(id, /^[a-z0-9.-]+$/);
    for (const text of [purpose, standard, change]) assert.ok(text.length > 5, id);
  }
});

test("no suite is weaker than 112 bits, which is the least that counts as strong", () => {
  for (const { id, strengthBits } of cryptoSuites) assert.ok(strengthBits === null || strengthBits >= 112, id);
});

test("every file that a suite names is there", async () => {
  const files = cryptoSuites.flatMap(({ place }) => place.match(/\b(?:cde|kit|sandbox)\/[a-z0-9/-]+\.ts\b/g) ?? []);
  assert.ok(files.length > 8);
  for (const file of files) await access(join(import.meta.dirname, "../../../..", file));
});

test("the next review is within twelve months of the last", () => {
  const days = (Date.parse(suitesReview.reviewBy) - Date.parse(suitesReview.reviewedOn)) / 86_400_000;
  assert.ok(days > 0 && days <= 366);
});
