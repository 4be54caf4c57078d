import path from "node:path";
import { sandboxCallers, sandboxTenants } from "./callers.ts";
import { makePrivateDirectory, replacePrivateFile } from "./private-file.ts";
import type { StandingVault } from "./standing-vault.ts";

/** A folder of curl configuration files; disposing of it stops renewing them. */
export interface CurlFiles extends AsyncDisposable {
  readonly directory: string;
}

// Access tokens live five minutes.
const RENEW_MS = 120_000;

/** Keeps a file per caller for `curl -K`: certificate, key and a token that is always fresh. Mode 0600. */
export async function keepCurlFiles(standing: StandingVault, state: string): Promise<CurlFiles> {
  const directory = await makePrivateDirectory(path.join(state, "curl"));
  await writeAll(standing, directory);
  const timer = setInterval(() => {
    writeAll(standing, directory).catch((error: unknown) => {
      process.stderr.write(`sandbox: tokens were not renewed: ${(error as Error).message}\n`);
    });
  }, RENEW_MS);
  return {
    directory,
    [Symbol.asyncDispose]: () => {
      clearInterval(timer);
      return Promise.resolve();
    },
  };
}

async function writeAll(standing: StandingVault, directory: string): Promise<void> {
  for (const caller of Object.keys(sandboxCallers) as (keyof typeof sandboxCallers)[]) {
    const identity = standing.identities[caller];
    const token = await standing.accessToken(caller, sandboxTenants.harbourCoffee);
    const lines = [
      `cacert = "${identity.caFile}"`,
      `cert = "${identity.certificateFile}"`,
      `key = "${identity.keyFile}"`,
      `header = "authorization: Bearer ${token}"`,
      `header = "content-type: application/json"`,
      "silent",
      "show-error",
    ];
    await replacePrivateFile(path.join(directory, `${caller}.curl`), `${lines.join("\n")}\n`);
  }
}
