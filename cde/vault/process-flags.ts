// What the vault's process may do, and what it may not, whatever its code is made to do: the flags of Node that it runs
// with in the sandbox and in production, each with its reason.
import path from "node:path";
import { vaultSettings } from "./config.ts";
import {
  fileGrant,
  folderGrant,
  permissionFlags,
  repository,
  settingGrants,
  type ProcessFlag,
  type ProcessPaths,
} from "./permission-flags.ts";
import { cloudCredentialGrants, rootKeyFiles } from "./root-key-paths.ts";

/** The program that the flags are for. */
export const vaultMain = path.join(repository, "cde/vault/main.ts");

/** The flags of the vault's process, in order. Throws ConfigError like `permissionFlags`. */
export function processFlags({ environment, readPaths = [] }: ProcessPaths): readonly ProcessFlag[] {
  const rootKeys = environment["VAULT_ROOT_KEYS"] ?? "";
  const checkpoints = environment["VAULT_CHECKPOINT_DIRECTORY"];
  return permissionFlags({
    network: "it listens, and connects to PostgreSQL and to root-key stores",
    read: [
      ...settingGrants(Object.keys(vaultSettings), environment),
      ...rootKeyFiles(rootKeys).map((file) => fileGrant(file, "VAULT_ROOT_KEYS")),
      ...cloudCredentialGrants(rootKeys, environment),
      ...readPaths.map((file) => fileGrant(file, "named beside the settings")),
    ],
    write: checkpoints === undefined ? [] : [folderGrant(checkpoints, "VAULT_CHECKPOINT_DIRECTORY")],
  });
}
