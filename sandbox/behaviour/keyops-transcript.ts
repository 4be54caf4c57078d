// Transcripts of `keyops`, which are its tests: a text of commands, each with what it says. A command is run by whoever
// stands before its dollar sign; ids, keys, digests and times, which are others each time, stand as `<id 1>`, `<sha256 2>`
// and `<time>`, and may be used in commands that follow.
//
//   # Mei proposes.
//   mei$ keyops propose --ceremony rotation.yaml
//   proposal   <id 1>
//   …
//   [exit 1]                      when it is not 0
//
// Lines of a progress bar and empty lines are left out.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import type { KeyopsAnswer } from "../keyops.ts";

/** Runs a command line's arguments as a person; the empty name is nobody. */
export type RunAs = (person: string, args: readonly string[]) => Promise<KeyopsAnswer>;

/** Plays a transcript, and compares. With UPDATE_TRANSCRIPTS in the environment it writes what was said instead. */
export async function playTranscript(file: string, run: RunAs): Promise<void> {
  const script = await readFile(file, "utf8");
  const masks = createMasks();
  const played: string[] = [];
  for (const line of script.split("\n").filter((each) => each === "" || /^(?:#|\w*\$ )/.test(each))) {
    played.push(line);
    const [, person = "", command = null] = /^(\w*)\$ keyops (.*)$/.exec(line) ?? [];
    if (command === null) continue;
    const { code, stdout, stderr } = await run(person, wordsOf(masks.unmasked(command)));
    const said = `${stderr.replaceAll(progressLine, "")}${stdout}${code === 0 ? "" : `[exit ${code}]\n`}`;
    // An empty line would end what belongs to the command.
    played.push(
      ...masks
        .masked(said)
        .split("\n")
        .filter((each) => each !== ""),
    );
  }
  const text = `${played
    .join("\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trimEnd()}\n`;
  if (process.env["UPDATE_TRANSCRIPTS"] !== undefined) await writeFile(file, text);
  else assert.equal(text, script);
}

/** What a progress bar writes where there is no terminal: how often depends on how fast things are. */
const progressLine = /^\S+ {2}(?:working|\[[#-]+\].*)\n/gm;

interface Masks {
  readonly masked: (text: string) => string;
  readonly unmasked: (command: string) => string;
}

const changing = [
  ["request", /(?<=request )[0-9a-f-]{36}|(?<="request_id":")[0-9a-f-]{36}/g],
  ["time", /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g],
  ["id", /(?!1{8}|2{8})[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g],
  ["share key", /(?<![\w-])[\w-]{43}(?![\w-])/g],
  ["sha256", /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g],
] as const;

function createMasks(): Masks {
  const known = new Map<string, string>();
  const maskOf = (kind: string, value: string): string => {
    if (kind === "time" || kind === "request") return `<${kind}>`;
    const count = [...known.values()].filter((mask) => mask.startsWith(`<${kind} `)).length;
    const mask = known.get(value) ?? `<${kind} ${count + 1}>`;
    known.set(value, mask);
    return mask;
  };
  return {
    masked: (text) =>
      changing.reduce(
        // In a table what follows stays where it stands.
        (masked, [kind, form]) =>
          masked.replace(new RegExp(`${form.source}( {2,})?`, "g"), (found, gap?: string) => {
            const mask = maskOf(kind, found.trimEnd());
            return gap === undefined ? mask : mask.padEnd(found.length);
          }),
        text,
      ),
    unmasked: (command) =>
      [...known].reduce(
        (text, [value, mask]) => text.replaceAll(mask, value).replaceAll(`${mask.slice(0, -1)}:8>`, value.slice(0, 8)),
        command,
      ),
  };
}

/** Words as a shell parts them: by spaces, but not within single quotes. */
function wordsOf(command: string): readonly string[] {
  return (command.match(/(?:'[^']*'|[^\s'])+/g) ?? []).map((word) => word.replaceAll("'", ""));
}
