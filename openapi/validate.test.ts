import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { validateProblem, validateTokenView } from "./validate-response.ts";
import {
  validateAuditEventsQuery,
  validateConsistencyProofQuery,
  validateDetokenizeBatchRequest,
  validateDetokenizeRequest,
  validateUpdateToken,
} from "./validate.ts";
import type { Validation } from "./validate.ts";

const card = "4242424242424242";
const token = "tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g";

suite("validation of requests", () => {
  test("gives back a body that is right", () => {
    const body = { status: "suspended", expires_at: "2030-01-31T23:59:59Z", metadata: { customer: "c-1" } };
    assert.deepEqual(validateUpdateToken(body), { ok: true, value: body });
    assert.ok(validateDetokenizeRequest({ purpose: "refund" }).ok);
    assert.ok(validateDetokenizeBatchRequest({ purpose: "refund", tokens: [token] }).ok);
  });

  test("names the place and the rule of every fault", () => {
    assert.deepEqual(faultsOf(validateUpdateToken({ status: "stopped", expiry: { month: 13 } })), [
      "/status enum",
      "/expiry/year required",
      "/expiry/month maximum",
    ]);
    assert.deepEqual(faultsOf(validateUpdateToken({})), [" minProperties"]);
    assert.deepEqual(faultsOf(validateUpdateToken(null)), [" type"]);
  });

  test("never repeats a card number, whether it came as a value, a field name or a metadata name", () => {
    const bodies = [
      { status: card },
      { [card]: "active" },
      { expiry: { month: 1, year: 2030, [card]: 1 } },
      { metadata: { [card]: "x" } },
      { metadata: { [`a${card}`]: 7 } },
      { expires_at: card },
      [card],
      card,
    ];
    for (const body of bodies) {
      const validation = validateUpdateToken(body);
      assert.equal(validation.ok, false);
      assert.doesNotMatch(JSON.stringify(validation), /4242/);
    }
  });

  test("points to the object of an unknown field, and into an array", () => {
    assert.deepEqual(faultsOf(validateUpdateToken({ expiry: { month: 1, year: 2030, day: 2 } })), [
      "/expiry additionalProperties",
    ]);
    assert.deepEqual(faultsOf(validateDetokenizeBatchRequest({ purpose: "refund", tokens: [token, "tok_"] })), [
      "/tokens/1 pattern",
    ]);
    assert.deepEqual(faultsOf(validateUpdateToken({ metadata: { "1": 7 } })), [
      "/metadata propertyNames",
      "/metadata type",
    ]);
  });

  test("tells a bounded number of faults", () => {
    const tokens = Array.from({ length: 1001 }, () => "not a token");
    assert.equal(faultsOf(validateDetokenizeBatchRequest({ purpose: "refund", tokens })).length, 16);
  });

  test("refuses a date that is not on the calendar or not in UTC", () => {
    for (const expires_at of ["2028-02-29T00:00:00Z", "2400-02-29T00:00:00.123Z"]) {
      assert.ok(validateUpdateToken({ expires_at }).ok, expires_at);
    }
    const wrong = ["2030-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2030-04-31T00:00:00Z", "2030-01-01T24:00:00Z"];
    const otherForms = ["2030-01-01T00:00:00+08:00", "2030-01-01", "2030-01-01T00:00:00z", "2030-01-01T00:00:00.1234Z"];
    for (const expires_at of [...wrong, ...otherForms]) assert.ok(!validateUpdateToken({ expires_at }).ok, expires_at);
  });

  test("reads integers of a query, and fills in the defaults of the document", () => {
    assert.deepEqual(validateAuditEventsQuery({}), { ok: true, value: { from: 0, limit: 100 } });
    const both = validateAuditEventsQuery({ from: "7", limit: "500" });
    assert.deepEqual(both, { ok: true, value: { from: 7, limit: 500 } });
  });

  test("refuses other ways of writing an integer, repeated and unknown parameters", () => {
    for (const from of ["07", "-1", "+1", "1.0", "1e2", "0x10", " 1", "", ["1", "2"], "9007199254740992"]) {
      assert.ok(!validateAuditEventsQuery({ from }).ok, JSON.stringify(from));
    }
    assert.deepEqual(faultsOf(validateAuditEventsQuery({ limit: "501" })), ["/limit maximum"]);
    assert.deepEqual(faultsOf(validateAuditEventsQuery({ [card]: "1" })), [" additionalProperties"]);
    assert.deepEqual(faultsOf(validateConsistencyProofQuery({ from: "1" })), ["/to required"]);
  });
});

suite("validation of answers", () => {
  test("refuses a token view with a field too few, and a problem with a field too many", () => {
    assert.ok(faultsOf(validateTokenView({ token, bin: null })).includes("/last4 required"));
    const problem = { type: "/problems/not-found", title: "There is nothing here", status: 404, request_id: "r-1" };
    assert.ok(validateProblem(problem).ok);
    assert.deepEqual(faultsOf(validateProblem({ ...problem, stack: "at …" })), [" additionalProperties"]);
  });
});

function faultsOf(validation: Validation<unknown>): string[] {
  assert.equal(validation.ok, false);
  return validation.errors.map(({ pointer, keyword }) => `${pointer} ${keyword}`);
}
