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
      if (declaresTest(source, name)) return true;
      const shared = await Promise.all(importsOf(source).map((file) => read(join(dirname(path), file))));
      return shared.some((text) => text.includes('from "node:test"') && declaresTest(text, name));
    },
  };
}

/**
 * Whether `test("…")` or `it("…")` of a source has this name; `${…}` in a name stands for any text. A skipped test runs
 * nothing, so `test.skip("…")` and `test.todo("…")` do not count.
 */
export function declaresTest(source: string, name: string): boolean {
  const calls = source.matchAll(/\b(?:test|it)\(\s*(["'`])((?:\\.|(?!\1)[^\\])*)\1/g);
  return [...calls].some(([, quote, written = ""]) => {
    const parts = quote === "`" ? written.split(/\$\{[^}]*\}/) : [written];
    return new RegExp(`^${parts.map((part) => literally(unescaped(part))).join(".+")}$`).test(name);
  });
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
