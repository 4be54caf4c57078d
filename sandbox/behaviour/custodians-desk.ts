// A place where custodians sit and type what a runbook says: one folder, a profile for each of them, and a shell.
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { text } from "node:stream/consumers";
import type { Identity } from "../pki.ts";
import { makePrivateDirectory } from "../private-file.ts";
import { commandsIn, type Runbook, type RunbookBlock } from "./runbook.ts";

const repository = path.resolve(import.meta.dirname, "../..");

// What differs from a person at a terminal: nobody can be asked for the digest, and a share that counts is no failure
// though others are to come.
const hands = `
keyops() {
  case "$1" in
    approve) keyops_as_written "$@" --yes-digest "$DIGEST" ;;
    unseal) keyops_as_written "$@" || [ $? -eq 3 ] ;;
    *) keyops_as_written "$@" ;;
  esac
}
`;

export interface DeskOptions {
  readonly folder: string;
  /** The admin process, as it runs at that moment. */
  readonly adminUrl: () => string;
  readonly custodians: Readonly<Record<string, Identity>>;
  /** What the runbooks' variables stand for. */
  readonly variables: Record<string, string>;
}

/** Called before a block that holds this text. */
export type Interlude = readonly [text: string, act: () => Promise<void>];

export interface Desk {
  readonly folder: string;
  readonly variables: Record<string, string>;
  /**
   * Types every block of a custodian, and every one of an operator that is programs of ours alone, in order. What asks a
   * monitoring system, systemd or another tool is left out. Throws with what a command said when it fails.
   */
  readonly follow: (runbook: Runbook, interludes?: readonly Interlude[]) => Promise<void>;
  /** Runs a few lines in a custodian's name, the runbook's own definition of `keyops` left out. */
  readonly type: (custodian: string, lines: string) => Promise<string>;
}

/** Sets the desk up. `PROPOSAL` and `DIGEST` are always those of the last proposal that was shown. */
export async function openDesk({ folder, adminUrl, custodians, variables }: DeskOptions): Promise<Desk> {
  await makePrivateDirectory(folder);
  const environment = { PATH: process.env["PATH"] ?? "", NODE_COMPILE_CACHE: path.join(folder, ".compiled") };
  const type = async (custodian: string, lines: string, definition = written): Promise<string> => {
    const profile = await profileOf(custodian);
    const own = { ...variables, ...environment, COFFERDAM: repository, KEYOPS_PROFILE: profile };
    const said = await shell(
      `set -eu\n${definition.replace("keyops()", "keyops_as_written()")}${hands}${lines}`,
      folder,
      own,
    );
    for (const [name, form] of remembered) {
      const [, value] = form.exec(said) ?? [];
      if (value !== undefined) variables[name] = value;
    }
    return said;
  };

  async function profileOf(name: string): Promise<string> {
    const identity = custodians[name];
    if (identity === undefined) throw new Error(`nobody here is called ${name}`);
    const profile = {
      admin_url: adminUrl(),
      cert: identity.certificateFile,
      key: identity.keyFile,
      ca: identity.caFile,
    };
    const file = path.join(folder, `${name}.profile.yaml`);
    await writeFile(file, JSON.stringify(profile), { mode: 0o600 });
    return file;
  }

  return {
    folder,
    variables,
    type,
    follow: async ({ name, blocks, definition }, interludes = []) => {
      for (const block of blocks) {
        for (const [text, act] of interludes) if (block.text.includes(text)) await act();
        if (block.custodian !== null) {
          await type(block.custodian, block.text, definition ?? written).catch(told(name, block));
        } else if (isOperators(block)) {
          const own = { ...variables, ...environment };
          await shell(`set -eu\n${block.text}`, repository, own).catch(told(name, block));
        }
      }
    },
  };
}

const written = 'keyops() { node "$COFFERDAM/cde/keyops/main.ts" "$@"; }\n';
const remembered = [
  ["PROPOSAL", /^proposal +([0-9a-f-]{36})$/m],
  ["DIGEST", /^digest +([0-9a-f]{8})[0-9a-f]{56}$/m],
] as const;

function isOperators(block: RunbookBlock): boolean {
  const [first] = commandsIn(block);
  return first?.startsWith("node ") === true;
}

function told(name: string, block: RunbookBlock) {
  return (error: unknown): never => {
    throw new Error(`${name}:\n${block.text}\n${(error as Error).message}`, { cause: error });
  };
}

async function shell(script: string, folder: string, env: Readonly<Record<string, string>>): Promise<string> {
  const child = spawn("/bin/sh", ["-c", script], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [said, complained] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if ((await ended) === 0) return said;
  throw new Error(`${said}${complained}`);
}
