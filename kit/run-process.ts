// What stands around the work of a process: its help, its settings, the last line of its log, its exit code.
import { ConfigError, describeConfig, readConfig, type Config, type ConfigSpec } from "./config.ts";
import { createLogger, type LogLevel, type Logger } from "./log.ts";

/** A process by what differs from one to the other. */
export interface Program<Spec extends ConfigSpec> {
  /** In log lines, e.g. `vault-admin`. */
  readonly service: string;
  /** In words, e.g. `vault admin`. */
  readonly name: string;
  /** What `--help` says before the list of settings. */
  readonly help: string;
  readonly settings: Spec;
  readonly logLevel: (settings: Config<Spec>) => LogLevel | "silent";
  /** Resolves when the process has ended in good order. */
  readonly run: (settings: Config<Spec>, log: Logger) => Promise<void>;
}

/** Runs a program with the arguments and the environment of this process. Gives 0 ended, 1 failed, 2 settings. */
export async function runProcess<Spec extends ConfigSpec>(program: Program<Spec>): Promise<0 | 1 | 2> {
  if (process.argv.includes("--help")) {
    process.stdout.write(program.help + describeConfig(program.settings));
    return 0;
  }
  try {
    const settings = readConfig(program.settings, process.env);
    const log = createLogger({ service: program.service, level: program.logLevel(settings) });
    await program.run(settings, log).catch((error: unknown) => {
      log.fatal({ err: error }, `${program.name} failed`);
      throw error;
    });
    return 0;
  } catch (error) {
    if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
    return error instanceof ConfigError ? 2 : 1;
  }
}

/** The first signal that asks the process to end. A second one is the system's to obey. */
export function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, resolve);
  });
}
