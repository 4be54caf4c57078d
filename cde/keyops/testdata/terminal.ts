// For tests: the program in this process, with streams that are kept and a clock of its own.
import { keyops } from "../keyops.ts";
import type { ExitCode, Terminal } from "../command.ts";

export interface Said {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `keyops` with these arguments. Nobody is there to be asked, unless `world` says so. */
export async function run(args: readonly string[], world: Partial<Terminal> = {}): Promise<Said> {
  const said = { stdout: "", stderr: "" };
  const code = await keyops(args, {
    stdout: { write: (text) => (said.stdout += text) },
    stderr: { write: (text) => (said.stderr += text) },
    environment: {},
    now: () => Date.parse("2026-11-24T10:00:00.000Z"),
    sleep: () => Promise.resolve(),
    ask: null,
    ...world,
  });
  return { code, ...said };
}
