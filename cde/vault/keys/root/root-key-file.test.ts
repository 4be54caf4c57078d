import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { copyFile, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { openRootKeyStore } from "./open-root-keys.ts";
import { formatRootKeyFile, parseRootKeyFile, type RootKeyFile } from "./root-key-file-format.ts";
import { createRootKeyFile, openRootKeyFile } from "./root-key-file.ts";
import { testRootKeyDestruction, testRootKeyStore } from "./root-key-contract.ts";
import { RootKeyError, wrapContext, type RootKeyErrorCode } from "./root-key.ts";

const passphrase = "a passphrase for tests alone";
const now = new Date("2026-01-01T00:00:00Z");
let directory = "";
const path = (name: string): string => join(directory, name);
const sealed = { passphrase, production: true, now: () => now.getTime() };
const context = wrapContext({ tenantId: randomUUID(), purpose: "data", id: randomUUID(), version: 1 });
const secret = randomBytes(32);

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "root-key-"));
  await createRootKeyFile(path("sealed"), passphrase, now);
  await createRootKeyFile(path("other"), passphrase, now);
  await createRootKeyFile(path("development"), null, now);
});
after(() => rm(directory, { recursive: true }));

const refuses = (code: RootKeyErrorCode) => (error: unknown) => error instanceof RootKeyError && error.code === code;

testRootKeyStore("sealed file", {
  own: () => openRootKeyFile(path("sealed"), sealed),
  another: () => openRootKeyFile(path("other"), sealed),
});
testRootKeyDestruction("sealed file", () => openRootKeyFile(path("sealed"), sealed));

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

test("a sealed file opens with none of its keys exchanged, dated back, taken out or put in the clear", async () => {
  interface File {
    readonly keys: readonly { readonly id: string; readonly created_at: string; readonly key: string }[];
  }
  await createRootKeyFile(path("whole"), passphrase, now);
  await (await openRootKeyFile(path("whole"), sealed)).generate();
  const file = JSON.parse(await readFile(path("whole"), "utf8")) as File;
  const [first, second] = file.keys;
  const changed: readonly object[] = [
    { ...file, keys: [first] },
    { ...file, keys: [second, first] },
    { ...file, keys: [first, { ...second, key: first?.key }] },
    { ...file, keys: [first, { ...second, created_at: "2025-01-01T00:00:00.000Z" }] },
    { ...file, proof: null },
    { ...file, protection: { kind: "none" }, keys: [{ ...first, key: secret.toString("base64") }] },
  ];
  for (const [place, other] of changed.entries()) {
    await writeFile(path("changed"), JSON.stringify(other));
    const code = place === changed.length - 1 ? "development_key" : "wrong_passphrase";
    await assert.rejects(openRootKeyFile(path("changed"), sealed), refuses(code), `change ${place}`);
  }
});

test("what is no root key file is refused as such", async () => {
  const wrong = ["", "{", "null", "[]", "{}", '{"format":"cofferdam-root-key/3"}', '{"format":"cofferdam-root-key/1"}'];
  for (const text of [...wrong, " ".repeat(1_048_577)]) {
    await writeFile(path("wrong"), text);
    await assert.rejects(openRootKeyFile(path("wrong"), sealed), refuses("malformed_file"), text.slice(0, 40));
  }
});

test("what could not be read again is not written", () => {
  const since = now.toISOString();
  const holdings = (count: number, signing_key: string): RootKeyFile => ({
    format: "cofferdam-root-key/2",
    id: randomUUID(),
    protection: {
      kind: "shares",
      sharings: [
        {
          ...{ id: randomUUID(), created_at: since, ended_at: null, threshold: 2, ceremony_digest: "" },
          shares: [1, 2].map((index) => ({
            ...{ index, check: "" },
            held_by: Array.from({ length: count }, () => ({ custodian: "mei", signing_key, since })),
          })),
        },
      ],
    },
    proof: "",
    keys: [],
  });
  parseRootKeyFile(formatRootKeyFile(holdings(100, "")));
  assert.throws(() => formatRootKeyFile(holdings(101, "")), refuses("malformed_file"));
  assert.throws(() => formatRootKeyFile(holdings(100, "k".repeat(6_000))), refuses("unsupported"));
});

test("the plain development key is refused in production", async () => {
  await openRootKeyFile(path("development"), { ...sealed, passphrase: null, production: false });
  await assert.rejects(
    openRootKeyFile(path("development"), { ...sealed, passphrase: null }),
    refuses("development_key"),
  );
});

test("a root key file is its owner's alone and never overwritten", async () => {
  assert.equal((await stat(path("sealed"))).mode & 0o777, 0o600);
  await assert.rejects(createRootKeyFile(path("sealed"), passphrase, now), { code: "EEXIST" });
  await (await openRootKeyFile(path("sealed"), sealed)).generate();
  assert.equal((await stat(path("sealed"))).mode & 0o777, 0o600);
});

