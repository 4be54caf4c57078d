import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { checkSignature, importKey } from "./token-signature.ts";
import type { PublicJwk } from "./token-signature.ts";

interface Group {
  readonly comment: string;
  readonly public?: PublicJwk;
  readonly tests: readonly {
    readonly tcId: number;
    readonly comment: string;
    readonly jws: unknown;
    readonly result: string;
  }[];
}

const vectors = JSON.parse(
  readFileSync(new URL("testdata/wycheproof/json_web_signature_test.json", import.meta.url), "utf8"),
) as { readonly testGroups: readonly Group[] };

/**
 * The groups whose key is a P-256 key, with the number of their tests. The others cannot reach us: `importKey` refuses
 * RSA (`rs*`, `ps*`, `rsa_encryption`, RFC 7520 figures 13 and 20), P-521 (figure 27) and symmetric keys (`hs256`,
 * `base64`, figure 35).
 */
const ourGroups = new Map([
  ["es256", 15],
  ["SpecialCaseEs256", 24],
  ["ec_key_for_encryption", 2],
]);

async function accepts(jwk: PublicJwk, jws: string): Promise<boolean> {
  try {
    return (await checkSignature(jws, importKey(jwk))) !== null;
  } catch {
    return false;
  }
}

for (const group of vectors.testGroups.filter(({ comment }) => ourGroups.has(comment))) {
  for (const { tcId, comment, jws, result } of group.tests) {
    test(`Wycheproof ${group.comment} ${tcId}: ${comment} is ${result}`, async () => {
      assert.ok(group.public !== undefined);
      // Two groups name no algorithm: their fault lies in `use` and `key_ops`.
      const accepted = await accepts({ ...group.public, alg: "ES256" }, String(jws));
      assert.equal(accepted ? "valid" : "invalid", result);
    });
  }
}

test("every Wycheproof test of a P-256 key was run", () => {
  const counts = new Map<string, number>();
  for (const { comment, tests } of vectors.testGroups) {
    if (ourGroups.has(comment)) counts.set(comment, (counts.get(comment) ?? 0) + tests.length);
  }
  assert.deepEqual(counts, ourGroups);
});

test("refuses to import the keys of every other Wycheproof group", () => {
  for (const group of vectors.testGroups.filter(({ comment }) => !ourGroups.has(comment))) {
    if (group.public !== undefined) assert.throws(() => importKey(group.public as PublicJwk), TypeError, group.comment);
  }
});
