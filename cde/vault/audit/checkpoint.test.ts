import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  CheckpointError,
  formatCheckpoint,
  openCheckpoint,
  originOf,
  parseCheckpoint,
  signCheckpoint,
} from "./checkpoint.ts";
import { NoteError, signNote, verifierKey } from "./signed-note.ts";
import { harbourCoffee, lanternBooks, sampleDigest } from "./testdata/sample-entries.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const origin = originOf("cofferdam.test", harbourCoffee);
const checkpoint = { origin, size: 20_852_163, root: sampleDigest("root") };

test("reads and writes the example of C2SP tlog-checkpoint", () => {
  const file = readFileSync(new URL("testdata/sumdb-notes.json", import.meta.url), "utf8");
  const { checkpoint_text: example } = JSON.parse(file) as { readonly checkpoint_text: string };
  const read = parseCheckpoint(example);
  assert.equal(read.origin, "example.com/behind-the-sofa");
  assert.equal(read.size, 20_852_163);
  assert.equal(formatCheckpoint(read), example);
});

test("a signed checkpoint opens with the key of its log, and the log is named in it", () => {
  assert.equal(origin, "cofferdam.test/audit/11111111-1111-4111-8111-111111111111");
  assert.deepEqual(
    openCheckpoint(signCheckpoint(checkpoint, privateKey), [verifierKey(origin, publicKey)]),
    checkpoint,
  );
  const empty = { ...checkpoint, size: 0 };
  assert.deepEqual(openCheckpoint(signCheckpoint(empty, privateKey), [verifierKey(origin, publicKey)]), empty);
});

test("the checkpoint of one tenant is not taken for that of another", () => {
  const other = originOf("cofferdam.test", lanternBooks);
  assert.throws(
    () => openCheckpoint(signCheckpoint(checkpoint, privateKey), [verifierKey(other, publicKey)]),
    NoteError,
  );
  const crossed = signNote(formatCheckpoint(checkpoint), other, privateKey);
  assert.throws(() => openCheckpoint(crossed, [verifierKey(other, publicKey)]), CheckpointError);
});

test("refuses a text that is no checkpoint", () => {
  const good = formatCheckpoint(checkpoint);
  const bad = [
    "",
    good.replace("20852163", "020852163"),
    good.replace("20852163", "-1"),
    good.replace("20852163", "9007199254740993"),
    good.replace("20852163", "99999999999999999999"),
    good.replace("20852163", "2e7"),
    good.replace(/\S=\n/, "B=\n"),
    good.replace("=\n", "\n"),
    `${good}extension\n`,
    good.replace(origin, ""),
    good.replace(origin, "two words"),
  ];
  for (const text of bad) assert.throws(() => parseCheckpoint(text), CheckpointError, text);
});
