import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openRootKey } from "./open-root-key.ts";
import { createRootKeyFile, openRootKeyFile } from "./root-key-file.ts";
import { testRootKey } from "./root-key-contract.ts";
import { RootKeyError, type RootKeyErrorCode } from "./root-key.ts";

const passphrase = "a passphrase for tests alone";
const now = new Date("2026-01-01T00:00:00Z");
let directory = "";
const path = (name: string): string => join(directory, name);
const sealed = { passphrase, production: true };

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "root-key-"));
  await createRootKeyFile(path("sealed"), passphrase, now);
  await createRootKeyFile(path("other"), passphrase, now);
  await createRootKeyFile(path("development"), null, now);
});
after(() => rm(directory, { recursive: true }));

const refuses = (code: RootKeyErrorCode) => (error: unknown) => error instanceof RootKeyError && error.code === code;

testRootKey("sealed file", {
  own: () => openRootKeyFile(path("sealed"), sealed),
  another: () => openRootKeyFile(path("other"), sealed),
});

test("a sealed file opens with its passphrase alone", async () => {
  await assert.rejects(
    openRootKeyFile(path("sealed"), { ...sealed, passphrase: `${passphrase}.` }),
    refuses("wrong_passphrase"),
  );
  await assert.rejects(openRootKeyFile(path("sealed"), { ...sealed, passphrase: null }), refuses("wrong_passphrase"));
  await assert.rejects(createRootKeyFile(path("weak"), "too short", now), refuses("wrong_passphrase"));
});

test("a sealed file that was given another id does not open", async () => {
  const file = JSON.parse(await readFile(path("sealed"), "utf8")) as { id: string };
  await writeFile(path("renamed"), JSON.stringify({ ...file, id: "00000000-0000-4000-8000-000000000000" }));
  await assert.rejects(openRootKeyFile(path("renamed"), sealed), refuses("wrong_passphrase"));
});

test("the plain development key is refused in production", async () => {
  await openRootKeyFile(path("development"), { passphrase: null, production: false });
  await assert.rejects(
    openRootKeyFile(path("development"), { passphrase: null, production: true }),
    refuses("development_key"),
  );
});

test("a root key file is its owner's alone and never overwritten", async () => {
  assert.equal((await stat(path("sealed"))).mode & 0o777, 0o600);
  await assert.rejects(createRootKeyFile(path("sealed"), passphrase, now), { code: "EEXIST" });
});

test("a mistyped reference to a root key is a mistake, not an outage to wait for", async () => {
  for (const reference of ["", "file", path("sealed"), "File:sealed", `fil:${path("sealed")}`]) {
    await assert.rejects(openRootKey(reference, sealed), refuses("malformed_reference"), reference);
  }
  await openRootKey(`file:${path("sealed")}`, sealed);
});
