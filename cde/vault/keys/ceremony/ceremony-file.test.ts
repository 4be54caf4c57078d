import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CeremonyFileError, formatCeremonyFile, maxCeremonyBytes, readCeremonyFile } from "./ceremony-file.ts";

const example = `ceremony: cofferdam/1
operation: rotate-root-key
reason: Yearly rotation of the HSM's root key, change 2026-114.
parameters:
  scheme: pkcs11
`;
const read = (text: string) => readCeremonyFile(Buffer.from(text));

test("reads a ceremony file, and its digest is that of its bytes", () => {
  const { digest, text, ...ceremony } = read(example);
  assert.deepEqual(ceremony, {
    operation: "rotate-root-key",
    reason: "Yearly rotation of the HSM's root key, change 2026-114.",
    parameters: { scheme: "pkcs11" },
  });
  assert.equal(text, example);
  // printf … | sha256sum
  assert.equal(digest.toString("hex"), "8a8e6e5961b760b47641bce8a81a0b95411bb940c3e3588e07c85f1203287f96");
});

test("comments are for reviewers and change the digest, not the meaning", () => {
  const commented = read(`# reviewed on Monday\n${example}`);
  assert.deepEqual(commented.parameters, read(example).parameters);
  assert.notDeepEqual(commented.digest, read(example).digest);
});

test("reads back what it writes: custodians with keys in PEM, and text that looks like numbers", () => {
  const ceremony = {
    operation: "initialise-custodians",
    reason: "First ceremony of the house, change 2026-001.",
    parameters: {
      threshold: 2,
      bundle_sha256: `12345678e9${"0".repeat(54)}`,
      custodians: [{ name: "mei", share_key: "yes", signing_key: "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END\n" }],
    },
  };
  const { operation, reason, parameters } = read(formatCeremonyFile(ceremony));
  assert.deepEqual({ operation, reason, parameters }, ceremony);
});

test("reads back any text of characters that show", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (value) => {
      fc.pre(!/(?!\n)\p{C}/u.test(value));
      const ceremony = { operation: "rotate-data-key", reason: "A reason to do it.", parameters: { value } };
      assert.equal(read(formatCeremonyFile(ceremony)).parameters["value"], value);
    }),
  );
});

const refused: readonly (readonly [what: string, text: string, field: string])[] = [
  ["another format", example.replace("cofferdam/1", "cofferdam/2"), "ceremony"],
  ["an operation that is no name", example.replace("rotate-root-key", "Rotate everything"), "operation"],
  ["a reason that is no sentence", example.replace(/reason: .*/, "reason: because"), "reason"],
  ["a card number in the reason", example.replace("change 2026-114", "card 4242 4242 4242 4242"), "reason"],
  ["no parameters", example.replace(/parameters:[^]*/, ""), "parameters"],
  ["parameters that are a list", example.replace("  scheme: pkcs11", "  - pkcs11"), "parameters"],
  ["a parameter without a value", example.replace(" pkcs11", ""), "parameters.scheme"],
  ["a parameter that is true", example.replace("pkcs11", "true"), "parameters.scheme"],
  ["a number that a program would round", example.replace("pkcs11", "0.1"), "parameters.scheme"],
  ["a fifth field", `${example}approvals: 0\n`, ""],
  ["a key twice", `${example}reason: Another reason than the first.\n`, ""],
  ["two documents", `${example}---\n${example}`, ""],
  ["a directive", `%YAML 1.1\n---\n${example}`, ""],
  ["an anchor", example.replace("pkcs11", "&a pkcs11"), "parameters.scheme"],
  ["an alias", example.replace("pkcs11", "*a"), "parameters.scheme"],
  ["a tag", example.replace("pkcs11", "!!str pkcs11"), "parameters.scheme"],
  ["a merge key", example.replace("scheme: pkcs11", "<<: { scheme: pkcs11 }"), "parameters"],
  ["too deep a nest", example.replace("pkcs11", "[[[[[a]]]]]"), "parameters.scheme"],
  ["a text that turns the line round", example.replace("Yearly", "Yearly \u202e"), ""],
  ["a carriage return", example.replaceAll("\n", "\r\n"), ""],
  ["a tab", example.replace("scheme: ", "scheme:\t"), ""],
  ["a byte order mark", `\ufeff${example}`, ""],
  ["more than 16 KiB", example + "#".repeat(maxCeremonyBytes), ""],
  ["nothing", "", ""],
];
for (const [what, text, field] of refused) {
  test(`refuses ${what}`, () => {
    assert.throws(
      () => read(text),
      (error: unknown) => error instanceof CeremonyFileError && error.field === field,
    );
  });
}

test("refuses bytes that are not UTF-8", () => {
  assert.throws(() => readCeremonyFile(Buffer.from([0x63, 0xff])), CeremonyFileError);
});

test("a refusal never holds what stood there", () => {
  for (const [, text] of refused) {
    assert.throws(
      () => read(text),
      (error: Error) => !/pkcs11|4242|because|everything/.test(error.message),
    );
  }
});
