// What every root-key backend must do, as tests. A backend's own test file calls this with its own key.
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { test } from "node:test";
import { RootKeyError, wrapContext, type RootKey } from "./root-key.ts";

/** Declares the contract's tests for one backend. `another` is a second root key of the same kind. */
export function testRootKey(
  name: string,
  backend: { readonly own: () => Promise<RootKey>; readonly another: () => Promise<RootKey> },
): void {
  const key = { tenantId: randomUUID(), purpose: "data", id: randomUUID(), version: 1 } as const;
  const context = wrapContext(key);
  const secret = randomBytes(32);
  const isRefused = (error: unknown): boolean => error instanceof RootKeyError && error.code === "refused";

  test(`${name}: unwraps what it wrapped, and never wraps to the same bytes`, async () => {
    const root = await backend.own();
    const [first, second] = [await root.wrap(secret, context), await root.wrap(secret, context)];
    assert.deepEqual(await root.unwrap(first, context), secret);
    assert.notDeepEqual(first, second);
  });

  test(`${name}: refuses a key moved to another tenant, purpose, id or version`, async () => {
    const root = await backend.own();
    const wrapped = await root.wrap(secret, context);
    const moved = [
      { ...key, tenantId: randomUUID() },
      { ...key, purpose: "index" as const },
      { ...key, id: randomUUID() },
      { ...key, version: 2 },
    ];
    for (const elsewhere of moved) await assert.rejects(root.unwrap(wrapped, wrapContext(elsewhere)), isRefused);
  });

  test(`${name}: refuses empty, cut, lengthened and changed wraps, and those of another root key`, async () => {
    const root = await backend.own();
    const wrapped = await root.wrap(secret, context);
    const changed = Buffer.from(wrapped);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    const foreign = await (await backend.another()).wrap(secret, context);
    const wrong = [
      Buffer.alloc(0),
      wrapped.subarray(0, 8),
      wrapped.subarray(1),
      Buffer.concat([wrapped, Buffer.alloc(8)]),
      changed,
      foreign,
    ];
    for (const bytes of wrong) await assert.rejects(root.unwrap(bytes, context), isRefused);
  });
}
