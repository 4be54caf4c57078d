import assert from "node:assert/strict";
import { test } from "node:test";
import { createPlaces } from "./places.ts";

test("a user has places of their own: one who takes all of theirs takes none of another's", () => {
  const places = createPlaces(2);
  assert.deepEqual([places.take(1), places.take(1), places.take(1)], [true, true, false]);
  assert.deepEqual([places.take(2), places.take(2)], [true, true]);
});

test("a place that is given back is there again, once", () => {
  const places = createPlaces(1);
  places.take(1);
  places.giveBack(1);
  assert.deepEqual([places.take(1), places.take(1)], [true, false]);
});
