// What the evidence may point at: files of this repository, and tests by name.
import { access, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

export interface Repository {
  /** Whether a file or folder exists; the path starts at the root. */
  has(path: string): Promise<boolean>;
  /** Whether a test file runs a test of this name, itself or through a file of shared tests that it imports. */
  runsTest(path: string, name: string): Promise<boolean>;
}

/** The repository on disk. */
export function openRepository(root: string): Repository {
  const read = (path: string): Promise<string> => readFile(join(root, path), "utf8").catch(() => "");
  return {
    has: (path) =>
      access(join(root, path)).then(
        () => true,
        () => false,
      ),
    runsTest: async (path, name) => {
      const source = await read(path);
      const shared = await Promise.all(importsOf(source).map((file) => read(join(dirname(path), file))));
      const tests = [source, ...shared.filter((text) => text.includes('from "node:test"'))];
      return tests.some((text) => declaresTest(text, name, [source, ...shared].join("\n")));
    },
  };
}

/**
 * Whether `test("…")` or `it("…")` of a source has this name. Where a name has `${…}` there must be a text that is written
 * out in `values`, the source and what it imports: a number that a run chooses is none. A skipped test runs nothing, so
 * `test.skip("…")` and `test.todo("…")` do not count.
 */
export function declaresTest(source: string, name: string, values = source): boolean {
  const calls = source.matchAll(/\b(?:test|it)\(\s*(["'`])((?:\\.|(?!\1)[^\\])*)\1/g);
  return [...calls].some(([, quote, written = ""]) => {
    const parts = quote === "`" ? written.split(/\$\{[^}]*\}/) : [written];
    const found = new RegExp(`^${parts.map((part) => literally(unescaped(part))).join("(.+)")}$`).exec(name);
    return found !== null && found.slice(1).every((value) => isWritten(value, values));
  });
}

/** As a text of its own. */
function isWritten(value: string, source: string): boolean {
  return ['"', "'", "`"].some((quote) => source.includes(`${quote}${value}${quote}`));
}

function unescaped(written: string): string {
  return written.replaceAll(/\\(.)/g, "$1");
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function importsOf(source: string): readonly string[] {
  return [...source.matchAll(/ from "(\.{1,2}\/[^"]+)"/g)].map(([, path = ""]) => path);
}
