import assert from "node:assert/strict";
import test from "node:test";

import { parseExpiry } from "./expiry.ts";

test("takes a month of this century and refuses everything else", () => {
  assert.deepEqual(parseExpiry({ month: 12, year: 2034 }), { month: 12, year: 2034 });
  for (const month of [0, 13, 1.5, NaN, -1]) {
    assert.throws(() => parseExpiry({ month, year: 2034 }), { code: "expiry-invalid" });
  }
  for (const year of [34, 1999, 2100, 2034.5]) {
    assert.throws(() => parseExpiry({ month: 1, year }), { code: "expiry-invalid" });
  }
});
