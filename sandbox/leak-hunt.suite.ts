// After all suites: no card number in anything that they left behind. Database files and write-ahead logs of every test
// database, the vault's logs, metrics and checkpoints are read raw and searched for every form that a number can leak in.
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { invalidCards, publishedCards } from "@cofferdam/cde/card/testdata/published-cards.ts";
import { generateCards } from "./generated-cards.ts";
import { formNames } from "./pan-forms.ts";
import { countByForm, createPanSearch, type Finding } from "./pan-search.ts";

const evidence = process.env["TEST_EVIDENCE_DIRECTORY"];
if (evidence === undefined) throw new Error("TEST_EVIDENCE_DIRECTORY names no folder: run `make test`, or `npm test`");

const published = publishedCards.map((card) => card.number);
// Mistyped numbers too: a refused card must not be written down any more than an accepted one. One digit repeated is no
// secret, and zeros lie everywhere.
const refused = invalidCards
  .flatMap(({ json_value: value }) => (typeof value === "string" ? [value] : []))
  .filter((value) => /^[0-9]{12,19}$/.test(value) && new Set(value).size > 1);
const cards = [...new Set([...published, ...refused, ...generateCards(2_000, 2_026)])];

// In its short forms a number such as 5000000000000512 is what page headers look like, and names of log files.
const short = formNames.filter((form) => form.startsWith("bcd") || form === "all but last 4");
const searches = [
  createPanSearch(cards, { forms: formNames.filter((form) => !short.includes(form)) }),
  createPanSearch(
    cards.filter((card) => !/(\d)\1{4}/.test(card)),
    { forms: short },
  ),
];

async function findingsIn(directory: string): Promise<readonly Finding[]> {
  return (await Promise.all(searches.map((search) => search.searchTree(directory)))).flat();
}

test("no card number lies in any file that the suites left behind", async (context) => {
  const files = (await readdir(evidence, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  assert.ok(
    files.some((file) => file.name === "vault.log"),
    "no vault has left a log",
  );
  assert.ok(
    files.some((file) => file.parentPath.includes("pg_wal")),
    "no database has left its write-ahead log",
  );
  const findings = await findingsIn(evidence);
  context.diagnostic(`${files.length} files searched`);
  const summary = [...countByForm(findings)].map(([form, count]) => `${form}: ${count}`).join(", ");
  const places = findings.slice(0, 20).map(({ form, where, pan }) => `${form} of ${pan} in ${where}`);
  assert.deepEqual(places, [], summary);
});

test("the same search does find a card number in a log line, and in a database file as bytes", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "leak-"));
  try {
    await writeFile(path.join(directory, "vault.log"), `{"msg":"card ${published[0] ?? ""}"}\n`);
    await writeFile(path.join(directory, "16384"), Buffer.from(published[0] ?? "", "hex"));
    const forms = new Set((await findingsIn(directory)).map((finding) => finding.form));
    assert.ok(forms.has("plain") && [...forms].some((form) => form.startsWith("bcd")), [...forms].join(", "));
  } finally {
    await rm(directory, { recursive: true });
  }
});
