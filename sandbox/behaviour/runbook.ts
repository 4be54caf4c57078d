// Runbooks as programs: the commands that they tell people to type, taken out of their Markdown.
//
// A block whose first line is `# mei` is what that custodian types; `$NAMES` stand for what differs from day to day.
import { readFile } from "node:fs/promises";
import path from "node:path";

/** A fenced block of shell. */
export interface RunbookBlock {
  readonly text: string;
  /** Who types it; null for a block of an operator, or for everybody. */
  readonly custodian: string | null;
}

export interface Runbook {
  readonly name: string;
  readonly blocks: readonly RunbookBlock[];
  /** Commands in the text, such as `keyops withdraw "$PROPOSAL"`. */
  readonly mentions: readonly string[];
  /** The line that says what `keyops` is; null in a runbook without it. */
  readonly definition: string | null;
}

const folder = path.resolve(import.meta.dirname, "../../docs/runbooks");

/** Reads a runbook by its name, e.g. `rotate-root-key`. */
export async function readRunbook(name: string): Promise<Runbook> {
  const text = await readFile(path.join(folder, `${name}.md`), "utf8");
  const fences = [...text.matchAll(/^( *)```sh\n([^]*?)^ *```$/gm)];
  const blocks = fences.map(([, indent = "", body = ""]) =>
    blockOf(body.replaceAll(new RegExp(`^${indent}`, "gm"), "")),
  );
  const prose = text.replaceAll(/^ *```[^]*?^ *```$/gm, "");
  const spans = [...prose.matchAll(/`(keyops [^`]+)`/g)].map(([, span = ""]) => span.replaceAll(/\s+/g, " "));
  const definition = blocks.find((block) => block.text.startsWith("keyops()"))?.text ?? null;
  return { name, blocks, mentions: spans, definition };
}

/** The commands of a block that are ours, one line each: `keyops …` and programs under cde/. */
export function commandsIn({ text }: RunbookBlock): readonly string[] {
  const lines = text.replaceAll(/\\\n\s*/g, "").split("\n");
  return lines.filter((line) => /^(keyops\s|node cde\/)/.test(line));
}

/** The words of a command as a shell would part them, quotes taken off and variables left as they are. */
export function wordsOf(command: string): readonly string[] {
  const words = command.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) => word.replaceAll(/["']/g, ""));
}

function blockOf(body: string): RunbookBlock {
  const [, custodian = null] = /^# ([a-z]+)\n/.exec(body) ?? [];
  return { text: body, custodian };
}
