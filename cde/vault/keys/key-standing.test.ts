import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RotationPeriod } from "./cryptoperiods.ts";
import { standingOf } from "./key-standing.ts";
import { isPastCryptoperiod } from "./keyring.ts";

const dayMs = 86_400_000;
const activatedAtMs = Date.parse("2026-01-01T00:00:00Z");
const period: RotationPeriod = {
  maxAgeDays: 90,
  maxUses: 1_000,
  rotation: "automatic",
  rotateBeforeDays: 7,
  rotateAtUses: 100,
  alertBeforeDays: 3,
  reason: "a reason that is a sentence",
};

const table: readonly (readonly [days: number, uses: number, state: string, isOverdue: boolean])[] = [
  [-1, 0, "fresh", false],
  [0, 0, "fresh", false],
  [82.9, 99, "fresh", false],
  [83, 0, "due", false],
  [1, 100, "due", false],
  [1, 549, "due", false],
  [1, 550, "due", true],
  [87, 0, "due", true],
  [89.9, 999, "due", true],
  [90, 0, "over", true],
  [1, 1_000, "over", true],
];
for (const [days, uses, state, isOverdue] of table) {
  test(`after ${days} days and ${uses} uses a key is ${state}${isOverdue ? " and overdue" : ""}`, () => {
    const standing = standingOf(period, { activatedAtMs, uses, nowMs: activatedAtMs + days * dayMs });
    assert.deepEqual([standing.state, standing.isOverdue], [state, isOverdue]);
    assert.equal(standing.dueAtMs, activatedAtMs + 83 * dayMs);
    assert.equal(standing.endsAtMs, activatedAtMs + 90 * dayMs);
    assert.ok(Math.abs(standing.ageRatio - Math.max(0, days / 90)) < 1e-12);
    assert.equal(standing.useRatio, uses / 1_000);
  });
}

test("uses say nothing of a key that they do not wear out", () => {
  const facts = { activatedAtMs, uses: 2 ** 40, nowMs: activatedAtMs };
  const { state, isOverdue, useRatio } = standingOf({ ...period, maxUses: null, rotateAtUses: null }, facts);
  assert.deepEqual([state, isOverdue, useRatio], ["fresh", false, 0]);
});

test("a key is over exactly when the keyring refuses it", () => {
  fc.assert(
    fc.property(fc.integer({ min: -5, max: 100 * dayMs }), fc.integer({ min: 0, max: 1_100 }), (ageMs, uses) => {
      const nowMs = activatedAtMs + ageMs;
      const key = {
        id: "k",
        purpose: "data",
        version: 1,
        state: "active",
        isPrimary: true,
        uses,
        activatedAtMs,
      } as const;
      const isOver = standingOf(period, { activatedAtMs, uses, nowMs }).state === "over";
      assert.equal(isOver, isPastCryptoperiod(key, period, nowMs));
    }),
  );
});
