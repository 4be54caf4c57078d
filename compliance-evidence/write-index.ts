// Writes the generated pages, or with --check says which differ from what would be written.
//
//   node compliance-evidence/write-index.ts [--check]
//
// Exits with 1 when the requirements have faults, or when --check finds a difference. Nothing is written then.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readSources, requirementsOf } from "./catalog.ts";
import { findFaults } from "./faults.ts";
import { indexPages, type Page } from "./index-pages.ts";
import { openRepository } from "./repository.ts";

const folder = import.meta.dirname;
const sources = await readSources(join(folder, "requirements"));
const faults = await findFaults(sources, openRepository(join(folder, "..")));
if (faults.length > 0) fail(["the requirements have faults:", ...faults]);

const pages = indexPages(requirementsOf(sources));
if (process.argv.includes("--check")) await check(pages);
else await Promise.all(pages.map(({ name, text }) => writeFile(join(folder, name), text)));

async function check(expected: readonly Page[]): Promise<void> {
  const written = await Promise.all(expected.map(({ name }) => readFile(join(folder, name), "utf8").catch(() => "")));
  const stale = expected.filter(({ text }, at) => text !== written[at]).map(({ name }) => name);
  if (stale.length > 0) fail([`out of date: ${stale.join(", ")}`, "run: node compliance-evidence/write-index.ts"]);
}

function fail(lines: readonly string[]): never {
  process.stderr.write(`${lines.join("\n")}\n`);
  process.exit(1);
}
