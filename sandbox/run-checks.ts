// Everything that can be known without running the product, one line each, with the way to mend it.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { styleText } from "node:util";

interface Check {
  readonly name: string;
  readonly command: readonly string[];
  readonly mend: string;
}

const repository = path.resolve(import.meta.dirname, "..");
const bin = (name: string): string => path.join(repository, "node_modules/.bin", name);

const checks: readonly Check[] = [
  { name: "types", command: ["node_modules/typescript/bin/tsc", "-b"], mend: "mend the types named above" },
  {
    name: "lint",
    command: [bin("eslint"), "--flag", "unstable_native_nodejs_ts_config", "--max-warnings=0", "."],
    mend: "npm run lint -- --fix",
  },
  { name: "format", command: [bin("prettier"), "--check", "--log-level=warn", "."], mend: "npm run format" },
  {
    name: "boundary",
    command: [
      bin("depcruise"),
      "--config",
      ".dependency-cruiser.json",
      "openapi",
      "kit",
      "cde",
      "sandbox",
      "bench",
      "compliance-evidence",
    ],
    mend: "an import goes against the arrows of docs/architecture.md",
  },
  { name: "dead code", command: [bin("knip")], mend: "remove what nothing uses" },
  {
    name: "contract",
    command: [
      bin("redocly"),
      "lint",
      "openapi/vault.yaml",
      "openapi/vault-admin.yaml",
      "--config",
      "openapi/redocly.yaml",
    ],
    mend: "mend the API document named above",
  },
  { name: "generated API", command: ["openapi/generate.ts", "--check"], mend: "npm run generate" },
  { name: "generated evidence", command: ["compliance-evidence/write-index.ts", "--check"], mend: "npm run generate" },
];

let hasFailed = false;
for (const { name, command, mend } of checks) {
  const startedAt = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: repository,
    encoding: "utf8",
    timeout: 300_000,
  });
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  const isFine = status === 0;
  process.stdout.write(`${isFine ? styleText("green", "✓") : styleText("red", "✗")} ${name.padEnd(20)} ${seconds} s\n`);
  if (isFine) continue;
  hasFailed = true;
  process.stdout.write(`${stdout}${stderr}\n  → ${mend}\n\n`);
}
process.exitCode = hasFailed ? 1 : 0;
