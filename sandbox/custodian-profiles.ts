import path from "node:path";
import { makePrivateDirectory, replacePrivateFile } from "./private-file.ts";
import type { StandingAdmin } from "./standing-admin.ts";

/** Writes a profile of `keyops` for each custodian, `<name>.yaml`: where the admin process is, and who one is to it. */
export async function writeCustodianProfiles(standing: StandingAdmin, state: string): Promise<string> {
  const directory = await makePrivateDirectory(path.join(state, "custodians"));
  for (const [name, { certificateFile, keyFile, caFile }] of Object.entries(standing.custodians)) {
    const lines = [`admin_url: ${standing.admin.url}`, `cert: ${certificateFile}`, `key: ${keyFile}`, `ca: ${caFile}`];
    await replacePrivateFile(path.join(directory, `${name}.yaml`), `${lines.join("\n")}\n`);
  }
  return directory;
}
