/**
 * Writes what the API documents say in a form that code can use: types for clients and services, validators for
 * services and for their tests. The results are checked in, so that a change of a document shows its effect in review,
 * and nothing is generated at run time (ajv compiles with `new Function`, which the card-data environment forbids).
 *
 *     node openapi/generate.ts            writes openapi/generated/
 *     node openapi/generate.ts --check    writes nothing; exits 1 and says what differs
 *
 * A last argument names another folder with documents, in the place of the one that this file is in.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { ApiDocument } from "./api-document.ts";
import { typesOf } from "./generate-types.ts";
import { requestValidatorsOf, responseValidatorsOf } from "./generate-validators.ts";

/** Every generated file of the documents in a folder: path below that folder, and content. */
export async function generatedFiles(folder: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const name of documentNames(folder)) {
    const text = readFileSync(join(folder, `${name}.yaml`), "utf8");
    const document = parse(text) as ApiDocument;
    const header = `// Generated from ${name}.yaml by openapi/generate.ts. Do not edit.\n`;
    files.set(`generated/${name}-types.ts`, header + (await typesOf(text)));
    files.set(`generated/${name}-validators.ts`, `// @ts-nocheck\n${header}${requestValidatorsOf(document)}`);
    files.set(`generated/${name}-response-validators.ts`, `// @ts-nocheck\n${header}${responseValidatorsOf(document)}`);
  }
  return files;
}

/** `vault` for `vault.yaml`, and so on, in alphabetical order. */
function documentNames(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".yaml") && file !== "redocly.yaml")
    .map((file) => file.slice(0, -".yaml".length))
    .sort();
}

/** What is wrong with each file that is not what its document makes of it; empty when all is current. */
export function differences(folder: string, files: ReadonlyMap<string, string>): string[] {
  const stale = [...files].flatMap(([path, expected]) => {
    const actual = readIfThere(join(folder, path));
    if (actual === undefined) return [`${path}: is missing`];
    return actual === expected ? [] : [`${path}: ${firstDifference(expected, actual)}`];
  });
  const abandoned = generatedPaths(folder).filter((path) => !files.has(path));
  return [...stale, ...abandoned.map((path) => `${path}: has no document, delete it`)];
}

function generatedPaths(folder: string): string[] {
  const directory = join(folder, "generated");
  return existsSync(directory) ? readdirSync(directory).map((file) => `generated/${file}`) : [];
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function firstDifference(expected: string, actual: string): string {
  const [expectedLines, actualLines] = [expected.split("\n"), actual.split("\n")];
  const longer = expectedLines.length > actualLines.length ? expectedLines : actualLines;
  const first = longer.findIndex((_, line) => expectedLines[line] !== actualLines[line]);
  return [
    `differs from line ${first + 1} on`,
    `  on disk:  ${actualLines[first] ?? "(end of file)"}`,
    `  document: ${expectedLines[first] ?? "(end of file)"}`,
  ].join("\n");
}

function write(folder: string, files: ReadonlyMap<string, string>): void {
  mkdirSync(join(folder, "generated"), { recursive: true });
  for (const [path, content] of files) writeFileSync(join(folder, path), content);
}

async function main(args: readonly string[]): Promise<void> {
  const checking = args.includes("--check");
  const folder = args.find((arg) => !arg.startsWith("--")) ?? import.meta.dirname;
  const files = await generatedFiles(folder);
  if (!checking) {
    write(folder, files);
    return;
  }
  const stale = differences(folder, files);
  if (stale.length === 0) return;
  process.stderr.write(`${stale.join("\n")}\nGenerated files are not current. Run: node openapi/generate.ts\n`);
  process.exitCode = 1;
}

if (import.meta.main) await main(process.argv.slice(2));
