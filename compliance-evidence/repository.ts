// What the evidence may point at: files of this repository, and tests by name.
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";

export interface Repository {
  /** Whether a file or folder exists; the path starts at the root. */
  has(path: string): Promise<boolean>;
  /** The names of the tests that a file runs; none when it is missing. */
  testsIn(path: string): Promise<ReadonlySet<string>>;
}

/** The repository on disk. */
export function openRepository(root: string): Repository {
  const tests = new Map<string, ReadonlySet<string>>();
  return {
    has: (path) =>
      access(join(root, path)).then(
        () => true,
        () => false,
      ),
    testsIn: async (path) => {
      const names = tests.get(path) ?? testNames(await readFile(join(root, path), "utf8").catch(() => ""));
      tests.set(path, names);
      return names;
    },
  };
}

/**
 * Names in `test("…")` and `it("…")`. A skipped test runs nothing, so `test.skip("…")` and `test.todo("…")` give
 * none.
 */
export function testNames(source: string): ReadonlySet<string> {
  const calls = source.matchAll(/\b(?:test|it)\(\s*(["'`])((?:\\.|(?!\1)[^\\])*)\1/g);
  return new Set([...calls].map((call) => (call[2] ?? "").replaceAll(/\\(.)/g, "$1")));
}
