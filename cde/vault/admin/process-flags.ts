// What the admin process may do, and what it may not, whatever its code is made to do: the flags of Node that it runs with
// in the sandbox and in production, each with its reason.
import path from "node:path";
import type { ProcessFlag, ProcessPaths } from "../process-flags.ts";
import { adminSettings } from "./config.ts";

const repository = path.resolve(import.meta.dirname, "../../..");

/** The program that the flags are for. */
export const adminMain = path.join(repository, "cde/vault/admin/main.ts");

// No more of the checkout than the process is made of: other workloads' keys may lie beside it.
const codePaths = ["package.json", "node_modules", "openapi", "kit", "cde", "policies", "docs/problems"];

/** The flags of the admin process, in order. Paths are made absolute from the working directory. */
export function adminProcessFlags({ environment, readPaths = [] }: ProcessPaths): readonly ProcessFlag[] {
  const journal = environment["VAULT_ADMIN_JOURNAL_FILE"] ?? "";
  const keyFolders = rootKeyFolders(environment["VAULT_ADMIN_ROOT_KEYS"] ?? "");
  return [
    { flag: "--permission", reason: "no file, child process, worker, add-on or inspector but by the flags below" },
    {
      flag: "--allow-net",
      reason: "it listens, and connects to PostgreSQL and the key agent; firewalls say to whom (network/flows.csv)",
    },
    {
      flag: "--disable-warning=ExperimentalWarning",
      reason: "Node 26 warns about --allow-net, in a log of JSON lines",
    },
    // Folders first: after a file in a folder, Node 26.10 does not take the folder itself.
    ...keyFolders.flatMap((folder) => [
      allow("read", folder, "VAULT_ADMIN_ROOT_KEYS"),
      allow("write", folder, "VAULT_ADMIN_ROOT_KEYS: a key file is replaced by renaming, under a lock beside it"),
    ]),
    ...codePaths.map((name) => allow("read", path.join(repository, name), "its own code and policies")),
    ...settingFiles(environment).map(([name, file]) => allow("read", file, name)),
    ...readPaths.map((file) => allow("read", file, "named beside the settings")),
    allow("read", journal, "VAULT_ADMIN_JOURNAL_FILE"),
    allow("write", journal, "VAULT_ADMIN_JOURNAL_FILE"),
    { flag: "--disallow-code-generation-from-strings", reason: "no eval: text never becomes code" },
    { flag: "--disable-proto=delete", reason: "no __proto__: a parsed object cannot change its own kind" },
    { flag: "--disable-sigusr1", reason: "the signal that would open the inspector" },
  ];
}

function allow(how: "read" | "write", file: string, reason: string): ProcessFlag {
  return { flag: `--allow-fs-${how}=${path.resolve(file)}`, reason };
}

/** Where root keys in files are; the others are behind sockets and services. */
function rootKeyFolders(references: string): readonly string[] {
  const names = references.split(",").map((reference) => reference.trim());
  const files = names.filter((name) => name.startsWith("file:")).map((name) => name.slice("file:".length));
  return [...new Set(files.map((file) => path.dirname(path.resolve(file))))];
}

/** The files and folders that settings name, but for the journal, which may be written too. */
function settingFiles(environment: ProcessPaths["environment"]): readonly (readonly [name: string, file: string])[] {
  return Object.keys(adminSettings).flatMap((name) => {
    const value = environment[name] ?? "";
    const isRead = /_(FILE|DIRECTORY|PAGES)$/.test(name) && name !== "VAULT_ADMIN_JOURNAL_FILE";
    return value !== "" && isRead ? [[name, value] as const] : [];
  });
}
