import assert from "node:assert/strict";
import { createSecretKey, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gcmDecrypt, gcmEncrypt } from "./aes-256-gcm.ts";
import { hmacSha256 } from "./hmac.ts";

interface Group<Case> {
  readonly keySize: number;
  readonly tagSize: number;
  readonly ivSize?: number;
  readonly tests: readonly (Case & { readonly tcId: number; readonly result: "valid" | "invalid" | "acceptable" })[];
}

interface GcmCase {
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
}
interface MacCase {
  readonly key: string;
  readonly msg: string;
  readonly tag: string;
}

const hex = (text: string): Buffer => Buffer.from(text, "hex");

function groupsOf<Case>(file: string): readonly Group<Case>[] {
  const path = join(import.meta.dirname, "testdata/wycheproof", file);
  return (JSON.parse(readFileSync(path, "utf8")) as { testGroups: Group<Case>[] }).testGroups;
}

test("AES-256-GCM gives the published verdict on every Wycheproof case of the one size that the vault uses", () => {
  const cases = groupsOf<GcmCase>("aes_gcm_test.json")
    .filter((group) => group.keySize === 256 && group.ivSize === 96 && group.tagSize === 128)
    .flatMap((group) => group.tests);
  assert.ok(cases.length >= 60);
  for (const { tcId, key, iv, aad, msg, ct, tag, result } of cases) {
    const opened = gcmDecrypt(hex(key), hex(iv), hex(aad), hex(ct), hex(tag));
    assert.equal(opened?.toString("hex") ?? "refused", result === "valid" ? msg : "refused", `case ${tcId}`);
    const sealed = gcmEncrypt(hex(key), hex(iv), hex(aad), hex(msg));
    if (result === "valid") assert.deepEqual([sealed.ciphertext, sealed.tag], [hex(ct), hex(tag)], `case ${tcId}`);
  }
});

test("AES-256-GCM takes no other size of key or nonce from any Wycheproof case", () => {
  const groups = groupsOf<GcmCase>("aes_gcm_test.json").filter((group) => group.keySize !== 256 || group.ivSize !== 96);
  const cases = groups.flatMap((group) => group.tests);
  assert.ok(cases.length >= 200);
  for (const { key, iv, aad, ct, tag } of cases) {
    assert.throws(() => gcmDecrypt(hex(key), hex(iv), hex(aad), hex(ct), hex(tag)), RangeError);
  }
});

test("HMAC-SHA-256 gives the published verdict on every Wycheproof case", () => {
  for (const group of groupsOf<MacCase>("hmac_sha256_test.json")) {
    for (const { tcId, key, msg, tag, result } of group.tests) {
      const mac = hmacSha256(createSecretKey(hex(key)), hex(msg)).subarray(0, group.tagSize / 8);
      assert.equal(timingSafeEqual(mac, hex(tag)), result === "valid", `case ${tcId}`);
    }
  }
});
