// What the vault's process may do, and what it may not, whatever its code is made to do: the flags of Node that it runs
// with in the sandbox and in production, each with its reason.
import path from "node:path";
import { vaultSettings } from "./config.ts";

/** A flag of `node`, and why the vault has it. */
export interface ProcessFlag {
  readonly flag: string;
  readonly reason: string;
}

/** What the flags are made for. */
export interface ProcessPaths {
  /** The settings of the vault as they are in its environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** More files and folders that it may read. */
  readonly readPaths?: readonly string[];
}

const repository = path.resolve(import.meta.dirname, "../..");

/** The program that the flags are for. */
export const vaultMain = path.join(repository, "cde/vault/main.ts");

// No more of the checkout than the vault is made of: other workloads' keys may lie beside it.
const codePaths = ["package.json", "node_modules", "openapi", "kit", "cde", "policies", "docs/problems"];

/** The flags of the vault's process, in order. Paths are made absolute from the working directory. */
export function processFlags({ environment, readPaths = [] }: ProcessPaths): readonly ProcessFlag[] {
  const checkpoints = environment["VAULT_CHECKPOINT_DIRECTORY"];
  return [
    { flag: "--permission", reason: "no file, child process, worker, add-on or inspector but by the flags below" },
    {
      flag: "--allow-net",
      reason: "it listens, and connects to PostgreSQL; firewalls say to whom (network/flows.csv)",
    },
    {
      flag: "--disable-warning=ExperimentalWarning",
      reason: "Node 26 warns about --allow-net on every start, in a log of JSON lines",
    },
    ...codePaths.map((name) => allowRead(path.join(repository, name), "its own code and policies")),
    ...settingPaths(environment).map(([name, file]) => allowRead(file, name)),
    ...readPaths.map((file) => allowRead(file, "named beside the settings")),
    ...(checkpoints === undefined
      ? []
      : [{ flag: `--allow-fs-write=${path.resolve(checkpoints)}`, reason: "VAULT_CHECKPOINT_DIRECTORY" }]),
    { flag: "--disallow-code-generation-from-strings", reason: "no eval: text never becomes code" },
    { flag: "--disable-proto=delete", reason: "no __proto__: a parsed object cannot change its own kind" },
    { flag: "--disable-sigusr1", reason: "the signal that would open the inspector" },
  ];
}

/** The files that a database URL names: pg reads them itself, for TLS. */
export function databaseUrlFiles(url: string): readonly string[] {
  const parameters = new URL(url).searchParams;
  return ["sslrootcert", "sslcert", "sslkey"].flatMap((name) => parameters.get(name) ?? []);
}

function allowRead(file: string, reason: string): ProcessFlag {
  return { flag: `--allow-fs-read=${path.resolve(file)}`, reason };
}

/** The root keys of a list that lie in files; the others are behind sockets and services. */
function rootKeyFiles(references: string): readonly string[] {
  return references
    .split(",")
    .map((reference) => reference.trim())
    .flatMap((reference) => (reference.startsWith("file:") ? [reference.slice("file:".length)] : []));
}

/** The files and folders that settings name: `*_FILE`, the folders, and root keys that lie in files. */
function settingPaths(environment: ProcessPaths["environment"]): readonly (readonly [name: string, file: string])[] {
  return Object.keys(vaultSettings).flatMap((name) => {
    const value = environment[name] ?? "";
    if (name.endsWith("_ROOT_KEYS")) return rootKeyFiles(value).map((file) => [name, file] as const);
    return value !== "" && /_(FILE|DIRECTORY|PAGES)$/.test(name) ? [[name, value] as const] : [];
  });
}
