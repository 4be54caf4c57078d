import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { formNames, formsOf } from "./pan-forms.ts";

// Published test numbers: Visa and American Express (Stripe), Diners Club and Maestro (Braintree).
const visa = "4242424242424242";
const amex = "378282246310005";
const diners = "38520000023237";

/** The form's bytes as Latin-1, or undefined. */
const written = (pan: string, form: string): string | undefined =>
  formsOf(pan)
    .find((candidate) => candidate.form === form)
    ?.bytes.toString("latin1");

/** The form's bytes in hexadecimal, or undefined. */
const writtenHex = (pan: string, form: string): string | undefined =>
  formsOf(pan)
    .find((candidate) => candidate.form === form)
    ?.bytes.toString("hex");

test("groups digits as the card prints them", () => {
  assert.equal(written(visa, "spaced"), "4242 4242 4242 4242");
  assert.equal(written(amex, "hyphenated"), "3782-822463-10005");
  assert.equal(written(diners, "dotted"), "3852.000002.3237");
});

test("knows the encodings in which programs and protocols write digits", () => {
  assert.equal(written(amex, "utf-16le"), amex.replace(/./g, "$&\0"));
  assert.equal(written(amex, "utf-16be"), amex.replace(/./g, "\0$&"));
  assert.equal(written(amex, "hex"), "333738323832323436333130303035");
  assert.equal(decodeURIComponent(written(amex, "url-encoded") ?? ""), amex);
  assert.equal(JSON.parse(`"${written(amex, "json-escaped") ?? ""}"`), amex);
  assert.equal(written(amex, "reversed"), "500013642282873");
  assert.equal(written(amex, "all but last 4"), "37828224631");
});

test("packs digits two to a byte: an odd number of them at both alignments", () => {
  assert.equal(writtenHex(visa, "bcd"), visa);
  assert.equal(writtenHex(visa, "bcd after a nibble"), undefined);
  assert.equal(writtenHex(amex, "bcd"), "37828224631000");
  assert.equal(writtenHex(amex, "bcd after a nibble"), "78282246310005");
});

test("finds the base64 of a text that holds the number, whatever stands around it", () => {
  const surroundings = [
    { before: "", after: "" },
    { before: "x", after: "~" },
    { before: '{"pan":"', after: '"}' },
    { before: "\xff\xff\xff\xff\xff", after: "\xff" },
    { before: "\0\0\0\0", after: "\0\0" },
  ];
  for (const { before, after } of surroundings) {
    for (const pan of [visa, amex, diners]) {
      const encoded = Buffer.from(before + pan + after, "latin1").toString("base64");
      const form = `base64 at ${before.length % 3}`;
      assert.ok(encoded.includes(written(pan, form) ?? "nothing"), `${form}: ${encoded}`);
    }
  }
});

test("knows the digests that were made without a key", () => {
  for (const name of ["md5", "sha1", "sha256", "sha512"]) {
    const digest = createHash(name).update(visa).digest();
    assert.equal(writtenHex(visa, name), digest.toString("hex"));
    assert.equal(written(visa, `${name} hex`), digest.toString("hex"));
    assert.equal(written(visa, `${name} base64`), digest.toString("base64").replace(/=*$/, ""));
  }
  const sha256Url = createHash("sha256").update(amex).digest("base64url");
  assert.equal(written(amex, "sha256 base64url") ?? written(amex, "sha256 base64"), sha256Url);
});

test("names each form once and never lists the same bytes twice", () => {
  assert.equal(new Set(formNames).size, formNames.length);
  for (const pan of [visa, amex, diners]) {
    const forms = formsOf(pan);
    assert.ok(forms.length >= 28, String(forms.length));
    assert.equal(new Set(forms.map(({ bytes }) => bytes.toString("latin1"))).size, forms.length);
    assert.ok(forms.every(({ form }) => formNames.includes(form)));
    assert.ok(forms.every(({ bytes }) => bytes.length >= 6 && bytes.length <= 128));
  }
});

test("refuses what is no card number without repeating it", () => {
  for (const text of ["", "42424242424", "42424242424242424242", "4242 4242 4242 4242", `${visa}\n`]) {
    assert.throws(() => formsOf(text), { name: "RangeError", message: "a card number has 12 to 19 digits" });
  }
});
