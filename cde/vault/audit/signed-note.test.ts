import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { NoteError, formatVerifierKey, openNote, parseVerifierKey, signNote, verifierKey } from "./signed-note.ts";
import type { NoteErrorCode } from "./signed-note.ts";

const published = JSON.parse(
  readFileSync(new URL("testdata/sumdb-notes.json", import.meta.url), "utf8"),
) as PublishedNotes;
const { text, keys } = published;
const [peter, enoch] = keys.map((each) => ({ ...each, key: parseVerifierKey(each.verifier_key) }));
assert.ok(peter?.seed_base64 !== undefined && enoch !== undefined);
const signedByPeter = `${text}\n${peter.signature_line}`;
const signedByBoth = `${signedByPeter}${enoch.signature_line}`;

test("signs and opens the published note of golang.org/x/mod/sumdb/note", () => {
  assert.equal(signNote(text, "PeterNeumann", privateKeyFrom(peter.seed_base64 ?? "")), signedByPeter);
  assert.equal(openNote(signedByPeter, [peter.key]), text);
  assert.equal(openNote(signedByBoth, [peter.key]), text);
  assert.equal(openNote(signedByBoth, [enoch.key]), text);
  assert.equal(openNote(signedByPeter, [enoch.key, peter.key]), text);
});

test("a note counts as unsigned without a signature of the key that was asked for", () => {
  const ofAnotherName = { ...peter.key, name: "CarmenSandiego" };
  assertRefused("unsigned", () => openNote(signedByPeter, [enoch.key]));
  assertRefused("unsigned", () => openNote(signedByPeter, [ofAnotherName]));
  assertRefused("unsigned", () => openNote(`${text}\n${peter.signature_line.replace("x08g", "xxxx")}`, [peter.key]));
});

test("refuses every change of one character of a signed text", () => {
  for (let at = 0; at < text.length - 1; at++) {
    const changed = `${text.slice(0, at)}${text[at] === "x" ? "y" : "x"}${text.slice(at + 1)}\n${peter.signature_line}`;
    assertRefused("signature_invalid", () => openNote(changed, [peter.key]));
  }
});

test("a signature of the key that does not verify spoils the note, though another one would", () => {
  const broken = peter.signature_line.replace("J", "K");
  assertRefused("signature_invalid", () => openNote(`${text}\n${broken}${peter.signature_line}`, [peter.key]));
  assert.equal(openNote(`${text}\n${broken}${enoch.signature_line}`, [enoch.key]), text);
});

test("refuses what is not a note", () => {
  const malformed = [
    "",
    "\n\n",
    text,
    `${text}\n`,
    signedByPeter.slice(0, -1),
    `\u0001${signedByPeter}`,
    `\ud800${signedByPeter}`,
    signedByPeter.replace("\n", "\r\n"),
    `${text}\n${peter.signature_line.replace("PeterNeumann", "Bad Name")}`,
    `${text}\n${peter.signature_line.replace("—", "-")}`,
    `${text}\n${peter.signature_line.replace("=", "")}`,
    `${signedByPeter}Unexpected line.\n`,
    `${text}\n${peter.signature_line.repeat(101)}`,
  ];
  for (const note of malformed) assertRefused("malformed", () => openNote(note, [peter.key]));
});

test("verifier keys are read and written as published", () => {
  for (const { verifier_key: encoded } of keys) assert.equal(formatVerifierKey(parseVerifierKey(encoded)), encoded);
  for (const bad of published.bad_verifier_keys) assertRefused("key_malformed", () => parseVerifierKey(bad));
});

test("no part of a verifier key and no key with one character changed is accepted", () => {
  const whole = peter.verifier_key;
  for (let start = 0; start < whole.length; start++) {
    for (let end = start + 1; end <= whole.length; end++) {
      if (end - start < whole.length) assertRefused("key_malformed", () => parseVerifierKey(whole.slice(start, end)));
    }
    const next = String.fromCharCode(whole.charCodeAt(start) + 1);
    assertRefused("key_malformed", () => parseVerifierKey(whole.slice(0, start) + next + whole.slice(start + 1)));
  }
});

test("signs with Ed25519 under a usable name only, and only text that can be read back", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const { privateKey: ecKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const note = signNote("one\n\ntwo\n", "cofferdam.test/audit", privateKey);
  assert.equal(openNote(note, [verifierKey("cofferdam.test/audit", publicKey)]), "one\n\ntwo\n");
  for (const name of ["", "two words", "plus+sign", "non\u00a0breaking"]) {
    assertRefused("key_malformed", () => signNote(text, name, privateKey));
  }
  assertRefused("key_malformed", () => signNote(text, "cofferdam.test/audit", ecKey));
  for (const bad of ["", "no line break", "tab\t\n"])
    assertRefused("malformed", () => signNote(bad, "name", privateKey));
});

interface PublishedNotes {
  readonly text: string;
  readonly keys: readonly PublishedKey[];
  readonly bad_verifier_keys: readonly string[];
}

interface PublishedKey {
  readonly verifier_key: string;
  readonly seed_base64?: string;
  readonly signature_line: string;
}

function assertRefused(code: NoteErrorCode, work: () => unknown): void {
  assert.throws(work, (error) => error instanceof NoteError && error.code === code);
}

/** A raw Ed25519 seed behind the fixed PKCS #8 header of RFC 8410 §7. */
function privateKeyFrom(seed: string): KeyObject {
  const header = Buffer.from("302e020100300506032b657004220420", "hex");
  return createPrivateKey({ key: Buffer.concat([header, Buffer.from(seed, "base64")]), format: "der", type: "pkcs8" });
}
