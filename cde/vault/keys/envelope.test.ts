import assert from "node:assert/strict";
import { createSecretKey, randomBytes, randomUUID } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { EnvelopeError, authenticate, open, seal, type SealingKey } from "./envelope.ts";
import { encodeFields } from "./fields.ts";
import { deriveBytes } from "./key-derivation.ts";

const newKey = (): SealingKey => ({ id: randomUUID(), secret: createSecretKey(randomBytes(32)) });
const context = encodeFields(["tenant", "token", 1]);
const record = Buffer.alloc(160, 7);

const isRefused = (act: () => unknown): boolean => {
  try {
    act();
    return false;
  } catch (error) {
    return error instanceof EnvelopeError;
  }
};

test("derives what an independent implementation of SP 800-108 counter mode derives", () => {
  // openssl kdf -keylen 64 -kdfopt mac:HMAC -kdfopt digest:SHA256 -kdfopt mode:COUNTER -kdfopt hexkey:00…1f
  //   -kdfopt salt:cofferdam/sealed-record/1 -kdfopt hexinfo:a0…bf KBKDF      (OpenSSL 3.0.19)
  const key = createSecretKey(Buffer.from([...Array(32).keys()]));
  const info = Buffer.from([...Array(32).keys()].map((index) => 0xa0 + index));
  assert.equal(
    deriveBytes(key, "cofferdam/sealed-record/1", info, 64).toString("hex"),
    "d1cea486fac590a2708ddd840e883501d41934587969e3a220ab2cdb772b4781" +
      "8841552af48929c012917c8fa4b61819145fee5ec35b98f4c8bcfb29376232bd",
  );
});

test("opens what it sealed, in the same context alone", () => {
  const key = newKey();
  const sealed = seal(key, context, record);
  assert.deepEqual(open(key, context, sealed), record);
  assert.ok(isRefused(() => open(key, encodeFields(["tenant", "token", 2]), sealed)));
  assert.ok(isRefused(() => open(newKey(), context, sealed)));
  assert.ok(isRefused(() => open({ ...newKey(), id: key.id }, context, sealed)));
});

test("refuses a sealed record with any one bit changed, cut or added", () => {
  const key = newKey();
  const sealed = seal(key, context, record);
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const changed = Buffer.from(sealed);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.ok(
      isRefused(() => open(key, context, changed)),
      `bit ${bit}`,
    );
  }
  for (let length = 0; length < sealed.length; length += 1) {
    assert.ok(
      isRefused(() => open(key, context, sealed.subarray(0, length))),
      `length ${length}`,
    );
  }
  assert.ok(isRefused(() => open(key, context, Buffer.concat([sealed, Buffer.of(0)]))));
});

test("authenticates the context without decrypting", () => {
  const key = newKey();
  const sealed = seal(key, context, record);
  authenticate(key, context, sealed);
  assert.ok(
    isRefused(() => {
      authenticate(key, encodeFields(["tenant", "other", 1]), sealed);
    }),
  );
});

test("never seals the same record to the same bytes", () => {
  const key = newKey();
  const sealed = new Set(Array.from({ length: 1_000 }, () => seal(key, context, record).toString("base64")));
  assert.equal(sealed.size, 1_000);
});

test("encodes two different lists of fields to different bytes", () => {
  const field = fc.oneof(fc.string(), fc.nat(), fc.constant(null), fc.uint8Array({ maxLength: 20 }));
  const fields = fc.array(field, { maxLength: 5 });
  fc.assert(
    fc.property(fields, fields, (left, right) => {
      assert.equal(encodeFields(left).equals(encodeFields(right)), JSON.stringify(left) === JSON.stringify(right));
    }),
    { verbose: true },
  );
});
