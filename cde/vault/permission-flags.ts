// Node's permission model for the vault's processes: from the paths that a process needs, its flags, each with its reason.
import path from "node:path";
import { ConfigError } from "@cofferdam/kit/config.ts";

/** A flag of `node`, and why the process has it. */
export interface ProcessFlag {
  readonly flag: string;
  readonly reason: string;
}

/** What the flags are made for. */
export interface ProcessPaths {
  /** The settings of the process as they are in its environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** More files and folders that it may read. */
  readonly readPaths?: readonly string[];
}

/** A file or folder that a process may use. */
export interface Grant {
  readonly path: string;
  readonly reason: string;
  /** True for a folder that the process lists or makes files in. */
  readonly isFolder: boolean;
}

/** Everything that a process may do. */
export interface Grants {
  /** Why it may use the network. */
  readonly network: string;
  /** Besides its own code. */
  readonly read: readonly Grant[];
  readonly write: readonly Grant[];
}

/** The folder with `cde`: the paths of programs and code begin there. */
export const repository = path.resolve(import.meta.dirname, "../..");

// No more of the checkout than the processes are made of: other workloads' keys may lie beside it.
const codePaths = ["package.json", "node_modules", "openapi", "kit", "cde", "policies", "docs/problems"];

/**
 * The flags, in order. Paths are made absolute from the working directory. Throws ConfigError for a folder that the
 * process could not use: see `usable`.
 */
export function permissionFlags({ network, read, write }: Grants): readonly ProcessFlag[] {
  const code = codePaths.map((name) => fileGrant(path.join(repository, name), "its own code and policies"));
  return [
    { flag: "--permission", reason: "no file, child process, worker, add-on or inspector but by the flags below" },
    { flag: "--allow-net", reason: `${network}; firewalls say to whom (network/flows.csv)` },
    {
      flag: "--disable-warning=ExperimentalWarning",
      reason: "Node 26 warns about --allow-net on every start, in a log of JSON lines",
    },
    ...usable([...code, ...read]).map((grant) => ({ flag: `--allow-fs-read=${grant.path}`, reason: grant.reason })),
    ...usable(write).map((grant) => ({ flag: `--allow-fs-write=${grant.path}`, reason: grant.reason })),
    { flag: "--disallow-code-generation-from-strings", reason: "no eval: text never becomes code" },
    { flag: "--disable-proto=delete", reason: "no __proto__: a parsed object cannot change its own kind" },
    { flag: "--disable-sigusr1", reason: "the signal that would open the inspector" },
  ];
}

/** A file, or a folder of which only what is in it is used. */
export function fileGrant(file: string, reason: string): Grant {
  return { path: file, reason, isFolder: false };
}

/** A folder that is listed, or that files are made in. */
export function folderGrant(folder: string, reason: string): Grant {
  return { path: folder, reason, isFolder: true };
}

/** The files and folders that settings name: `*_FILE`, `*_DIRECTORY` and `*_PAGES`. */
export function settingGrants(names: readonly string[], environment: ProcessPaths["environment"]): readonly Grant[] {
  return names.flatMap((name) => {
    const value = environment[name] ?? "";
    if (value === "") return [];
    if (/_(DIRECTORY|PAGES)$/.test(name)) return [folderGrant(value, name)];
    return name.endsWith("_FILE") ? [fileGrant(value, name)] : [];
  });
}

/**
 * In an order in which Node grants all of it. Node 26.10 loses a folder itself, though not what is in it, in two cases.
 * When a path in it was granted before: so every path comes before those that lie in it. And when another path goes on
 * where its name ends, in any order (`/etc/policies` and `/etc/policies-old.yaml`): that has no remedy but another name.
 */
function usable(grants: readonly Grant[]): readonly Grant[] {
  const absolute = grants.map((grant) => ({ ...grant, path: path.resolve(grant.path) }));
  const lost = absolute.filter(
    (folder) => folder.isFolder && absolute.some((other) => goesOn(other.path, folder.path)),
  );
  if (lost.length > 0) {
    throw new ConfigError(
      lost.map(
        ({ reason }) => `${reason} names a folder, and another path begins with its name: give one another name`,
      ),
    );
  }
  return absolute.toSorted((one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0));
}

function goesOn(other: string, folder: string): boolean {
  return other.startsWith(folder) && other !== folder && !other.startsWith(path.join(folder, path.sep));
}
