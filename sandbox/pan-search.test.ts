import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtempDisposable, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { generateCards } from "./generated-cards.ts";
import { formNames, formsOf } from "./pan-forms.ts";
import { countByForm, createPanSearch, type Finding } from "./pan-search.ts";

// Published test numbers: Visa, American Express and Discover (Stripe).
const visa = "4242424242424242";
const amex = "378282246310005";
const discover = "6011111111111117";
const published = [visa, amex, discover];

const temporaryFolder = (): ReturnType<typeof mkdtempDisposable> =>
  mkdtempDisposable(path.join(tmpdir(), "cofferdam-"));

/** Bytes that belong to no form, so that what is planted among them stands alone. */
const filler = (length: number): Buffer => Buffer.alloc(length, "~");

const planted = (bytes: Buffer, offset: number): Buffer => Buffer.concat([filler(offset), bytes, filler(300)]);

/** Every form of every published number with the file name under which a test plants it. */
const allForms = published.flatMap((pan, card) =>
  formsOf(pan).map(({ form, bytes }) => ({ card, form, bytes, file: `${card} ${form}` })),
);

const has = (findings: readonly Finding[], form: string, card: number): boolean =>
  findings.some((finding) => finding.form === form && finding.pan.endsWith(`(card ${card})`));

test("finds each form of a number where it begins", () => {
  const search = createPanSearch(published);
  for (const { card, form, bytes } of allForms) {
    const pan = `****${published[card]?.slice(-4) ?? ""} (card ${card})`;
    const first = search.searchBytes(planted(bytes, 77), "memory")[0];
    assert.deepEqual(first, { where: "memory", offset: 77, form, pan });
  }
});

test("finds each form in a file, in a compressed file and anywhere in a tree", async () => {
  const search = createPanSearch(published);
  await using folder = await temporaryFolder();
  const deep = path.join(folder.path, "a", "b");
  await mkdir(deep, { recursive: true });
  for (const { file, bytes } of allForms) {
    await writeFile(path.join(deep, file), planted(bytes, 500));
    await writeFile(path.join(deep, `${file}.gz`), gzipSync(planted(bytes, 500)));
  }
  const inTree = await search.searchTree(folder.path);
  for (const { card, form, file } of allForms) {
    const plain = path.join(deep, file);
    assert.ok(has(await search.searchFile(plain), form, card), plain);
    assert.ok(
      has(
        inTree.filter(({ where }) => where === plain),
        form,
        card,
      ),
      plain,
    );
    assert.ok(
      has(
        inTree.filter(({ where }) => where === `${plain}.gz (inflated)`),
        form,
        card,
      ),
      plain,
    );
  }
});

test("finds nothing in random data", async () => {
  const search = createPanSearch([...published, ...generateCards(2000, 1)]);
  const noise = randomBytes(5 * 1024 * 1024);
  await using folder = await temporaryFolder();
  await writeFile(path.join(folder.path, "noise"), noise);
  await writeFile(path.join(folder.path, "noise.gz"), gzipSync(noise));
  await writeFile(path.join(folder.path, "noise.txt"), noise.toString("hex") + noise.toString("base64"));
  assert.deepEqual(await search.searchTree(folder.path), []);
});

test("finds each of thousands of numbers and gives its index", () => {
  const cards = generateCards(2000, 2);
  const text = Buffer.from(cards.map((card) => `{"pan":"${card}"}`).join("\n"));
  const findings = createPanSearch(cards).searchBytes(text, "log");
  const expected = cards.map((card, index) => `****${card.slice(-4)} (card ${index})`);
  assert.deepEqual(
    findings.map(({ pan }) => pan),
    expected,
  );
});

test("finds a number that lies across a boundary of chunks, wherever it is cut", async () => {
  const search = createPanSearch(published);
  for (const { bytes } of allForms) {
    const whole = planted(bytes, 200);
    const expected = search.searchBytes(whole, "stream");
    for (let cut = 200; cut <= 200 + bytes.length; cut++) {
      const chunks = Readable.from([whole.subarray(0, cut), whole.subarray(cut)]);
      assert.deepEqual(await search.searchStream(chunks, "stream"), expected);
    }
  }
});

