import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parse, stringify } from "yaml";
import { CryptoperiodError, keyKinds, parseCryptoperiods, readCryptoperiods } from "./cryptoperiods.ts";

const path = join(import.meta.dirname, "../../../policies/cryptoperiods.yaml");
type File = Record<string, Record<string, unknown>>;
const text = await readFile(path, "utf8");

test("reads the policy that is shipped, and gives the keyring its part of it", async () => {
  const { data, index, request } = await readCryptoperiods(path);
  assert.deepEqual([data.maxAgeDays, data.maxUses], [90, 2 ** 24]);
  assert.deepEqual([index.maxAgeDays, index.maxUses], [730, null]);
  assert.deepEqual([request.maxAgeDays, request.maxUses], [730, null]);
});

test("a data key is due for replacement a week, and sixteen times its records, before its end", () => {
  const { data } = parseCryptoperiods(text);
  assert.deepEqual([data.rotation, data.rotateBeforeDays, data.rotateAtUses], ["automatic", 7, 2 ** 20]);
});

const wrong: readonly (readonly [field: string, value: unknown])[] = [
  ["max_age_days", 0],
  ["max_age_days", 1_827],
  ["max_age_days", 1.5],
  ["max_age_days", "90"],
  ["max_uses", 1],
  ["max_uses", 2 ** 28 + 1],
  ["rotation", "sometimes"],
  ["rotate_before_days", 90],
  ["rotate_before_days", -1],
  ["rotate_at_uses", null],
  ["rotate_at_uses", 2 ** 24],
  ["alert_before_days", 8],
  ["reason", ""],
];
for (const [field, value] of wrong) {
  test(`refuses data.${field} of ${String(value)}, and says which field it is`, () => {
    const file = parse(text) as File;
    file["data"] = { ...file["data"], [field]: value };
    assert.throws(
      () => parseCryptoperiods(stringify(file)),
      (error: unknown) => error instanceof CryptoperiodError && error.message.includes(`data.${field}`),
    );
  });
}

test("refuses uses that are due where none are counted", () => {
  const file = parse(text) as File;
  file["index"] = { ...file["index"], rotate_at_uses: 1_000 };
  assert.throws(() => parseCryptoperiods(stringify(file)), /index\.rotate_at_uses/);
});

test("refuses a file without one of the kinds or fields, and one with more", () => {
  for (const kind of keyKinds) {
    const file = Object.fromEntries(Object.entries(parse(text) as File).filter(([name]) => name !== kind));
    assert.throws(() => parseCryptoperiods(stringify(file)), new RegExp(`the file has no ${kind}`));
  }
  const file = parse(text) as File;
  assert.throws(() => parseCryptoperiods(stringify({ ...file, backup: file["root"] })), /a field other than root/);
  file["root"] = { ...file["root"], max_age_hours: 1 };
  assert.throws(() => parseCryptoperiods(stringify(file)), /root has a field other than max_age_days/);
  delete file["data"]?.["rotation"];
  file["root"] = (parse(text) as File)["root"] ?? {};
  assert.throws(() => parseCryptoperiods(stringify(file)), /data has no rotation/);
});

test("refuses what is no mapping of kinds", () => {
  for (const other of ["", "[]", "root: 365", "{", "a: b: c"]) {
    assert.throws(() => parseCryptoperiods(other), CryptoperiodError, other);
  }
});
