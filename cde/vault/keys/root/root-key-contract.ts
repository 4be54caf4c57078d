// What every root-key store must do, as tests. A store's own test file calls this with its own keys.
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { test } from "node:test";
import { RootKeyError, schemeOf, wrapContext, type RootKeyErrorCode, type RootKeyStore } from "./root-key.ts";

/** Opens one store of a kind, and a second one of the same kind with keys of its own. */
interface Stores {
  readonly own: () => Promise<RootKeyStore>;
  readonly another: () => Promise<RootKeyStore>;
}

const key = { tenantId: randomUUID(), purpose: "data", id: randomUUID(), version: 1 } as const;
const context = wrapContext(key);
const secret = randomBytes(32);

const is =
  (code: RootKeyErrorCode) =>
  (error: unknown): boolean =>
    error instanceof RootKeyError && error.code === code;

async function opened(open: () => Promise<RootKeyStore>): Promise<{ store: RootKeyStore; id: string }> {
  const store = await open();
  const { keys } = await store.status();
  return { store, id: keys[0]?.id ?? (await store.generate()).id };
}

/** Declares the contract's tests for one kind of store. */
export function testRootKeyStore(name: string, stores: Stores): void {
  testWraps(name, stores);
  testRootKeys(name, stores);
}

function testWraps(name: string, stores: Stores): void {
  test(`${name}: unwraps what it wrapped, and never wraps to the same bytes`, async () => {
    const { store, id } = await opened(stores.own);
    const [first, second] = [await store.wrap(id, secret, context), await store.wrap(id, secret, context)];
    assert.deepEqual(await store.unwrap(id, first, context), secret);
    assert.notDeepEqual(first, second);
    assert.ok(first.length >= 64 && first.length <= 4_096, "fits the column");
  });

  test(`${name}: refuses a key moved to another tenant, purpose, id or version`, async () => {
    const { store, id } = await opened(stores.own);
    const wrapped = await store.wrap(id, secret, context);
    const moved = [
      { ...key, tenantId: randomUUID() },
      { ...key, purpose: "index" as const },
      { ...key, id: randomUUID() },
      { ...key, version: 2 },
    ];
    for (const elsewhere of moved)
      await assert.rejects(store.unwrap(id, wrapped, wrapContext(elsewhere)), is("refused"));
  });

  test(`${name}: refuses empty, cut, lengthened and changed wraps, and those of another root key`, async () => {
    const { store, id } = await opened(stores.own);
    const wrapped = await store.wrap(id, secret, context);
    const changed = Buffer.from(wrapped);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    const other = await opened(stores.another);
    const foreign = await other.store.wrap(other.id, secret, context);
    const wrong = [
      Buffer.alloc(0),
      wrapped.subarray(0, 8),
      wrapped.subarray(0, -1),
      wrapped.subarray(1),
      Buffer.concat([wrapped, Buffer.alloc(8)]),
      changed,
      foreign,
    ];
    for (const bytes of wrong) await assert.rejects(store.unwrap(id, bytes, context), is("refused"));
  });
}

function testRootKeys(name: string, stores: Stores): void {
  test(`${name}: makes a new root key beside the old one, and tells both`, async () => {
    const { store, id } = await opened(stores.own);
    const wrapped = await store.wrap(id, secret, context);
    const made = await store.generate();
    assert.equal(schemeOf(made.id), store.scheme);
    assert.ok(made.id.length <= 100 && /^[\x21-\x7e]+$/.test(made.id), made.id);
    const { keys, isSealed, location } = await store.status();
    assert.deepEqual([isSealed, location === ""], [false, false]);
    for (const known of [id, made.id]) assert.ok(keys.some((facts) => facts.id === known));
    assert.deepEqual(await store.unwrap(made.id, await store.wrap(made.id, secret, context), context), secret);
    assert.deepEqual(await store.unwrap(id, wrapped, context), secret);
    await assert.rejects(store.unwrap(made.id, wrapped, context), is("refused"));
  });

  test(`${name}: says that it does not hold a root key that it never had`, async () => {
    const { store } = await opened(stores.own);
    const unknown = `${store.scheme}:${randomUUID()}`;
    await assert.rejects(store.wrap(unknown, secret, context), is("unknown_key"));
    await assert.rejects(store.unwrap(unknown, Buffer.alloc(80, 1), context), is("unknown_key"));
  });
}

/** The same for a store whose root keys can be destroyed. */
export function testRootKeyDestruction(
  name: string,
  open: () => Promise<RootKeyStore & { destroy(rootKeyId: string): Promise<void> }>,
): void {
  test(`${name}: a destroyed root key opens nothing, and the others still do`, async () => {
    const store = await open();
    const [kept, gone] = [await store.generate(), await store.generate()];
    const [underKept, underGone] = [
      await store.wrap(kept.id, secret, context),
      await store.wrap(gone.id, secret, context),
    ];
    await store.destroy(gone.id);
    await store.destroy(gone.id);
    await assert.rejects(store.unwrap(gone.id, underGone, context), is("unknown_key"));
    assert.deepEqual(await store.unwrap(kept.id, underKept, context), secret);
    assert.ok((await store.status()).keys.every(({ id }) => id !== gone.id));
  });
}
