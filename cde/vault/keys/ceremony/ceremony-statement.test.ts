import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { createTestAuthority } from "@cofferdam/kit/testdata/test-certificate.ts";
import {
  StatementError,
  publicKeyDigest,
  readStatement,
  signStatement,
  verifyStatement,
  type SignedStatement,
  type StatementErrorCode,
} from "./ceremony-statement.ts";
import { ade, facts, mei } from "./testdata/ceremonies.ts";

const signed = signStatement(facts, mei);
const refuses = (code: StatementErrorCode) => (error: unknown) =>
  error instanceof StatementError && error.code === code;

test("a statement is seven lines that a custodian can read", () => {
  const lines = [
    "cofferdam/ceremony-statement/1",
    "propose",
    "0199c5d2-7c1e-7000-8000-000000000001",
    facts.digest.toString("hex"),
    "management/custodian-mei",
    "2026-11-25T10:00:00.000Z",
    "2026-11-24T10:00:00.000Z",
  ];
  assert.equal(signed.statement, `${lines.join("\n")}\n`);
});

test("a statement verifies, and tells who signed it with which key", () => {
  const verified = verifyStatement(signed);
  assert.deepEqual(verified.facts, { ...facts, custodian: "management/custodian-mei" });
  assert.equal(verified.workload, "management/custodian-mei");
  assert.equal(verified.trustDomain, "cofferdam.test");
  assert.equal(verified.spki.toString("hex"), publicKeyDigest(mei.certificatePem));
});

test("of a chain the first certificate is the custodian's, and the only one that goes with the statement", () => {
  const chained = signStatement(facts, { ...mei, certificatePem: mei.certificatePem + createTestAuthority().cert });
  assert.equal(chained.certificate, mei.certificatePem);
});

test("reads no other text than the one that says it", () => {
  const variants: readonly (readonly [from: string | RegExp, to: string])[] = [
    ["propose", "destroy"],
    ["/1\n", "/2\n"],
    [/\n$/, ""],
    [/$/, "\n"],
    ["2026-11-25", "2026-02-30"],
    [".000Z", "Z"],
    ["0199c5d2", "0199C5D2"],
    ["custodian-mei", "custodian-mei "],
    ["custodian-mei", "../mei"],
    [facts.digest.toString("hex"), facts.digest.toString("hex").toUpperCase()],
  ];
  for (const [from, to] of variants) {
    assert.throws(() => readStatement(signed.statement.replace(from, to)), refuses("malformed"), String(from));
  }
});

test("a changed statement, another's certificate and a foreign signature are not believed", () => {
  const other = signStatement(facts, ade);
  const changed: readonly (readonly [StatementErrorCode, Partial<SignedStatement>])[] = [
    ["signature_invalid", { statement: signed.statement.replace("propose", "approve") }],
    ["signature_invalid", { certificate: other.certificate }],
    ["signature_invalid", { signature: other.signature }],
    ["malformed", { signature: `${signed.signature.replace(/=*$/, "")}====` }],
    ["malformed", { statement: "" }],
    ["malformed", { certificate: "-".repeat(7_000) }],
    ["certificate_unreadable", { certificate: "nothing" }],
    ["certificate_unreadable", { certificate: signed.certificate + other.certificate }],
  ];
  for (const [code, change] of changed) {
    assert.throws(() => verifyStatement({ ...signed, ...change }), refuses(code), JSON.stringify(change).slice(0, 60));
  }
});

test("nobody signs in another's name", () => {
  const inAdesName = signed.statement.replace("custodian-mei", "custodian-ade");
  const meisSignature = verifyStatement(signed).workload;
  assert.notEqual(readStatement(inAdesName).custodian, meisSignature);
  assert.throws(() => signStatement(facts, { ...mei, keyPem: ade.keyPem }), refuses("key_unsuitable"));
});

test("only a certificate with one SPIFFE id signs", () => {
  const authority = createTestAuthority();
  for (const uris of [[], ["https://cofferdam.test/mei"], ["spiffe://a.test/mei", "spiffe://a.test/ade"]]) {
    const { cert, key } = authority.issue({ uris });
    assert.throws(() => signStatement(facts, { certificatePem: cert, keyPem: key }), refuses("certificate_unreadable"));
  }
});

test("a key that cannot be read is a refusal without a word of it", () => {
  const { privateKey } = generateKeyPairSync("x25519");
  const unfit = privateKey.export({ type: "pkcs8", format: "pem" });
  for (const keyPem of [unfit, "nothing"]) {
    assert.throws(() => signStatement(facts, { ...mei, keyPem }), refuses("key_unsuitable"));
  }
});
