// What a command of `keyops` is, and what it works with. The table is in `commands.ts`; `keyops.ts` runs one of them.
import type { Output } from "../vault/audit/progress.ts";
import type { AdminClient } from "./admin-client.ts";
import type { Options } from "./options.ts";
import type { ProgressBar } from "./progress-bar.ts";

/** 0 done; 1 refused or failed; 2 not a command as it must be given; 3 not finished, or the vault is not available. */
export type ExitCode = 0 | 1 | 2 | 3;

/** An option of a command: a flag, unless it has a value. */
export interface CommandOption {
  /** What stands for the value in the help, e.g. `<file>`. */
  readonly value?: string;
  readonly help: string;
  readonly isRepeated?: true;
}

/** A word after the command's name. */
export interface CommandWord {
  readonly name: string;
  /** The only words that can stand here. */
  readonly choices?: readonly string[];
  /** What the word must look like. */
  readonly form?: RegExp;
  readonly isOptional?: true;
}

/** One line of the table of commands. */
export interface Command {
  readonly name: string;
  /** A line of `keyops --help`. */
  readonly summary: string;
  readonly description: string;
  readonly words: readonly CommandWord[];
  /** Its own; `--json`, `--help` and those of the connection are added. */
  readonly options: Readonly<Record<string, CommandOption>>;
  /** Whether it talks to the vault's admin process. */
  readonly isOnline: boolean;
  /** Without `keyops` in front. */
  readonly examples: readonly [string, string, ...string[]];
  /** What 1 and 3 mean here. A command that never ends with 3 has no word for it. */
  readonly exitCodes: { readonly 1: string; readonly 3?: string };
  readonly run: (call: Call) => Promise<Outcome>;
}

/** What a command says when it has ended: in words, and as the fields of one JSON object. */
export interface Outcome {
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
  /** Default 0. */
  readonly exitCode?: ExitCode;
}

/** The world outside: streams, clock, and the person at the terminal. */
export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Asks and gives the line that was typed; null when nobody is there to be asked. */
  readonly ask: ((question: string) => Promise<string>) | null;
}

/** The vault's admin process, and who we are to it. */
export interface Connection {
  readonly admin: AdminClient;
  /** The certificate's chain and key, PEM: what statements are signed with too. */
  readonly keys: { readonly certificatePem: string; readonly keyPem: string };
}

/** One command as it was called. */
export interface Call {
  readonly options: Options;
  /** The word of that name; empty when it is optional and was not given. */
  readonly word: (name: string) => string;
  readonly terminal: Terminal;
  /** A bar on the terminal; nothing with `--json`. */
  readonly progress: (label: string, unit: string) => ProgressBar;
  /** Reads the files of the connection; throws UsageError, FileError. */
  readonly connect: () => Promise<Connection>;
}