test("finds a number in a stream of single bytes and at its very end", async () => {
  const bytes = Buffer.from(`~~${amex}`);
  const singleBytes = Readable.from(Array.from(bytes, (byte) => Buffer.of(byte)));
  const findings = await createPanSearch(published).searchStream(singleBytes, "stream");
  assert.deepEqual(
    findings.map(({ offset, form }) => ({ offset, form })),
    [{ offset: 2, form: "plain" }],
  );
});

test("finds a number across the boundaries at which big files are read", async () => {
  const search = createPanSearch(published);
  const mebibyte = 1024 * 1024;
  const content = filler(3 * mebibyte);
  content.write(visa, mebibyte - 3);
  content.write(amex, 2 * mebibyte - 8);
  await using folder = await temporaryFolder();
  const file = path.join(folder.path, "big");
  await writeFile(file, content);
  const plain = (await search.searchFile(file)).filter(({ form }) => form === "plain");
  assert.deepEqual(
    plain.map(({ offset }) => offset),
    [mebibyte - 3, 2 * mebibyte - 8],
  );
});

test("finds what a compressed file held before its end was cut off", async () => {
  await using folder = await temporaryFolder();
  const compressed = gzipSync(Buffer.concat([Buffer.from(`pan=${discover};`), randomBytes(200_000)]));
  const file = path.join(folder.path, "log.gz");
  await writeFile(file, compressed.subarray(0, 150_000));
  assert.ok(has(await createPanSearch(published).searchFile(file), "plain", 2));
});

test("refuses to pass a damaged compressed file as searched", async () => {
  await using folder = await temporaryFolder();
  const file = path.join(folder.path, "log.gz");
  await writeFile(file, "not compressed at all");
  await assert.rejects(createPanSearch(published).searchFile(file), /log\.gz cannot be inflated/);
});

test("finds numbers in the names of files and folders, and prints none", async () => {
  const search = createPanSearch(published);
  await using folder = await temporaryFolder();
  const exports = path.join(folder.path, `card-${amex}`);
  await mkdir(exports);
  await writeFile(path.join(exports, `${visa}.csv`), discover);
  const findings = await search.searchTree(folder.path);
  assert.ok([0, 1, 2].every((card) => has(findings, "plain", card)));
  const printed = JSON.stringify(findings);
  assert.ok(!published.some((pan) => printed.includes(pan) || printed.includes(pan.slice(0, -4))), printed);
});

test("does not follow symbolic links, which may lead out of the tree or round in it", async () => {
  await using folder = await temporaryFolder();
  await writeFile(path.join(folder.path, "file"), visa);
  await mkdir(path.join(folder.path, "tree"));
  await symlink("..", path.join(folder.path, "tree", "up"));
  assert.deepEqual(await createPanSearch(published).searchTree(path.join(folder.path, "tree")), []);
});

test("fails when the folder to search is not there", async () => {
  await assert.rejects(createPanSearch(published).searchTree("/nonexistent"), { code: "ENOENT" });
});

test("reports only the longest form at one offset and only the forms asked for", () => {
  const found = (forms: readonly string[]): readonly string[] => {
    const findings = createPanSearch([amex], { forms }).searchBytes(Buffer.from(`~${amex}~`), "log");
    return findings.map(({ form }) => form);
  };
  assert.deepEqual(found(formNames), ["plain"]);
  assert.deepEqual(found(["all but last 4", "md5"]), ["all but last 4"]);
  assert.deepEqual(found(["md5"]), []);
  assert.throws(() => createPanSearch([amex], { forms: ["rot13"] }), RangeError);
});

test("counts findings by form", () => {
  const search = createPanSearch(published);
  const counts = countByForm(search.searchBytes(Buffer.from(`${amex} ${discover} 3782-822463-10005`), "log"));
  assert.deepEqual(
    [...counts],
    [
      ["plain", 2],
      ["hyphenated", 1],
    ],
  );
  assert.ok([...counts.keys()].every((form) => formNames.includes(form)));
});
