import assert from "node:assert/strict";
import { test } from "node:test";
import { cloudError, loadSdk, takeSecret } from "./cloud-call.ts";
import { RootKeyError } from "./root-key.ts";

test("an SDK that is not installed is named as what is missing", async () => {
  const absent: string = "@cofferdam/absent";
  await assert.rejects(
    loadSdk(absent, () => import(absent)),
    (error: unknown) =>
      error instanceof RootKeyError && error.code === "unsupported" && error.message.includes("@cofferdam/absent"),
  );
});

test("of an SDK's error only its name is kept, and that only when it is one", () => {
  const error = new Error("key 4111111111111111 is not yours");
  assert.equal(cloudError("unavailable", error).message, "the key service answered: Error");
  error.name = "no name: 4111111111111111";
  assert.equal(cloudError("unavailable", error).message, "the key service answered: unnamed error");
});

test("the SDK's own copy of a key is zeroed when it is taken over", () => {
  const bytes = new Uint8Array(32).fill(7);
  assert.deepEqual(takeSecret(bytes), Buffer.alloc(32, 7));
  assert.deepEqual(bytes, new Uint8Array(32));
});
