// Runs one command: finds it in the table, reads its options and words, and tells what came of it.
import { parseArgs, type ParseArgsConfig } from "node:util";
import type { Call, Command, ExitCode, Outcome, Terminal } from "./command.ts";
import { commands } from "./commands.ts";
import { connect } from "./connection.ts";
import { UsageError } from "./errors.ts";
import { failureOf } from "./failure.ts";
import { commandHelp, optionsOf, programHelp } from "./help.ts";
import { readOptions, type OptionValues } from "./options.ts";
import { noProgressBar, startProgressBar } from "./progress-bar.ts";
import { printable } from "./text.ts";

/** Runs the command that the arguments ask for, as after `keyops`; writes what it says; gives the exit code. */
export async function keyops(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [name = "", ...rest] = args;
  const isJson = args.includes("--json");
  try {
    if (name === "--help" || name === "help") return print({ text: programHelp(commands), json: {} }, false, terminal);
    const command = commands.find((each) => each.name === name);
    if (command === undefined)
      throw new UsageError(args.length === 0 ? "a command is needed" : "there is no such command");
    const { values, positionals } = parseArgs({ args: rest, options: parsedOptions(command), allowPositionals: true });
    if (values["help"] === true) return print({ text: commandHelp(command), json: {} }, false, terminal);
    return print(await command.run(callOf(command, values, positionals, terminal)), isJson, terminal);
  } catch (error) {
    const known = commands.some((each) => each.name === name);
    return print(failureOf(error, known ? name : ""), isJson, {
      ...terminal,
      stdout: isJson ? terminal.stdout : terminal.stderr,
    });
  }
}

/** In words, without what a terminal would obey; or as one JSON object, and nothing else. */
function print({ text, json, exitCode = 0 }: Outcome, isJson: boolean, { stdout }: Pick<Terminal, "stdout">): ExitCode {
  const isOk = exitCode === 0 || (exitCode === 3 && !("error" in json));
  stdout.write(isJson ? `${JSON.stringify({ ok: isOk, ...json })}\n` : printable(text));
  return exitCode;
}

function callOf(command: Command, values: OptionValues, positionals: readonly string[], terminal: Terminal): Call {
  const options = readOptions(values);
  const words = wordsOf(command, positionals);
  const { stderr: output, now } = terminal;
  return {
    options,
    word: (name) => words.get(name) ?? "",
    terminal,
    progress: (label, unit) => (options.flag("json") ? noProgressBar : startProgressBar({ output, label, unit, now })),
    connect: () => connect(options, terminal.environment),
  };
}

function wordsOf({ words }: Command, given: readonly string[]): ReadonlyMap<string, string> {
  if (given.length > words.length) throw new UsageError("there is a word too many");
  return new Map(
    words.flatMap(({ name, choices, form, isOptional }, index) => {
      const word = given[index];
      if (word === undefined && isOptional === true) return [];
      if (word === undefined) throw new UsageError(`<${choices?.join("|") ?? name}> is needed`);
      const isFit = (choices?.includes(word) ?? true) && (form?.test(word) ?? true);
      if (!isFit)
        throw new UsageError(
          `<${name}> must be ${choices === undefined ? "as listed" : `one of ${choices.join(", ")}`}`,
        );
      return [[name, word] as const];
    }),
  );
}

function parsedOptions(command: Command): NonNullable<ParseArgsConfig["options"]> {
  const parsed = Object.entries(optionsOf(command)).map(
    ([name, { value, isRepeated }]) =>
      [name, { type: value === undefined ? "boolean" : "string", multiple: isRepeated === true }] as const,
  );
  return Object.fromEntries(parsed);
}