test("a mistyped reference to a root key is a mistake, not an outage to wait for", async () => {
  for (const reference of ["", "file", path("sealed"), "File:sealed", `fil:${path("sealed")}`]) {
    await assert.rejects(openRootKeyStore(reference, sealed), refuses("malformed_reference"), reference);
  }
  await openRootKeyStore(`file:${path("sealed")}`, sealed);
});

test("a file of format 1 opens, keeps its key's id, and takes a second key as format 2", async () => {
  const {
    passphrase: earlier,
    wrapped,
    ...first
  } = JSON.parse(await readFile(join(import.meta.dirname, "testdata/root-key-file-1.json"), "utf8")) as Readonly<
    Record<"passphrase" | "wrapped" | "id", string>
  >;
  await writeFile(path("format-1"), JSON.stringify(first));
  const store = await openRootKeyFile(path("format-1"), { ...sealed, passphrase: earlier });
  const id = `file:${first.id}`;
  const opened = async (): Promise<string> =>
    (await store.unwrap(id, Buffer.from(wrapped, "base64"), Buffer.from("context"))).toString("utf8");
  assert.equal(await opened(), "what format 1 wrapped");
  await store.generate();
  assert.match(await readFile(path("format-1"), "utf8"), /"cofferdam-root-key\/2"/);
  assert.equal(await opened(), "what format 1 wrapped");
  assert.equal(
    (await (await openRootKeyFile(path("format-1"), { ...sealed, passphrase: earlier })).status()).keys.length,
    2,
  );
});

test("a key that one instance makes serves in another, and one that it destroys serves nowhere", async () => {
  await createRootKeyFile(path("two"), passphrase, now);
  const [here, there] = [await openRootKeyFile(path("two"), sealed), await openRootKeyFile(path("two"), sealed)];
  const made = await here.generate();
  const wrapped = await there.wrap(made.id, secret, context);
  assert.deepEqual(await here.unwrap(made.id, wrapped, context), secret);
  await there.destroy(made.id);
  await assert.rejects(here.unwrap(made.id, wrapped, context), refuses("unknown_key"));
  await rm(path("two"));
  await assert.rejects(here.status(), refuses("unavailable"));
});

test("another process, allowed no other file than this one and what lies beside it, makes a key that serves here", async () => {
  await createRootKeyFile(path("shared"), passphrase, now);
  const here = await openRootKeyFile(path("shared"), sealed);
  const script = `
    const { openRootKeyFile } = await import(${JSON.stringify(import.meta.resolve("./root-key-file.ts"))});
    const [path, passphrase] = process.argv.slice(1);
    const store = await openRootKeyFile(path, { passphrase, production: true, now: Date.now });
    process.stdout.write((await store.generate()).id);`;
  const { stdout: made } = await promisify(execFile)(process.execPath, [
    "--permission",
    `--allow-fs-read=${resolve(import.meta.dirname, "../../../..")}`,
    ...["read", "write"].map((right) => `--allow-fs-${right}=${path("shared")}*`),
    ...["--input-type=module", "--eval", script, path("shared"), passphrase],
  ]);
  assert.deepEqual(await here.unwrap(made, await here.wrap(made, secret, context), context), secret);
});

test("keys that many instances make at once are all in the file, and nothing lies beside it", async () => {
  await createRootKeyFile(path("busy"), passphrase, now);
  const stores = await Promise.all([1, 2, 3].map(() => openRootKeyFile(path("busy"), sealed)));
  const made = await Promise.all([...stores, ...stores].map((store) => store.generate()));
  const { keys } = await (await openRootKeyFile(path("busy"), sealed)).status();
  for (const { id } of made) assert.ok(keys.some((key) => key.id === id));
  assert.deepEqual(
    (await readdir(directory)).filter((name) => name.startsWith("busy")),
    ["busy"],
  );
});

test("a lock that a crash left behind is taken over, and one that is held is waited for", async () => {
  await createRootKeyFile(path("locked"), passphrase, now);
  const store = await openRootKeyFile(path("locked"), sealed);
  await writeFile(path("locked.lock"), "a process that is no more");
  await copyFile(path("locked"), path("locked.draft"));
  await store.generate();
  assert.equal((await store.status()).keys.length, 2);

  let changes = 0;
  const change = setInterval(
    () => void writeFile(path("locked.lock"), `a busy process, change ${(changes += 1)}`),
    100,
  );
  await writeFile(path("locked.lock"), "a busy process");
  await assert.rejects(store.generate(), refuses("unavailable"));
  clearInterval(change);
  assert.equal((await store.status()).keys.length, 2);
});
