// Proves that the boundary check can fail: every rule of `.dependency-cruiser.json` is broken once in a small copy of
// the house, and the check must name the rule, the file that broke it and nothing else.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";

const root = join(import.meta.dirname, "..");
const configuration = join(root, ".dependency-cruiser.json");
const cruiser = join(root, "node_modules", "dependency-cruiser", "bin", "dependency-cruiser.mjs");
const workspaces = ["openapi", "kit", "cde", "non-cde", "sandbox", "bench", "compliance-evidence"];

type Tree = Readonly<Record<string, string>>;
interface Violation {
  readonly rule: string;
  readonly from: string;
}

const value = "export const value = 1;\n";
const importing = (specifier: string): string => `import "${specifier}";\n${value}`;

/** A house in order: every arrow that the design allows is walked once. */
const tidyHouse: Tree = {
  "openapi/contract.ts": value,
  "kit/problem.ts": importing("@cofferdam/openapi/contract.ts"),
  "kit/problem.test.ts": importing("@cofferdam/sandbox/acquirer.ts"),
  "kit/testdata/test-proxy.ts": importing("node:net"),
  "cde/card/pan.ts": importing("@cofferdam/kit/problem.ts"),
  "cde/card/pan.test.ts": importing("./testdata/cards.ts"),
  "cde/card/testdata/cards.ts": importing("node:fs"),
  "cde/vault/main.ts": importing("./http/routes.ts"),
  "cde/vault/http/routes.ts": importing("../tokens/tokenize.ts"),
  "cde/vault/tokens/tokenize.ts": importing("../keys/keyring.ts") + importing("../../card/pan.ts"),
  "cde/vault/keys/keyring.ts": importing("node:crypto"),
  "cde/vault/keys/keyring-contract.ts": importing("./keyring.ts"),
  "cde/vault/keys/keyring.test.ts": importing("./keyring-contract.ts"),
  "cde/vault/audit/verify.ts": importing("./merkle.ts"),
  "cde/vault/audit/merkle.ts": importing("node:crypto"),
  "cde/vault/audit/append-store.ts": importing("@cofferdam/kit/problem.ts"),
  "cde/capture/main.ts": importing("../card/pan.ts"),
  "cde/vault/admin/main.ts": importing("../rotation/rotate.ts"),
  "cde/vault/rotation/rotate.ts": importing("../tokens/tokenize.ts"),
  "cde/keyops/main.ts": importing("../vault/keys/keyring.ts"),
  "cde/keyagent/main.ts": importing("../vault/keys/keyring.ts"),
  "non-cde/payment/charge.ts": importing("@cofferdam/kit/problem.ts") + importing("declared"),
  "non-cde/qr/render.ts": value,
  "sandbox/acquirer.ts": value,
  "bench/tokenize.ts": importing("@cofferdam/sandbox/acquirer.ts"),
  "compliance-evidence/catalog.ts": value,
};

/** One file per rule, each breaking that rule; several ways round the wall where there are several. */
const breaches: readonly { readonly rule: string; readonly from: string; readonly text: string }[] = [
  { rule: "openapi-imports-nothing-of-ours", from: "openapi/a.ts", text: importing("@cofferdam/kit/problem.ts") },
  { rule: "kit-imports-only-openapi", from: "kit/by-name.ts", text: importing("@cofferdam/cde/card/pan.ts") },
  { rule: "kit-imports-only-openapi", from: "kit/by-path.ts", text: importing("../cde/card/pan.ts") },
  {
    rule: "kit-imports-only-openapi",
    from: "kit/by-type.ts",
    text: 'import type {} from "@cofferdam/cde/card/pan.ts";\n',
  },
  { rule: "kit-imports-only-openapi", from: "kit/late.ts", text: 'await import("@cofferdam/cde/card/pan.ts");\n' },
  { rule: "card-imports-no-process", from: "cde/card/a.ts", text: importing("../vault/keys/keyring.ts") },
  { rule: "card-is-pure", from: "cde/card/b.ts", text: importing("node:fs/promises") },
  { rule: "cde-process-imports-no-other", from: "cde/capture/a.ts", text: importing("../vault/tokens/tokenize.ts") },
  { rule: "keyops-uses-keys-and-audit-only", from: "cde/keyops/a.ts", text: importing("../vault/tokens/tokenize.ts") },
  { rule: "keyagent-uses-keys-only", from: "cde/keyagent/a.ts", text: importing("../vault/audit/merkle.ts") },
  { rule: "wall-cde-to-non-cde", from: "cde/vault/a.ts", text: importing("@cofferdam/non-cde/qr/render.ts") },
  { rule: "wall-non-cde-to-cde", from: "non-cde/payment/by-name.ts", text: importing("@cofferdam/cde/card/pan.ts") },
  { rule: "wall-non-cde-to-cde", from: "non-cde/payment/by-path.ts", text: importing("../../cde/card/pan.ts") },
  { rule: "non-cde-service-imports-no-other", from: "non-cde/payment/a.ts", text: importing("../qr/render.ts") },
  { rule: "vault-tokens-below-http", from: "cde/vault/tokens/a.ts", text: importing("../http/routes.ts") },
  { rule: "vault-tokens-below-http", from: "cde/vault/tenants/a.ts", text: importing("../rotation/rotate.ts") },
  { rule: "vault-rotation-below-admin", from: "cde/vault/rotation/a.ts", text: importing("../http/routes.ts") },
  { rule: "vault-data-plane-changes-no-keys", from: "cde/vault/http/b.ts", text: importing("../rotation/rotate.ts") },
  { rule: "vault-keys-and-audit-at-the-bottom", from: "cde/vault/keys/a.ts", text: importing("../tokens/tokenize.ts") },
  { rule: "composition-root-is-imported-by-nobody", from: "cde/vault/http/a.ts", text: importing("../main.ts") },
  {
    rule: "audit-verifier-reaches-only-pure-code",
    from: "cde/vault/audit/verify.ts",
    text: importing("./merkle.ts") + importing("./checkpoint.ts"),
  },
  { rule: "sandbox-is-for-tests", from: "cde/vault/b.ts", text: importing("@cofferdam/sandbox/acquirer.ts") },
  {
    rule: "evidence-and-bench-are-imported-by-nobody",
    from: "sandbox/a.ts",
    text: importing("@cofferdam/compliance-evidence/catalog.ts"),
  },
  { rule: "tests-are-imported-by-nobody", from: "kit/a.ts", text: importing("./problem.test.ts") },
  { rule: "test-data-is-for-tests", from: "cde/card/c.ts", text: importing("./testdata/cards.ts") },
  { rule: "test-data-is-for-tests", from: "cde/vault/d.ts", text: importing("@cofferdam/kit/testdata/test-proxy.ts") },
  { rule: "test-data-is-for-tests", from: "cde/vault/keys/b.ts", text: importing("./keyring-contract.ts") },
  { rule: "other-workspaces-by-package-name", from: "cde/vault/c.ts", text: importing("../../kit/problem.ts") },
  { rule: "no-undeclared-dependency", from: "kit/undeclared.ts", text: importing("undeclared") },
  { rule: "no-development-dependency-in-production", from: "kit/development.ts", text: importing("development") },
  { rule: "no-unresolvable", from: "kit/b.ts", text: importing("./never-written.ts") },
  { rule: "no-circle", from: "kit/circle-back.ts", text: importing("./circle.ts") },
];

