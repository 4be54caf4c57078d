import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { startProgress } from "./progress.ts";
import { formatVerifierKey, verifierKey } from "./signed-note.ts";
import { harbourCoffee, lanternBooks } from "./testdata/sample-entries.ts";
import { logKey, logPublicKey, noteAt, origin, randomFrom, sampleLog } from "./testdata/sample-log.ts";
import type { SampleLog } from "./testdata/sample-log.ts";
import { verifyAudit } from "./verify-audit.ts";

const log = sampleLog(randomFrom(7), 60, [20, 50]);
let folder: string;
let keyFile: string;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "cofferdam-export-"));
  keyFile = path.join(folder, "key.pem");
  await writeFile(keyFile, logPublicKey.export({ format: "pem", type: "spki" }));
  await writeExport(log);
});

after(() => rm(folder, { recursive: true }));

test("an intact export: exit code 0, and a line for each log", () => {
  const run = verify();
  assert.equal(run.code, 0);
  assert.match(
    run.stdout,
    /^1{8}-\S+ {2}intact {2}60 entries, 10 newer than the last checkpoint, 3 checkpoints, \d+ live tokens, \d+ deleted\n$/,
  );
});

test("a broken export: exit code 1, and the first broken entry is named", async () => {
  await writeExport({ ...log, lines: log.lines.with(17, log.lines[17]?.replace("2026", "2025") ?? "") });
  const run = verify();
  assert.equal(run.code, 1);
  assert.equal(
    run.stdout,
    `${harbourCoffee}  BROKEN  entry 17: the text is not the one that was hashed (leaf_mismatch)\n`,
  );
  const machine = JSON.parse(verify("--json").stdout) as {
    readonly intact: boolean;
    readonly tenants: readonly object[];
  };
  assert.equal(machine.intact, false);
  assert.partialDeepStrictEqual(machine.tenants, [
    {
      tenant_id: harbourCoffee,
      verdict: "broken",
      entries: 17,
      proven: 0,
      checkpoints: 0,
      breaks: [{ kind: "leaf_mismatch", first: 17, end: 18 }],
    },
  ]);
  await writeExport({ ...log, tokens: log.tokens.slice(1) });
  assert.match(
    verify().stdout,
    /BROKEN {2}token tok_\w+, last committed to by entry \d+: the row was deleted \(row_missing\)\n$/,
  );
  await writeExport(log);
});

test("an export that ends in the middle of a line, or lacks a file, is broken", async () => {
  await writeExport({ ...log, lines: log.lines.with(59, log.lines[59]?.slice(0, 100) ?? "") });
  assert.match(verify().stdout, /entry 59: the line is not an exported entry/);
  for (const [file, expected] of [
    ["entries.jsonl", /an entry from 0 to 19: the log ends before the size that was signed/],
    ["checkpoint", /checkpoints after entry 49: nothing vouches for the entries/],
    ["tokens.jsonl", /the row was deleted/],
  ] as const) {
    await writeExport(log);
    await rm(path.join(folder, harbourCoffee, file));
    const run = verify();
    assert.equal(run.code, 1);
    assert.match(run.stdout, expected);
  }
  await writeExport(log);
});

test("a checkpoint that was kept finds out a log that was rolled back with its checkpoints", async () => {
  const kept = path.join(folder, "kept.checkpoint");
  await writeFile(kept, noteAt(log.lines, 50, logKey));
  assert.equal(verify("--kept", kept).code, 0);
  await writeExport({ ...log, lines: [], tokens: [], checkpoint: "", history: [] });
  await rm(path.join(folder, harbourCoffee, "checkpoint"));
  assert.equal(verify().code, 0, "alone, an empty log looks like a new one");
  const run = verify("--kept", kept);
  assert.equal(run.code, 1);
  assert.match(run.stdout, /an entry from 0 to 49: the log ends before the size that was signed/);
  await writeExport(log);
});

test("the key may be PEM or a verifier key, and one of several", async () => {
  const verifierKeyFile = path.join(folder, "key.vkey");
  await writeFile(verifierKeyFile, `${formatVerifierKey(verifierKey(origin, logPublicKey))}\n`);
  const otherFile = path.join(folder, "other.pem");
  await writeFile(otherFile, generateKeyPairSync("ed25519").publicKey.export({ format: "pem", type: "spki" }));
  assert.equal(verifyWith("--export", folder, "--public-key", verifierKeyFile).code, 0);
  assert.equal(verify("--public-key", otherFile).code, 0);
  const run = verifyWith("--export", folder, "--public-key", otherFile);
  assert.equal(run.code, 1);
  assert.match(run.stdout, /not a checkpoint of this log, signed with the given key/);
});

test("help says what the exit codes mean; a wrong call is exit code 2 and says what is wrong", async () => {
  const helped = verifyWith("--help");
  assert.equal(helped.code, 0);
  assert.match(helped.stdout, /Exit codes\n {2}0 {2}every log is intact\n {2}1 {2}a log is broken/);
  const garbage = path.join(folder, "garbage");
  await writeFile(garbage, "garbage");
  for (const [args, message] of [
    [[], /--export and --public-key are needed/],
    [["--export", folder], /--export and --public-key are needed/],
    [["--export", path.join(folder, "absent"), "--public-key", keyFile], /ENOENT/],
    [["--export", tmpdir(), "--public-key", keyFile], /no export of any tenant/],
    [["--export", folder, "--public-key", garbage], /the public key cannot be read/],
    [["--export", folder, "--public-key", keyFile, "--tenant", lanternBooks], /no export of tenant 2{8}-/],
    [["--export", folder, "--public-key", keyFile, "--kept", garbage], /not a checkpoint of a log/],
    [["--export", folder, "--public-key", keyFile, "--verbose"], /Unknown option '--verbose'/],
  ] as const) {
    const run = verifyWith(...args);
    assert.equal(run.code, 2);
    assert.match(run.stderr, message);
    assert.equal(run.stdout, "");
  }
});

test("shows its progress on a terminal, and takes the line away at the end", () => {
  const shown: string[] = [];
  let nowMs = 0;
  const terminal = { isTTY: true, write: (text: string) => shown.push(text) };
  const progress = startProgress(terminal, "label", "entries", () => (nowMs += 100));
  for (let count = 0; count < 20_000; count++) progress.add(1);
  progress.end();
  assert.match(shown.join(""), /\rlabel {2}[\d,]+ entries {2}[\d,]+\/s\u001b\[K\r\u001b\[K$/);
});

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function verify(...more: readonly string[]): Run {
  return verifyWith("--export", folder, "--public-key", keyFile, ...more);
}

function verifyWith(...args: readonly string[]): Run {
  const written = { stdout: "", stderr: "" };
  const code = verifyAudit(args, {
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
    now: () => 0,
  });
  return { code, ...written };
}

async function writeExport({ lines, tokens, history, checkpoint }: SampleLog): Promise<void> {
  const tenantFolder = path.join(folder, harbourCoffee);
  await mkdir(tenantFolder, { recursive: true });
  const file = (name: string, content: string): Promise<void> => writeFile(path.join(tenantFolder, name), content);
  await file("entries.jsonl", lines.map((line) => `${line}\n`).join(""));
  await file("tokens.jsonl", tokens.map((line) => `${line}\n`).join(""));
  await file("history", history.map((line) => `${line}\n`).join(""));
  await file("checkpoint", checkpoint);
}
