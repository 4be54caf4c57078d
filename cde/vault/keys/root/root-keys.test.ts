import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { test } from "node:test";
import { newWrappedKey } from "../new-wrapped-key.ts";
import { RootKeyError, type RootKeyErrorCode, type RootKeyScheme, type RootKeyStore } from "./root-key.ts";
import { createRootKeys } from "./root-keys.ts";

const context = Buffer.from("context");
const wrapOf = (scheme: RootKeyScheme) => ({ rootKeyId: `${scheme}:a`, wrapped: Buffer.alloc(80, 1) });

/** A device that answers as it is told: what others' devices may do, and ours must bear. */
function device(scheme: RootKeyScheme, answer: RootKeyErrorCode | Buffer): RootKeyStore {
  const answered = (): Promise<Buffer> =>
    typeof answer === "string"
      ? Promise.reject(new RootKeyError(answer, "told so"))
      : Promise.resolve(Buffer.from(answer));
  return {
    scheme,
    wrap: () => Promise.resolve(Buffer.alloc(80, 1)),
    unwrap: answered,
    generate: () => Promise.reject(new RootKeyError("unsupported", "told so")),
    status: () => Promise.resolve({ isSealed: false, keys: [], location: "here" }),
  };
}

const fails = (code: RootKeyErrorCode) => (error: unknown) => error instanceof RootKeyError && error.code === code;

test("any one of several wraps opens a key, whatever became of the others' stores", async () => {
  const secret = randomBytes(32);
  for (const broken of ["unavailable", "sealed", "refused", "unknown_key"] as const) {
    const rootKeys = createRootKeys([device("pkcs11", broken), device("file", secret)]);
    assert.deepEqual(await rootKeys.unwrap([wrapOf("pkcs11"), wrapOf("file")], context), secret, broken);
  }
});

test("an outage that may hide an opening wrap is told as an outage, and a refusal as one", async () => {
  const both = [wrapOf("pkcs11"), wrapOf("file")];
  const told = (one: RootKeyErrorCode, other: RootKeyErrorCode): Promise<Buffer> =>
    createRootKeys([device("pkcs11", one), device("file", other)]).unwrap(both, context);
  await assert.rejects(told("unavailable", "refused"), fails("unavailable"));
  await assert.rejects(told("refused", "sealed"), fails("sealed"));
  await assert.rejects(told("refused", "unknown_key"), fails("refused"));
  await assert.rejects(
    createRootKeys([device("file", "refused")]).unwrap([wrapOf("awskms")], context),
    fails("unknown_key"),
  );
});

test("two stores of one scheme, which ids could not tell apart, are refused", () => {
  assert.throws(
    () => createRootKeys([device("file", "refused"), device("file", "refused")]),
    fails("malformed_reference"),
  );
});

test("a wrap that does not open to the key that it was made of is not relied on", async () => {
  const rootKeys = createRootKeys([device("file", randomBytes(32))]);
  const key = { tenantId: randomUUID(), purpose: "data", version: 1 } as const;
  await assert.rejects(newWrappedKey(rootKeys, ["file:a"], key), fails("refused"));
});
