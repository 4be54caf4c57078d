import assert from "node:assert/strict";
import { test } from "node:test";
import { hsmWrapAad, joinHsmWrappedKey, splitHsmWrappedKey } from "./hsm-wrapped-key.ts";

const name = Buffer.alloc(16, 0x11);
const parts = { iv: Buffer.alloc(12, 0x22), sealed: Buffer.alloc(48, 0x33) };

test("format 1 is what its table says", () => {
  const wrapped = joinHsmWrappedKey(name, parts);
  assert.equal(wrapped.toString("hex"), `01${"11".repeat(16)}${"22".repeat(12)}${"33".repeat(48)}`);
  assert.deepEqual(splitHsmWrappedKey(name, wrapped), parts);
});

test("a wrap of another size, version or root key is refused before the device sees it", () => {
  const wrapped = joinHsmWrappedKey(name, parts);
  const refused = [
    Buffer.alloc(0),
    wrapped.subarray(0, -1),
    Buffer.concat([wrapped, Buffer.alloc(1_000)]),
    Buffer.concat([Buffer.of(0), wrapped.subarray(1)]),
  ];
  for (const bytes of refused) assert.throws(() => splitHsmWrappedKey(name, bytes), { code: "refused" });
  assert.throws(() => splitHsmWrappedKey(Buffer.alloc(16, 0x12), wrapped), { code: "refused" });
});

test("what a wrap is bound to differs with the root key and with the context", () => {
  const bound = [
    hsmWrapAad("a", Buffer.from("bc")),
    hsmWrapAad("ab", Buffer.from("c")),
    hsmWrapAad("a", Buffer.from("b")),
  ];
  assert.equal(new Set(bound.map((bytes) => bytes.toString("hex"))).size, 3);
});
