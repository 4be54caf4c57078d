// Judges the evidence: what is missing, unknown, dangling or claims too much.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { statementPath, type Catalog, type CatalogEntry, type Sources, type Statement } from "./catalog.ts";
import type { Repository } from "./repository.ts";

// Only an assessor says such words, about a deployment and never about software.
const forbiddenClaims = /\b(?:compliant|certified|in place)\b/i;

/**
 * Finds everything that is wrong with the evidence.
 *
 * @returns sentences that each start with the file at fault; none when all is well
 */
export async function findFaults(sources: Sources, repository: Repository): Promise<readonly string[]> {
  const isCatalog = await validator<Catalog>("catalog");
  if (!isCatalog(sources.catalog)) return schemaFaults("catalog.yaml", isCatalog);
  const entries = sources.catalog.requirements;
  const isStatement = await validator<Statement>("requirement");
  const faults = [...catalogFaults(entries, sources.statements)];
  for (const [path, value] of sources.statements) {
    if (isStatement(value)) faults.push(...(await statementFaults(path, value, entries, repository)));
    else faults.push(...schemaFaults(path, isStatement));
  }
  return faults;
}

async function validator<T>(name: string): Promise<ValidateFunction<T>> {
  const schema = JSON.parse(
    await readFile(join(import.meta.dirname, "schema", `${name}.schema.json`), "utf8"),
  ) as object;
  return new Ajv2020({ allErrors: true, strictRequired: false, strictTypes: false }).compile<T>(schema);
}

function schemaFaults(path: string, { errors }: ValidateFunction): readonly string[] {
  return (errors ?? []).map((error) => `${path}: ${error.instancePath || "/"} ${error.message ?? error.keyword}`);
}

function catalogFaults(entries: readonly CatalogEntry[], statements: ReadonlyMap<string, unknown>): readonly string[] {
  const ids = entries.map((entry) => entry.id);
  return [
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `catalog.yaml: ${id} stands there twice`),
    ...entries
      .filter(({ id, principal }) => !id.startsWith(`${principal}.`))
      .map(({ id }) => `catalog.yaml: ${id} has another principal`),
    ...entries
      .filter((entry) => entry.superseded_by !== undefined && !ids.includes(entry.superseded_by))
      .map(({ id }) => `catalog.yaml: ${id} is superseded by an unknown id`),
    ...entries
      .filter((entry) => !statements.has(statementPath(entry)))
      .map((entry) => `${statementPath(entry)}: missing`),
  ];
}

async function statementFaults(
  path: string,
  statement: Statement,
  entries: readonly CatalogEntry[],
  repository: Repository,
): Promise<readonly string[]> {
  const entry = entries.find(({ id }) => id === statement.id);
  if (entry === undefined) return [`${path}: ${statement.id} is no requirement of the catalogue`];
  const faults = [...(await danglingPaths(statement, repository)), ...(await danglingChecks(statement, repository))];
  if (path !== statementPath(entry)) faults.push(`speaks of ${statement.id}`);
  if ((statement.status === "superseded") !== (entry.superseded_by !== undefined)) {
    faults.push("is superseded in the catalogue or here, not in both");
  }
  if (forbiddenClaims.test(JSON.stringify(statement))) faults.push("claims what only an assessor may say");
  return faults.map((fault) => `${path}: ${fault}`);
}

async function danglingPaths({ code = [], documents = [] }: Statement, repository: Repository): Promise<string[]> {
  const faults: string[] = [];
  for (const path of [...code, ...documents]) {
    if (!(await repository.has(path))) faults.push(`points at ${path}, which does not exist`);
  }
  return faults;
}

async function danglingChecks({ checks = [] }: Statement, repository: Repository): Promise<string[]> {
  const faults: string[] = [];
  for (const { file, name } of checks) {
    if (await repository.runsTest(file, name)) continue;
    faults.push(`names the test "${name}" in ${file}, which does not exist`);
  }
  return faults;
}
