import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeAzureWrappedKey, encodeAzureWrappedKey } from "./azure-wrapped-key.ts";

const parts = {
  keyVersion: "0123456789abcdef0123456789abcdef",
  iv: Buffer.alloc(12, 0x11),
  ciphertext: Buffer.alloc(32, 0x22),
  tag: Buffer.alloc(16, 0x33),
};
const vector = `01${parts.keyVersion}${"11".repeat(12)}${"22".repeat(32)}${"33".repeat(16)}`;

test("lays a wrapped key out as the table says, and reads it back", () => {
  const bytes = encodeAzureWrappedKey(parts);
  assert.equal(bytes?.toString("hex"), vector);
  assert.deepEqual(decodeAzureWrappedKey(Buffer.from(vector, "hex")), parts);
});

test("refuses parts and bytes of another size, and another format version", () => {
  for (const wrong of [{ keyVersion: "0123" }, { iv: Buffer.alloc(16) }, { tag: Buffer.alloc(12) }]) {
    assert.equal(encodeAzureWrappedKey({ ...parts, ...wrong }), null);
  }
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(60, 1), Buffer.alloc(29 + 2_049 + 16, 1), Buffer.alloc(77, 2)]) {
    assert.equal(decodeAzureWrappedKey(bytes), null, String(bytes.length));
  }
});
