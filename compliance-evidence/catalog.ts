/**
 * The model of the evidence: the catalogue of requirement ids, and what Cofferdam says about each.
 *
 * Facts about the standard come from `requirements/catalog.yaml`; our statement about one requirement comes from
 * `requirements/<principal>/<id>.yaml`. Nothing here judges: `faults.ts` does.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";

export type Owner = "application" | "platform" | "organisation";

/** What may be said of a requirement; README.md says what each word means. */
export const statuses = [
  "demonstrated",
  "designed",
  "gap",
  "deployer-required",
  "organisational",
  "not-applicable",
  "superseded",
] as const;
export type Status = (typeof statuses)[number];

/** One id of the standard, as `catalog.yaml` writes it. */
export interface CatalogEntry {
  readonly id: string;
  readonly title: string;
  readonly principal: string;
  readonly service_provider_only: boolean;
  readonly kind: "document" | "process" | "technical";
  readonly roc_kinds: readonly string[];
  readonly superseded_by?: string;
}

export interface Catalog {
  readonly source_version: string;
  readonly requirements: readonly CatalogEntry[];
}

/** A test that shows a control at work: its file, and its name word for word. */
export interface Check {
  readonly file: string;
  readonly name: string;
}

export interface InterviewBrief {
  readonly role: string;
  readonly ask: readonly string[];
  readonly show: string;
}

/** What Cofferdam says about one requirement, as its file writes it. Paths start at the repository's root. */
export interface Statement {
  readonly id: string;
  readonly owner: Owner;
  readonly status: Status;
  readonly reason?: string;
  readonly design?: string;
  readonly deployer?: string;
  readonly code?: readonly string[];
  readonly checks?: readonly Check[];
  readonly documents?: readonly string[];
  readonly interview?: readonly InterviewBrief[];
  readonly gaps?: readonly string[];
}

/** Parsed files that nobody has judged yet. */
export interface Sources {
  readonly catalog: unknown;
  /** By path below `requirements/`, in order of path. */
  readonly statements: ReadonlyMap<string, unknown>;
}

/** A requirement whole: the standard's side and ours. */
export type Requirement = CatalogEntry & Statement;

/**
 * Reads the catalogue and every statement.
 *
 * @param folder the `requirements/` folder
 * @throws when a file is not YAML, or repeats a key
 */
export async function readSources(folder: string): Promise<Sources> {
  const names = await readdir(folder, { recursive: true });
  const statements = new Map<string, unknown>();
  for (const path of names.filter((name) => name.includes("/") && name.endsWith(".yaml")).sort()) {
    statements.set(path, await readYaml(join(folder, path)));
  }
  return { catalog: await readYaml(join(folder, "catalog.yaml")), statements };
}

/**
 * Joins catalogue and statements, in the order of the catalogue.
 *
 * @param sources without faults, as `findFaults` says
 */
export function requirementsOf(sources: Sources): readonly Requirement[] {
  const statements = [...sources.statements.values()] as readonly Statement[];
  const byId = new Map(statements.map((statement) => [statement.id, statement]));
  return (sources.catalog as Catalog).requirements.flatMap((entry) => {
    const statement = byId.get(entry.id);
    return statement === undefined ? [] : [{ ...entry, ...statement }];
  });
}

/** Where the statement about a requirement stands, below `requirements/`. */
export function statementPath({ id, principal }: Pick<CatalogEntry, "id" | "principal">): string {
  return `${principal.padStart(2, "0")}/${id}.yaml`;
}

/** Reads one YAML file. */
export async function readYaml(path: string): Promise<unknown> {
  return parse(await readFile(path, "utf8"), { uniqueKeys: true });
}
