import assert from "node:assert/strict";
import { test } from "node:test";
import { durationText, startProgressBar } from "./progress-bar.ts";

function bar(isTTY: boolean) {
  const [written, clock] = [[] as string[], { ms: 0 }];
  const output = { isTTY, write: (text: string) => written.push(text) };
  return { written, clock, ...startProgressBar({ output, label: "reencrypt", unit: "rows", now: () => clock.ms }) };
}

test("on a terminal one line is drawn again, with rate and time left", () => {
  const { show, end, written, clock } = bar(true);
  show(0, 1_000);
  clock.ms = 2_000;
  show(500, 1_000);
  end();
  assert.deepEqual(written, [
    "\rreencrypt  [------------------------]  0 %  0 of 1,000 rows\u001b[K",
    "\rreencrypt  [############------------]  50 %  500 of 1,000 rows  250/s  2 s left\u001b[K",
    "\r\u001b[K",
  ]);
});

test("it is drawn at most ten times a second", () => {
  const { show, written, clock } = bar(true);
  for (; clock.ms < 10_000; clock.ms += 1) show(clock.ms, 20_000);
  assert.ok(written.length <= 100, `drawn ${written.length} times in ten seconds`);
});

test("in a log it is a plain line every five seconds at most, without a control character", () => {
  const { show, end, written, clock } = bar(false);
  for (; clock.ms <= 10_000; clock.ms += 100) show(clock.ms, 20_000);
  end();
  assert.equal(written.length, 3);
  assert.equal(written[1], "reencrypt  [######------------------]  25 %  5,000 of 20,000 rows  1,000/s  15 s left\n");
  assert.ok(written.every((line) => !/[\0-\x09\x0b-\x1f]/.test(line)));
});

test("work that began before the bar does not count for its rate", () => {
  const { show, written, clock } = bar(true);
  show(900, 1_000);
  clock.ms = 1_000;
  show(910, 1_000);
  assert.match(written[1] ?? "", / 10\/s {2}9 s left/);
});

test("without a total it says that it works, and it is whole when there is nothing to do", () => {
  const { show, written, clock } = bar(true);
  show(0, null);
  clock.ms = 1_000;
  show(0, 0);
  assert.match(written[0] ?? "", /reencrypt {2}working/);
  assert.match(written[1] ?? "", /100 % {2}0 of 0 rows/);
});

test("durations are told in two units at most", () => {
  const told = [0, 0.2, 59, 200, 7_500, 360_000].map(durationText);
  assert.deepEqual(told, ["0 s", "1 s", "59 s", "3 min 20 s", "2 h 5 min", "100 h 0 min"]);
});
