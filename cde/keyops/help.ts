// The text of `--help`, of the program and of each command, out of the table of commands. Pure.
import type { Command, CommandOption } from "./command.ts";
import { connectionOptions } from "./connection.ts";

/** The options that every command has. */
export const commonOptions: Readonly<Record<string, CommandOption>> = {
  json: { help: "one JSON object on standard output, of errors too" },
  help: { help: "this text" },
};

/** All options of a command, its own first. */
export function optionsOf(command: Command): Readonly<Record<string, CommandOption>> {
  return { ...command.options, ...(command.isOnline && connectionOptions), ...commonOptions };
}

/** One screen: every command with a line. */
export function programHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `keyops: look after the vault's keys, two people at a time

Usage
  keyops <command> [<words>] [--profile <file>] [--json]
  keyops <command> --help

Commands
${lines.join("\n")}

Exit codes
  0 done   1 refused or failed   2 not as it must be given   3 not finished, or the vault is not available
`;
}

/** What a command does, its options, examples and exit codes. */
export function commandHelp(command: Command): string {
  const { name, description, examples, exitCodes } = command;
  return `keyops ${name}: ${command.summary}

Usage
  keyops ${[name, ...command.words.map(wordText), "[options]"].join(" ")}

${wrapped(description)}

Options
${optionLines(optionsOf(command))}

Examples
${examples.map((example) => `  keyops ${example}`).join("\n")}

Exit codes
  0  done
  1  ${exitCodes[1]}
  2  the command could not be carried out as given; nothing was done
${exitCodes[3] === undefined ? "" : `  3  ${exitCodes[3]}\n`}`;
}

function wordText({ name, choices, isOptional }: Command["words"][number]): string {
  const text = `<${choices?.join("|") ?? name}>`;
  return isOptional === true ? `[${text}]` : text;
}

function optionLines(options: Readonly<Record<string, CommandOption>>): string {
  const left = (name: string, { value, isRepeated }: CommandOption): string =>
    `--${name}${value === undefined ? "" : ` ${value}`}${isRepeated === true ? "…" : ""}`;
  const width = Math.max(...Object.entries(options).map(([name, option]) => left(name, option).length));
  return Object.entries(options)
    .map(([name, option]) => `  ${left(name, option).padEnd(width)}  ${option.help}`)
    .join("\n");
}

/** Lines of at most 100 characters; paragraphs stay. */
function wrapped(text: string): string {
  return text.replace(/(?![^\n]{1,100}$)([^\n]{1,100}) /g, "$1\n");
}
