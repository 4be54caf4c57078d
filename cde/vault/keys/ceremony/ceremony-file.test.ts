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
      custodians: [
        {
          name: "mei",
          share_key: "yes",
          signing_key: "-----BEGIN PUBLIC KEY-----\nMIIB+/\nAQ==\n-----END PUBLIC KEY-----\n",
        },
      ],
    },
  };
  const { operation, reason, parameters } = read(formatCeremonyFile(ceremony));
  assert.deepEqual({ operation, reason, parameters }, ceremony);
});

test("reads back text that YAML must quote, whatever quotes and backslashes are in it", () => {
  for (const value of ["it's: \\x", 'say: "\\n"', `it's: "both" \\`, "~", "null", "0x10", "- a", " a", ""]) {
    const ceremony = { operation: "rotate-data-key", reason: "A reason to do it.", parameters: { value } };
    assert.equal(read(formatCeremonyFile(ceremony)).parameters["value"], value);
  }
});

test("reads back any text of characters that show", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (value) => {
      fc.pre(!/[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u.test(value));
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
  ["a number in hexadecimal", example.replace("pkcs11", "0x10"), "parameters.scheme"],
  ["a number in octal", example.replace("pkcs11", "0o17"), "parameters.scheme"],
  ["a number with a leading zero", example.replace("pkcs11", "010"), "parameters.scheme"],
  ["a number with a sign", example.replace("pkcs11", "+1"), "parameters.scheme"],
  ["a negative number", example.replace("pkcs11", "-1"), "parameters.scheme"],
  ["a number in powers of ten", example.replace("pkcs11", "1e3"), "parameters.scheme"],
  ["a whole number with a fraction", example.replace("pkcs11", "1.0"), "parameters.scheme"],
  ["a name that is null", example.replace("scheme", "null"), "parameters"],
  ["a name that is a tilde", example.replace("scheme", "~"), "parameters"],
  ["a name that is true", example.replace("scheme", "true"), "parameters"],
  ["a name in quotes", example.replace("scheme", '"scheme"'), "parameters"],
  ["a name that is escaped", example.replace("scheme", '"sch\\u0065me"'), "parameters"],
  ["a line break that is escaped", example.replace("pkcs11", '"pkcs11\\noperation  add-wrap"'), "parameters.scheme"],
  ["an escape of the terminal", example.replace("pkcs11", '"pkcs11\\e[2J"'), "parameters.scheme"],
  ["any other escape", example.replace("pkcs11", '"pkcs\\u0031\\u0031"'), "parameters.scheme"],
  [
    "a value of several lines",
    example.replace("pkcs11", "|\n    pkcs11\n    operation  add-wrap"),
    "parameters.scheme",
  ],
  ["a reason of several lines", example.replace(/reason: (.*)/, "reason: |\n  $1"), "reason"],
  [
    "a key in PEM with other text behind it",
    example.replace(
      "pkcs11",
      "|\n    -----BEGIN PUBLIC KEY-----\n    MIIB\n    -----END PUBLIC KEY-----\n    operation",
    ),
    "parameters.scheme",
  ],
  ["a line separator", example.replace("Yearly", "Yearly\u2028"), ""],
  ["a paragraph separator", example.replace("Yearly", "Yearly\u2029"), ""],
  ["a letter that shows as nothing", example.replace("pkcs11", "pkcs\u316411"), ""],
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
