import assert from "node:assert/strict";
import { test } from "node:test";
import { factLines, oneLine, printable, resultLines, table } from "./text.ts";

test("what others wrote stays on its line", () => {
  assert.equal(oneLine("a\nb"), "a\u{fffd}b");
  assert.equal(factLines([["scheme", "file\noperation  add-wrap"]]), "scheme  file\u{fffd}operation  add-wrap\n");
  assert.equal(resultLines({ "keys\nreason": "3\ndigest" }), "keys\u{fffd}reason  3\u{fffd}digest\n");
  assert.equal(table(["NAME"], [["mei\nade"]], "nobody"), "NAME\nmei\u{fffd}ade\n");
});

test("nothing is printed that a terminal would obey, or take for the end of a line", () => {
  assert.equal(
    printable("a\u001b[2Jb\rc\u202ed\u2028e\u2029f\u0085g\nh"),
    "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d\u{fffd}e\u{fffd}f\u{fffd}g\nh",
  );
});
