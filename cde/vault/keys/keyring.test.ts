import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  KeyringError,
  changeState,
  mayOpen,
  primaryKey,
  promote,
  type Cryptoperiod,
  type KeyState,
  type KeyVersion,
} from "./keyring.ts";

const DAY_MS = 86_400_000;
const period: Cryptoperiod = { maxAgeDays: 90, maxUses: 1_000 };

function key(id: string, changes: Partial<KeyVersion> = {}): KeyVersion {
  return { id, purpose: "data", version: 1, state: "active", isPrimary: false, uses: 0, activatedAtMs: 0, ...changes };
}

const refuses = (code: string, act: () => unknown): void => {
  assert.throws(act, (error) => error instanceof KeyringError && error.code === code);
};

test("protects new data with the primary key of the purpose", () => {
  const keys = [key("a"), key("b", { isPrimary: true }), key("c", { purpose: "index", isPrimary: true })];
  assert.equal(primaryKey(keys, "data", period, 0).id, "b");
});

test("refuses to protect new data when no key is primary", () => {
  refuses("no_primary", () => primaryKey([key("a")], "data", period, 0));
});

test("refuses to protect new data past the cryptoperiod, by age and by uses, and still opens", () => {
  const old = key("a", { isPrimary: true });
  const worn = key("a", { isPrimary: true, uses: 1_000 });
  assert.equal(primaryKey([old], "data", period, 90 * DAY_MS - 1).id, "a");
  refuses("cryptoperiod_over", () => primaryKey([old], "data", period, 90 * DAY_MS));
  refuses("cryptoperiod_over", () => primaryKey([worn], "data", period, 0));
  assert.ok(mayOpen(old) && mayOpen(worn));
});

test("refuses to protect new data with a version that a newer one has replaced", () => {
  const keys = [key("a", { isPrimary: true }), key("b", { version: 2, state: "decrypt-only" })];
  refuses("superseded", () => primaryKey(keys, "data", period, 0));
});

test("opens with active, decrypt-only and compromised keys alone", () => {
  const states: readonly KeyState[] = ["pre-active", "active", "decrypt-only", "suspended", "compromised", "destroyed"];
  assert.deepEqual(
    states.filter((state) => mayOpen(key("a", { state }))),
    ["active", "decrypt-only", "compromised"],
  );
});

test("makes the former primary decrypt-only when another key is promoted", () => {
  const keys = promote([key("a", { isPrimary: true }), key("b")], "b");
  assert.deepEqual(
    keys.map(({ id, state, isPrimary }) => ({ id, state, isPrimary })),
    [
      { id: "a", state: "decrypt-only", isPrimary: false },
      { id: "b", state: "active", isPrimary: true },
    ],
  );
});

test("refuses to promote a key that is not active", () => {
  refuses("key_not_usable", () => promote([key("a", { state: "pre-active", activatedAtMs: null })], "a"));
});

test("refuses to disable the primary key", () => {
  refuses("primary_needed", () => changeState([key("a", { isPrimary: true })], "a", "suspended", 0, 0));
});

test("refuses to destroy a key while rows name it", () => {
  const retired = key("a", { state: "decrypt-only" });
  refuses("records_remain", () => changeState([retired], "a", "destroyed", 1, 0));
  assert.equal(changeState([retired], "a", "destroyed", 0, 0)[0]?.state, "destroyed");
});

test("never brings a compromised or destroyed key back", () => {
  for (const state of ["compromised", "destroyed"] as const) {
    refuses("illegal_transition", () => changeState([key("a", { state })], "a", "active", 0, 0));
  }
});

test("keeps exactly one primary per purpose through any allowed sequence of operations", () => {
  const states: readonly KeyState[] = ["active", "decrypt-only", "suspended", "compromised", "destroyed"];
  const operation = fc.record({
    id: fc.constantFrom("a", "b", "c"),
    state: fc.option(fc.constantFrom(...states), { nil: null }),
  });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
      let keys: readonly KeyVersion[] = [
        key("a", { isPrimary: true }),
        key("b"),
        key("c", { state: "pre-active", activatedAtMs: null }),
      ];
      for (const { id, state } of operations) {
        try {
          keys = state === null ? promote(keys, id) : changeState(keys, id, state, 0, 1);
        } catch (error) {
          assert.ok(error instanceof KeyringError);
        }
        const primaries = keys.filter((candidate) => candidate.isPrimary);
        assert.equal(primaries.length, 1);
        assert.equal(primaries[0]?.state, "active");
      }
    }),
    { verbose: true },
  );
});
