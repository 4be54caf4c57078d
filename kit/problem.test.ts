import assert from "node:assert/strict";
import { test } from "node:test";

import { Problem } from "./problem.ts";

test("a refusal explains itself to the client", () => {
  const errors = [{ pointer: "/expiry", keyword: "pattern", detail: "must be YYYY-MM" }];
  const problem = new Problem("invalid-field", { detail: "see errors", errors, cause: new Error("inside") });
  assert.deepEqual(problem.toDocument("r1"), {
    type: "/problems/invalid-field",
    title: "A field does not have the form we accept",
    status: 400,
    detail: "see errors",
    errors,
    request_id: "r1",
  });
});

test("a failure on our side explains nothing to the client", () => {
  const problem = new Problem("unavailable", { detail: "pool is empty", retryAfterSeconds: 2 });
  assert.deepEqual(problem.toDocument("r2"), {
    type: "/problems/unavailable",
    title: "The service is temporarily unavailable",
    status: 503,
    request_id: "r2",
  });
  assert.equal(problem.retryAfterSeconds, 2);
});
