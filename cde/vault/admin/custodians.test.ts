import assert from "node:assert/strict";
import { test } from "node:test";
import { RosterError, custodianOf, isAcknowledged, parseRoster } from "./custodians.ts";

const mei = {
  name: "mei",
  workload: "management/custodian-mei",
  public_key: "a".repeat(64),
  acknowledged_until: "2027-06-30",
};
const ade = { ...mei, name: "ade", workload: "management/custodian-ade", public_key: "b".repeat(64) };
const rosterOf = (...custodians: readonly unknown[]): string => JSON.stringify({ custodians });

test("a roster lists custodians by name, workload and key, and both must fit", () => {
  const custodians = parseRoster(rosterOf(mei, ade));
  const named = { workload: mei.workload, publicKey: mei.public_key };
  assert.equal(custodianOf(custodians, named)?.name, "mei");
  assert.equal(custodianOf(custodians, { ...named, publicKey: ade.public_key }), null);
  assert.equal(custodianOf(custodians, { ...named, workload: ade.workload }), null);
});

const shareKey = "0kJ9q3vOB3WGl1PM3cLTcHVVOVpd4sEXIoqsAAAAAAA";

test("a share key is listed for who is to get a share", () => {
  const custodians = parseRoster(rosterOf({ ...mei, share_key: shareKey }, ade));
  assert.deepEqual(
    custodians.map((each) => each.shareKey),
    [shareKey, null],
  );
});

test("nobody is on the roster twice, by name, workload or key", () => {
  const twice = { ...mei, share_key: shareKey };
  for (const field of ["name", "workload", "public_key", "share_key"] as const) {
    assert.throws(() => parseRoster(rosterOf(twice, { ...ade, [field]: twice[field] })), RosterError, field);
  }
});

test("a roster with a field that is missing, malformed or unknown is none, and its error names no value", () => {
  const faulty: readonly object[] = [
    { ...mei, name: undefined },
    { ...mei, name: "Mei" },
    { ...mei, workload: "cde/vault" },
    { ...mei, workload: "management/auditor" },
    { ...mei, public_key: "ABC" },
    { ...mei, acknowledged_until: "2027-02-31" },
    { ...mei, role: "owner" },
    { ...mei, share_key: 1 },
    { ...mei, share_key: shareKey.slice(1) },
    // The same 32 bytes, written otherwise.
    { ...mei, share_key: `${shareKey.slice(0, -1)}B` },
  ];
  for (const entry of faulty) {
    assert.throws(
      () => parseRoster(rosterOf(entry)),
      (error: Error) => {
        return (
          error instanceof RosterError && !error.message.includes("2027-02-31") && !error.message.includes("owner")
        );
      },
    );
  }
  for (const text of [
    "",
    "custodians",
    "custodians: 1",
    "a: &x 1\nb: *x",
    "custodians: []\nmore: 1",
    "x".repeat(70_000),
  ]) {
    assert.throws(() => parseRoster(text), RosterError, text.slice(0, 20));
  }
});

test("an acknowledgement counts through its last day", () => {
  const [custodian] = parseRoster(rosterOf(mei));
  assert.ok(custodian);
  assert.equal(isAcknowledged(custodian, Date.parse("2027-06-30T23:59:59.999Z")), true);
  assert.equal(isAcknowledged(custodian, Date.parse("2027-07-01T00:00:00.000Z")), false);
});
