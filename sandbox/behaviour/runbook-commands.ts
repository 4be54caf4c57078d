// Commands of runbooks against the programs that they name: the table of `keyops`, and what the others say of themselves.
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { commands } from "@cofferdam/cde/keyops/commands.ts";
import { optionsOf } from "@cofferdam/cde/keyops/help.ts";
import { wordsOf } from "./runbook.ts";

const repository = path.resolve(import.meta.dirname, "../..");

/** What is wrong with a command; whether all of its words are there is asked of typed ones alone. */
export async function faultsOf(command: string, isWhole: boolean): Promise<readonly string[]> {
  const [program = "", ...words] = wordsOf(command.replace(/\s#.*$/, ""));
  return program === "keyops" ? keyopsFaults(words, isWhole) : programFaults(words);
}

function keyopsFaults([name = "", ...words]: readonly string[], isWhole: boolean): readonly string[] {
  const command = commands.find((each) => each.name === name);
  if (command === undefined) return [`no command ${name}`];
  const options = optionsOf(command);
  const given: string[] = [];
  const faults: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (!word.startsWith("--")) given.push(word);
    else if (options[word.slice(2)] === undefined) faults.push(`${name}: no option ${word}`);
    else if (options[word.slice(2)]?.value !== undefined) at += 1;
  }
  for (const [at, word] of given.entries()) {
    const choices = command.words[at]?.choices;
    if (choices?.includes(word) === false) faults.push(`${name}: ${word} is none of its words`);
  }
  const needed = command.words.filter(({ isOptional }) => isOptional !== true).length;
  const isCounted = given.length >= needed && given.length <= command.words.length;
  if (isWhole && !isCounted) faults.push(`${name}: too few or too many words`);
  return faults;
}

/** A program's own help names every command and option that it has. */
async function programFaults([file = "", ...words]: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(repository, file), "--help"]);
  const named = words.filter((word, at) => word.startsWith("--") || (at === 0 && file.endsWith("setup.ts")));
  return named
    .filter((word) => !new RegExp(`(^|[\\s[])${word}\\b`, "m").test(stdout))
    .map((word) => `${file}: no ${word}`);
}