/** What the breaches above lean on; harmless by itself. */
const accomplices: Tree = {
  "cde/vault/audit/checkpoint.ts": importing("./append-store.ts"),
  "kit/circle.ts": importing("./circle-back.ts"),
};

/** Some breaches break a second rule too: a relative path over the wall is also a path round a package.json. */
const alsoBroken: readonly Violation[] = [
  { rule: "other-workspaces-by-package-name", from: "kit/by-path.ts" },
  { rule: "other-workspaces-by-package-name", from: "non-cde/payment/by-path.ts" },
];

const temporary = await mkdtemp(join(tmpdir(), "boundary-"));
after(() => rm(temporary, { recursive: true }));

test("a house whose imports follow the arrows passes the boundary check", async () => {
  assert.deepEqual(await check(await build("tidy", tidyHouse)), []);
});

test("every breach of the boundary is reported with its rule and its file, and nothing else is", async () => {
  const broken = Object.fromEntries(breaches.map(({ from, text }) => [from, text]));
  const found = await check(await build("broken", { ...tidyHouse, ...accomplices, ...broken }));
  const expected = [...breaches.map(({ rule, from }) => ({ rule, from })), ...alsoBroken];
  assert.deepEqual(inOrder(found), inOrder(expected));
});

test("no rule of the boundary check goes unproven", async () => {
  const { forbidden } = JSON.parse(await readFile(configuration, "utf8")) as { forbidden: readonly { name: string }[] };
  const proven = new Set(breaches.map((breach) => breach.rule));
  assert.deepEqual(
    forbidden.map((rule) => rule.name).filter((name) => !proven.has(name)),
    [],
  );
});

/** Writes a tree with its workspaces linked as npm links them; returns its folder. */
async function build(name: string, tree: Tree): Promise<string> {
  const folder = join(temporary, name);
  const manifests = workspaces.map((workspace) => [
    `${workspace}/package.json`,
    JSON.stringify({
      name: `@cofferdam/${workspace}`,
      dependencies: { declared: "1.0.0" },
      devDependencies: { development: "1.0.0" },
    }),
  ]);
  const packages = ["declared", "undeclared", "development"].flatMap((npmPackage) => [
    [`node_modules/${npmPackage}/package.json`, JSON.stringify({ name: npmPackage, main: "index.js" })],
    [`node_modules/${npmPackage}/index.js`, ""],
  ]);
  const files: Tree = { ...tree, ...(Object.fromEntries([...manifests, ...packages]) as Tree) };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await mkdir(join(folder, "node_modules", "@cofferdam"));
  for (const workspace of workspaces) {
    await symlink(join("..", "..", workspace), join(folder, "node_modules", "@cofferdam", workspace));
  }
  return folder;
}

/** Runs the repository's own check over a tree. */
async function check(folder: string): Promise<readonly Violation[]> {
  const command = [cruiser, "--config", configuration, "--output-type", "json", ...workspaces];
  const output = await new Promise<string>((resolve, reject) => {
    // The cruiser exits with the number of violations, so only an empty answer is a failure to run.
    execFile(process.execPath, command, { cwd: folder, maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      if (stdout === "") reject(new Error(`the cruiser gave no answer: ${stderr}`, { cause: error }));
      else resolve(stdout);
    });
  });
  const { summary } = JSON.parse(output) as {
    summary: { violations: readonly { rule: { name: string }; from: string }[] };
  };
  return summary.violations.map(({ rule, from }) => ({ rule: rule.name, from }));
}

function inOrder(violations: readonly Violation[]): readonly string[] {
  return [...new Set(violations.map(({ rule, from }) => `${rule}: ${from}`))].sort();
}
