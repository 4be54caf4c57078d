import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { readSources, requirementsOf, statementPath, type Catalog, type Sources, type Statement } from "./catalog.ts";
import { findFaults } from "./faults.ts";
import { declaresTest, openRepository } from "./repository.ts";

const root = join(import.meta.dirname, "..");
const repository = openRepository(root);
const sources = await readSources(join(import.meta.dirname, "requirements"));

/** The evidence with one statement changed. */
function withStatement(path: string, change: Partial<Record<keyof Statement, unknown>>): Sources {
  const statement = { ...(sources.statements.get(path) as Statement), ...change };
  return { ...sources, statements: new Map([...sources.statements, [path, statement]]) };
}

async function assertFault(broken: Sources, fault: RegExp): Promise<void> {
  const faults = await findFaults(broken, repository);
  assert.ok(
    faults.some((found) => fault.test(found)),
    `expected ${fault.source}, found:\n${faults.join("\n")}`,
  );
}

test("every requirement of the catalogue has one statement without fault", async () => {
  assert.deepEqual(await findFaults(sources, repository), []);
});

test("the catalogue holds all 257 requirements of version 4.0.1", () => {
  const catalog = sources.catalog as Catalog;
  assert.equal(catalog.requirements.length, 257);
  assert.equal(requirementsOf(sources).length, 257);
});

test("a requirement without a statement is reported", async () => {
  const statements = new Map(sources.statements);
  statements.delete("03/3.5.1.yaml");
  await assertFault({ ...sources, statements }, /^03\/3\.5\.1\.yaml: missing$/);
});

test("a requirement that the catalogue names twice is reported", async () => {
  const catalog = sources.catalog as Catalog;
  const [first] = catalog.requirements;
  const requirements = [...catalog.requirements, first];
  await assertFault({ ...sources, catalog: { ...catalog, requirements } }, /1\.1\.1 stands there twice/);
});

test("a statement about an unknown requirement is reported", async () => {
  const statements = new Map([...sources.statements, ["03/3.5.9.yaml", { ...designed, id: "3.5.9" }]]);
  await assertFault({ ...sources, statements }, /^03\/3\.5\.9\.yaml: 3\.5\.9 is no requirement/);
});

test("a statement in the file of another requirement is reported", async () => {
  await assertFault(withStatement("03/3.5.1.yaml", { id: "3.4.1" }), /^03\/3\.5\.1\.yaml: speaks of 3\.4\.1/);
});

test("a reference to code that does not exist is reported", async () => {
  await assertFault(withStatement("03/3.5.1.yaml", { code: ["cde/vault/gone.ts"] }), /points at cde\/vault\/gone\.ts/);
});

test("a reference to a document that does not exist is reported", async () => {
  await assertFault(withStatement("03/3.5.1.yaml", { documents: ["policies/written/gone.md"] }), /points at policies/);
});

test("a check whose test has another name is reported", async () => {
  const checks = [{ file: "compliance-evidence/requirements.test.ts", name: "never written" }];
  await assertFault(withStatement("03/3.5.1.yaml", { checks }), /names the test "never written"/);
});

test("a check in a file that does not exist is reported", async () => {
  const checks = [{ file: "cde/gone.test.ts", name: "seals a card" }];
  await assertFault(withStatement("03/3.5.1.yaml", { checks }), /names the test "seals a card" in cde\/gone\.test\.ts/);
});

test("a demonstrated requirement without a check is reported", async () => {
  const changed = { status: "demonstrated", checks: undefined, code: ["package.json"] };
  await assertFault(withStatement("03/3.5.1.yaml", changed), /must have required property 'checks'/);
});

test("a requirement held not applicable without a reason is reported", async () => {
  const changed = { status: "not-applicable", reason: undefined };
  await assertFault(withStatement("03/3.5.1.3.yaml", changed), /must have required property 'reason'/);
});

test("a gap that names no gap is reported", async () => {
  await assertFault(withStatement("03/3.5.1.yaml", { status: "gap", gaps: undefined }), /required property 'gaps'/);
});

test("an organisational requirement that software claims to own is reported", async () => {
  await assertFault(withStatement("01/1.1.1.yaml", { owner: "application" }), /^01\/1\.1\.1\.yaml: \/owner/);
});

test("a superseded requirement with another status is reported", async () => {
  await assertFault(withStatement("06/6.4.1.yaml", designed), /superseded in the catalogue or here/);
});

test("a status that only an assessor may give is reported", async () => {
  await assertFault(withStatement("03/3.5.1.yaml", { status: "in-place" }), /^03\/3\.5\.1\.yaml: \/status/);
  await assertFault(withStatement("03/3.5.1.yaml", { design: "The vault is PCI compliant." }), /claims what only/);
});

test("statements are filed under their principal requirement, two digits or the appendix", () => {
  assert.equal(statementPath({ id: "3.5.1.1", principal: "3" }), "03/3.5.1.1.yaml");
  assert.equal(statementPath({ id: "12.1.1", principal: "12" }), "12/12.1.1.yaml");
  assert.equal(statementPath({ id: "A1.1.1", principal: "A1" }), "A1/A1.1.1.yaml");
});

test("a check names a test by its whole name, as it runs", () => {
  assert.ok(declaresTest('test("runs", () => {});', "runs"));
  assert.ok(declaresTest('await t.test(\n  "runs \\"inside\\"", f);', 'runs "inside"'));
  const shared = 'contract("sealed file"); test(`${backend.name}: refuses an empty key`, f);';
  assert.ok(declaresTest(shared, "sealed file: refuses an empty key"));
  assert.ok(!declaresTest(shared, "sealed file: refuses any key"));
  assert.ok(!declaresTest('test("runs fast", f);', "runs"));
});

test("a check may not name what only a template would match", () => {
  const counted = "const TIMES = Number(process.env.TIMES ?? 100); test(`holds ${TIMES} times`, f);";
  assert.ok(!declaresTest(counted, "holds 100 times"));
  assert.ok(!declaresTest(counted, "holds 1000 times"));
});

test("a skipped test proves nothing", () => {
  assert.ok(!declaresTest('test.skip("sleeps", f);', "sleeps"));
  assert.ok(!declaresTest('it.todo("waits");', "waits"));
});

const designed = { owner: "application", status: "designed", design: "A design." } as const;
