// The custodians' command line as a process of its own, the way people run it: in a folder, each with a profile.
import { spawn } from "node:child_process";
import { copyFile, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import type { StandingAdmin } from "./standing-admin.ts";
import type { StandingVault } from "./standing-vault.ts";

/** How a command ended, and what it said. */
export interface KeyopsAnswer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with a certificate (`mei.pem`) and a profile (`mei.profile`) for each custodian and the auditor. */
export interface KeyopsDesk extends AsyncDisposable {
  readonly folder: string;
  /** Runs `keyops` to its end as that person; the empty name is nobody. Nobody is there to be asked. */
  readonly runAs: (person: string, args: readonly string[]) => Promise<KeyopsAnswer>;
  /** Everything that was ever printed. */
  readonly printed: () => string;
}

/** Sets up the desk for an admin process that runs. */
export async function openKeyopsDesk(vault: StandingVault, standing: StandingAdmin): Promise<KeyopsDesk> {
  const folder = await mkdtempDisposable(path.join(tmpdir(), "keyops-"));
  const file = (name: string): string => path.join(folder.path, name);
  const people = { ...standing.custodians, auditor: vault.identities.auditor };
  for (const [name, { certificateFile, keyFile, caFile }] of Object.entries(people)) {
    const profile = { admin_url: standing.admin.url, cert: certificateFile, key: keyFile, ca: caFile };
    // JSON is YAML.
    await writeFile(file(`${name}.profile`), JSON.stringify(profile));
    await copyFile(certificateFile, file(`${name}.pem`));
  }
  await copyFile(standing.transcriptPublicKeyFile, file("transcript-key.pem"));
  let printed = "";
  return {
    folder: folder.path,
    runAs: async (person, args) => {
      const answer = await run(args, folder.path, person === "" ? null : file(`${person}.profile`));
      printed += answer.stdout + answer.stderr;
      return answer;
    },
    printed: () => printed,
    [Symbol.asyncDispose]: () => folder.remove(),
  };
}

const program = path.resolve(import.meta.dirname, "../cde/keyops/main.ts");

/** Nothing of our environment is inherited. What was compiled is kept beside the profiles: half of a start is that. */
async function run(args: readonly string[], folder: string, profile: string | null): Promise<KeyopsAnswer> {
  const compiled = { NODE_COMPILE_CACHE: path.join(folder, ".compiled") };
  const env = profile === null ? compiled : { ...compiled, KEYOPS_PROFILE: profile };
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, stdout, stderr };
}
