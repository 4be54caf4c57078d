// What the admin process may do, and what it may not, whatever its code is made to do: the flags of Node that it runs with
// in the sandbox and in production, each with its reason.
import path from "node:path";
import {
  fileGrant,
  folderGrant,
  permissionFlags,
  repository,
  settingGrants,
  type ProcessFlag,
  type ProcessPaths,
} from "../permission-flags.ts";
import { cloudCredentialGrants, rootKeyFiles } from "../root-key-paths.ts";
import { adminSettings } from "./config.ts";

/** The program that the flags are for. */
export const adminMain = path.join(repository, "cde/vault/admin/main.ts");

/** The flags of the admin process, in order. Throws ConfigError like `permissionFlags`. */
export function adminProcessFlags({ environment, readPaths = [] }: ProcessPaths): readonly ProcessFlag[] {
  const rootKeys = environment["VAULT_ADMIN_ROOT_KEYS"] ?? "";
  const keyFolders = [...new Set(rootKeyFiles(rootKeys).map((file) => path.dirname(path.resolve(file))))];
  const journal = environment["VAULT_ADMIN_JOURNAL_FILE"] ?? "";
  const replaced = "VAULT_ADMIN_ROOT_KEYS: a key file is replaced by renaming, under a lock beside it";
  return permissionFlags({
    network: "it listens, and connects to PostgreSQL, root-key stores and the key agent",
    read: [
      ...keyFolders.map((folder) => folderGrant(folder, "VAULT_ADMIN_ROOT_KEYS")),
      ...settingGrants(Object.keys(adminSettings), environment),
      ...cloudCredentialGrants(rootKeys, environment),
      ...readPaths.map((file) => fileGrant(file, "named beside the settings")),
    ],
    write: [
      ...keyFolders.map((folder) => folderGrant(folder, replaced)),
      ...(journal === "" ? [] : [fileGrant(journal, "VAULT_ADMIN_JOURNAL_FILE")]),
    ],
  });
}
