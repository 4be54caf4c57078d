// Runs every test of the house: on the embedded PostgreSQL, then what touches a database on Debian's as well, and at the
// end a search through all that the suites left behind for any card number in any form.
import { spawn } from "node:child_process";
import { glob, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { hasDebianPostgres, type PostgresVersion } from "./postgres-binaries.ts";
import { startPostgres } from "./postgres.ts";

const help = `Usage: node sandbox/run-tests.ts [--only <glob>]…

  --only <glob>   test files to run, on the embedded PostgreSQL alone; the search is left out
  --help

With CI=true a suite that cannot run is a failure. Exit codes: 0 all passed, 1 otherwise.
`;

const repository = path.resolve(import.meta.dirname, "..");
const LEAK_HUNT = "sandbox/leak-hunt.suite.ts";
const print = (line: string): void => {
  process.stdout.write(`\n── ${line}\n`);
};

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: "string", multiple: true }, help: { type: "boolean" } } });
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const suite = await mkdtemp(path.join(tmpdir(), "cofferdam-suite-"));
  // Not where the search looks: it holds the tests themselves, cards and all.
  process.env["NODE_COMPILE_CACHE"] = path.join(suite, "compiled");
  const evidence = path.join(suite, "evidence");
  try {
    await mkdir(evidence);
    if (values.only !== undefined) return await runOn("embedded", evidence, await files(values.only));
    return await runAll(evidence);
  } finally {
    await rm(suite, { recursive: true, force: true });
  }
}

async function runAll(evidence: string): Promise<number> {
  const all = await files(["{openapi,kit,cde,sandbox,bench,compliance-evidence}/**/*.test.ts"]);
  print("all suites on the embedded PostgreSQL");
  const failures = [await runOn("embedded", evidence, all)];
  if (await hasDebianPostgres()) {
    print("suites that touch a database, on Debian's PostgreSQL");
    failures.push(await runOn("debian", evidence, await touchingDatabase(all)));
  } else {
    print("SKIPPED on Debian's PostgreSQL: package postgresql is not installed");
    failures.push(process.env["CI"] === "true" ? 1 : 0);
  }
  print("search for card numbers in everything that the suites left behind");
  failures.push(await nodeTest([LEAK_HUNT], { TEST_EVIDENCE_DIRECTORY: evidence }));
  return failures.every((code) => code === 0) ? 0 : 1;
}

async function runOn(version: PostgresVersion, evidence: string, testFiles: readonly string[]): Promise<number> {
  await using cluster = await startPostgres({
    directory: path.join(evidence, `postgres-${version}`),
    version,
    durable: false,
  });
  return await nodeTest(testFiles, { TEST_DATABASE_URL: cluster.url, TEST_EVIDENCE_DIRECTORY: evidence });
}

function nodeTest(testFiles: readonly string[], environment: Readonly<Record<string, string>>): Promise<number> {
  const child = spawn(process.execPath, ["--test", "--test-concurrency=2", "--test-reporter=spec", ...testFiles], {
    cwd: repository,
    stdio: "inherit",
    env: { ...process.env, ...environment },
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      resolve(code ?? 1);
    });
  });
}

async function files(patterns: readonly string[]): Promise<readonly string[]> {
  const found = await Array.fromAsync(glob(patterns, { cwd: repository, exclude: ["**/node_modules/**"] }));
  return found.sort();
}

async function touchingDatabase(testFiles: readonly string[]): Promise<readonly string[]> {
  const marks = /test-bed\.ts|test-database\.ts|TEST_DATABASE_URL/;
  const texts = await Promise.all(testFiles.map((file) => readFile(path.join(repository, file), "utf8")));
  return testFiles.filter((_file, index) => marks.test(texts[index] ?? ""));
}

process.exitCode = await main();
