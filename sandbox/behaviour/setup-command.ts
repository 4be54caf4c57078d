// `cde/vault/setup.ts`, run as a deployer runs it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import path from "node:path";
import { text } from "node:stream/consumers";

/** What a command ended with, and what it said. */
export interface SetupAnswer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const repository = path.resolve(import.meta.dirname, "../..");

/** Runs a command in an environment of nothing but `settings`. Throws when the answer holds one of the secrets. */
export async function runSetup(
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
  secrets: readonly string[],
): Promise<SetupAnswer> {
  const child = spawn(process.execPath, ["cde/vault/setup.ts", ...args], { cwd: repository, env: settings });
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  for (const secret of secrets) assert.ok(!`${stdout}${stderr}`.includes(secret), `${args.join(" ")} prints a secret`);
  return { code: await code, stdout, stderr };
}
