import assert from "node:assert/strict";
import { appendFile, mkdtempDisposable, readFile, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { openCustodyJournal, readJournal, type ShareEvent } from "./custody-journal.ts";

const folder = await mkdtempDisposable(path.join(tmpdir(), "journal-"));
after(() => folder.remove());
let files = 0;
const newFile = (): string => path.join(folder.path, String((files += 1)));
const event: ShareEvent = {
  at: "2026-11-24T15:05:00.000Z",
  workload: "management/custodian-mei",
  key: "McADWQ6Ne_6wEH8ML857Sn4wcFzjnifvvD6Qh_yNBTM",
  origin: "192.0.2.7",
  request_id: "48201a74-3c73-48ca-be0c-6e4ebf1d5eab",
  sharing_id: "24309ed5-fcd6-4084-ade5-471326b540b6",
  index: 1,
};
const lineOf = (changes: object = {}): string => JSON.stringify({ sequence: 0, previous: null, ...event, ...changes });

test("lines follow one another, in the file and in what is given back", async () => {
  const file = newFile();
  const journal = openCustodyJournal(file);
  const first = await journal.append(event, null);
  const second = await journal.append({ ...event, index: 2 }, null);
  assert.equal(second.line.previous, first.line.hash.toString("hex"));
  assert.deepEqual([first.wasAsLeft, second.wasAsLeft], [false, true]);
  assert.deepEqual((await journal.read()).lines, [first.line, second.line]);
  assert.equal(await readFile(file, "utf8"), `${first.line.text}\n${second.line.text}\n`);
});

test("a journal that goes on in another process goes on behind its last line", async () => {
  const file = newFile();
  const { line } = await openCustodyJournal(file).append(event, null);
  const next = await openCustodyJournal(file).append(event, null);
  assert.deepEqual([next.line.sequence, next.line.previous], [1, line.hash.toString("hex")]);
});

test("a file that is not as it was left is read again, and goes on behind what is there or what was copied", async () => {
  const file = newFile();
  const journal = openCustodyJournal(file);
  await journal.append(event, null);
  const second = await journal.append(event, null);
  await truncate(file, Buffer.byteLength(await readFile(file)) - 10);
  const third = await journal.append(event, second.line);
  assert.deepEqual([third.wasAsLeft, third.line.sequence], [false, 2]);
  assert.equal(third.line.previous, second.line.hash.toString("hex"));
  assert.equal((await journal.read()).brokenAt, 1);
});

test("what somebody else wrote behind the last line is noticed with the next", async () => {
  const file = newFile();
  const journal = openCustodyJournal(file);
  await journal.append(event, null);
  await appendFile(file, "not a line\n");
  const { wasAsLeft, line } = await journal.append(event, null);
  assert.deepEqual([wasAsLeft, line.sequence], [false, 1]);
  assert.equal((await journal.read()).brokenAt, 1);
});

test("a share is not journaled with what no audit entry can hold", async () => {
  const file = newFile();
  await writeFile(file, "");
  const hostile = { ...event, workload: "management/custodian-4242424242424242" };
  await assert.rejects(openCustodyJournal(file).append(hostile, null), /no audit entry/);
  assert.equal(await readFile(file, "utf8"), "");
});

test("a line is one in its one form alone", () => {
  assert.deepEqual(readJournal(`${lineOf()}\n`).brokenAt, null);
  const others: readonly string[] = [
    "{}",
    "null",
    ` ${lineOf()}`,
    lineOf({ more: 1 }),
    lineOf({ sequence: -1 }),
    lineOf({ previous: "x" }),
    lineOf({ previous: {} }),
    lineOf({ workload: "a\u0000b" }),
    lineOf({ workload: "management/custodian-4242424242424242" }),
    lineOf({ workload: "x".repeat(129) }),
    lineOf({ origin: "somewhere" }),
    lineOf({ sharing_id: "x" }),
    lineOf({ index: 256 }),
    lineOf({ index: "1" }),
    lineOf({ at: 1 }),
  ];
  for (const text of others) {
    const { lines, brokenAt } = readJournal(`${text}\n`);
    assert.deepEqual([lines, brokenAt], [[], 0], text);
  }
});

test("a line that has no end, is there twice or does not follow is where the chain is broken", () => {
  assert.equal(readJournal(lineOf()).brokenAt, 0);
  assert.equal(readJournal(`${lineOf()}\n${lineOf()}\n`).brokenAt, 1);
  assert.equal(readJournal(`${lineOf()}\n${lineOf({ sequence: 1, previous: "0".repeat(64) })}\n`).brokenAt, 1);
  assert.equal(readJournal(`${lineOf({ sequence: 1 })}\n`).brokenAt, 0);
});
