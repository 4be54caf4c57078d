// Through the real SDKs against a stub of ours. Nothing here says anything of the cloud itself.
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, afterEach, test } from "node:test";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { openAzureKeyVault } from "@cofferdam/cde/vault/keys/root/root-key-azurekeyvault.ts";
import { testRootKeyStore } from "@cofferdam/cde/vault/keys/root/root-key-contract.ts";
import { RootKeyError, type RootKeyErrorCode, type RootKeyStore } from "@cofferdam/cde/vault/keys/root/root-key.ts";
import { startKeyVaultStub } from "./key-vault-stub.ts";

const stub = await startKeyVaultStub();
Object.assign(process.env, stub.environment);
setDefaultCACertificates([...getCACertificates("default"), stub.caPem]);
afterEach(() => {
  stub.setFault(null);
});
after(() => stub.close());

const secret = randomBytes(32);
const context = Buffer.from("context");
const refuses =
  (code: RootKeyErrorCode) =>
  (error: unknown): boolean =>
    error instanceof RootKeyError && error.code === code && !/stub|root-/.test(error.message);

async function openNew(type?: string, bits?: number): Promise<{ store: RootKeyStore; id: string; name: string }> {
  const name = `root-${randomUUID()}`;
  const version = stub.makeKey(name, type, bits);
  return {
    store: await openAzureKeyVault(`${stub.vaultUrl}/keys/${name}`),
    id: `azurekeyvault:${name}/${version}`,
    name,
  };
}

testRootKeyStore("azure managed hsm (stub)", {
  own: async () => (await openNew()).store,
  another: async () => (await openNew()).store,
});

test("has the HSM itself bind the context, under the version that the root key names", async () => {
  const { store, id } = await openNew();
  const wrapped = await store.wrap(id, secret, context);
  assert.equal(wrapped.length, 77);
  await store.unwrap(id, wrapped, context);
  const calls = stub.calls.slice(-2);
  const path = `/keys/${id.replace("azurekeyvault:", "")}`;
  assert.deepEqual(
    calls.map((call) => [call.path, call.body["alg"], call.body["aad"]]),
    ["encrypt", "decrypt"].map((call) => [`${path}/${call}`, "A256GCM", context.toString("base64url")]),
  );
});

test("a new root key is a new version of the same key, of 256 bits, that cannot leave the HSM", async () => {
  const { store, name } = await openNew();
  const made = await store.generate();
  assert.match(made.id, new RegExp(`^azurekeyvault:${name}/[0-9a-f]{32}$`));
  const { body } = stub.calls.at(-1) ?? {};
  assert.deepEqual([body?.["kty"], body?.["key_size"], body?.["key_ops"]], ["oct-HSM", 256, ["encrypt", "decrypt"]]);
  assert.equal((body?.["attributes"] as { readonly exportable?: boolean }).exportable, false);
});

test("refuses a key that is weaker than what it would wrap", async () => {
  for (const [type, bits] of [
    ["RSA-HSM", 4096],
    ["oct-HSM", 128],
  ] as const) {
    const { store, id } = await openNew(type, bits);
    await assert.rejects(store.wrap(id, secret, context), refuses("unsupported"), type);
  }
});

test("a service that hangs, refuses the caller, throttles or fails is unavailable, within the deadline", async () => {
  const { store, id } = await openNew();
  const wrapped = await store.wrap(id, secret, context);
  for (const fault of ["hang", 403, 429, 503] as const) {
    stub.setFault(fault);
    const startedAtMs = performance.now();
    await assert.rejects(store.unwrap(id, wrapped, context), refuses("unavailable"), String(fault));
    assert.ok(performance.now() - startedAtMs < 3_000, String(fault));
  }
});

test("a reference that is no URL of a key, and a missing kind of credential, are mistakes", async () => {
  const { name } = await openNew();
  const url = `${stub.vaultUrl}/keys/${name}`;
  for (const location of ["", stub.vaultUrl, url.replace("https", "http"), `${url}/${"0".repeat(32)}`, `${url},x`]) {
    await assert.rejects(openAzureKeyVault(location), refuses("malformed_reference"), location);
  }
  delete process.env["AZURE_TOKEN_CREDENTIALS"];
  await assert.rejects(openAzureKeyVault(url), refuses("malformed_reference"));
  Object.assign(process.env, stub.environment);
});
