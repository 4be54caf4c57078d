// The programs whose flags setup prints. A program is a line here.
import { readConfig } from "@cofferdam/kit/config.ts";
import { adminSettings } from "../admin/config.ts";
import { adminMain, adminProcessFlags } from "../admin/process-flags.ts";
import { vaultSettings } from "../config.ts";
import type { ProcessFlag, ProcessPaths } from "../permission-flags.ts";
import { processFlags, vaultMain } from "../process-flags.ts";

/** A program of a deployment. */
export interface Program {
  /** Path of its main file. */
  readonly main: string;
  /** Reads every setting first: flags for a process that would not start would only hide why. Throws ConfigError. */
  readonly flags: (environment: ProcessPaths["environment"]) => readonly ProcessFlag[];
}

/** By the word after `--program`. */
export const programs: ReadonlyMap<string, Program> = new Map<string, Program>([
  ["vault", { main: vaultMain, flags: flagsOfVault }],
  ["admin", { main: adminMain, flags: flagsOfAdmin }],
]);

function flagsOfVault(environment: ProcessPaths["environment"]): readonly ProcessFlag[] {
  const { VAULT_DATABASE_URL_FILE: url } = readConfig(vaultSettings, environment);
  return processFlags({ environment, readPaths: databaseUrlFiles(url) });
}

function flagsOfAdmin(environment: ProcessPaths["environment"]): readonly ProcessFlag[] {
  const { VAULT_ADMIN_DATABASE_URL_FILE: url } = readConfig(adminSettings, environment);
  return adminProcessFlags({ environment, readPaths: databaseUrlFiles(url) });
}

/** The files that a database URL names: pg reads them itself, for TLS. */
function databaseUrlFiles(url: string): readonly string[] {
  const parameters = new URL(url).searchParams;
  return ["sslrootcert", "sslcert", "sslkey"].flatMap((name) => parameters.get(name) ?? []);
}
