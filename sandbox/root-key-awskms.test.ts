// Through the real SDK against a stub of ours. Nothing here says anything of the cloud itself.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, afterEach, test } from "node:test";
import { startKmsStub } from "./kms-stub.ts";
import { openAwsKms } from "@cofferdam/cde/vault/keys/root/root-key-awskms.ts";
import { testRootKeyStore } from "@cofferdam/cde/vault/keys/root/root-key-contract.ts";
import { RootKeyError, type RootKeyErrorCode, type RootKeyStore } from "@cofferdam/cde/vault/keys/root/root-key.ts";

const stub = await startKmsStub();
// The SDK's own settings, which is where a deployment has them.
Object.assign(process.env, {
  AWS_ENDPOINT_URL_KMS: stub.endpoint,
  AWS_ACCESS_KEY_ID: "stub",
  AWS_SECRET_ACCESS_KEY: "stub",
});
afterEach(() => {
  stub.setFault(null);
});
after(() => stub.close());

const secret = randomBytes(32);
const context = Buffer.from("context");
const refuses =
  (code: RootKeyErrorCode) =>
  (error: unknown): boolean =>
    error instanceof RootKeyError && error.code === code && !/stub text|eu-central/.test(error.message);

async function openNew(keySpec?: string): Promise<{ store: RootKeyStore; id: string; arn: string }> {
  const arn = stub.makeKey(keySpec);
  return { store: await openAwsKms(arn), id: `awskms:${arn}`, arn };
}

testRootKeyStore("aws kms (stub)", {
  own: async () => (await openNew()).store,
  another: async () => (await openNew()).store,
});

test("names key and context in every call, so that no ciphertext chooses its key", async () => {
  const { store, id, arn } = await openNew();
  await store.unwrap(id, await store.wrap(id, secret, context), context);
  const calls = stub.calls.slice(-2);
  assert.deepEqual(
    calls.map(({ operation }) => operation),
    ["Encrypt", "Decrypt"],
  );
  for (const { input } of calls) {
    assert.equal(input["KeyId"], arn);
    assert.deepEqual(input["EncryptionContext"], { "cofferdam-context": context.toString("base64") });
  }
});

test("a key that it made is still its own when it is opened again, and no other's", async () => {
  const { store, arn } = await openNew();
  const made = [await store.generate(), await store.generate(), await store.generate()];
  const again = await openAwsKms(arn);
  assert.deepEqual(
    (await again.status()).keys.map(({ id }) => id).sort(),
    [`awskms:${arn}`, ...made.map(({ id }) => id)].sort(),
  );
  const { store: other } = await openNew();
  await assert.rejects(other.wrap(made[0]?.id ?? "", secret, context), refuses("unknown_key"));
});

test("refuses a key that is weaker than what it would wrap", async () => {
  const { store, id } = await openNew("RSA_4096");
  await assert.rejects(store.wrap(id, secret, context), refuses("unsupported"));
  await assert.rejects(store.status(), refuses("unsupported"));
});

test("a disabled key is an outage, and one that waits for its deletion is no longer told of", async () => {
  const { store, id, arn } = await openNew();
  const wrapped = await store.wrap(id, secret, context);
  stub.setState(arn, "Disabled");
  await assert.rejects(store.unwrap(id, wrapped, context), refuses("unavailable"));
  stub.setState(arn, "PendingDeletion");
  await assert.rejects(store.unwrap(id, wrapped, context), refuses("unavailable"));
  assert.deepEqual((await store.status()).keys, []);
  stub.setState(arn, "Enabled");
  assert.deepEqual(await store.unwrap(id, wrapped, context), secret);
});

test("a service that hangs, refuses the caller or throttles is unavailable, within the deadline", async () => {
  const { store, id } = await openNew();
  const wrapped = await store.wrap(id, secret, context);
  for (const fault of ["hang", "AccessDeniedException", "ThrottlingException"] as const) {
    stub.setFault(fault);
    const startedAtMs = performance.now();
    await assert.rejects(store.unwrap(id, wrapped, context), refuses("unavailable"), fault);
    assert.ok(performance.now() - startedAtMs < 3_000, fault);
  }
});

test("a reference that is no ARN of a key is a mistake", async () => {
  for (const location of ["", "alias/key", "arn:aws:kms:eu-central-1:111122223333:alias/key", `${stub.makeKey()},x`]) {
    await assert.rejects(openAwsKms(location), refuses("malformed_reference"), location);
  }
});
