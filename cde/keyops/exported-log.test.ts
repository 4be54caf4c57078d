import assert from "node:assert/strict";
import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { signNote } from "../vault/audit/signed-note.ts";
import type { AuditAction } from "../vault/audit/event.ts";
import { harbourCoffee, sampleEntry } from "../vault/audit/testdata/sample-entries.ts";
import { lineOf, logKey, logKeys, noteAt, randomFrom, sampleLog } from "../vault/audit/testdata/sample-log.ts";
import { openCheckpoint } from "../vault/audit/checkpoint.ts";
import { ceremonySigner } from "../vault/keys/ceremony/ceremony-transcript.ts";
import { formatKeyCertificate } from "../vault/keys/ceremony/key-certificate.ts";
import { ade, mei, signedNote, transcript, vaultKey } from "../vault/keys/ceremony/testdata/ceremonies.ts";
import { logRootAt, missingEvents } from "./exported-log.ts";
import { run } from "./testdata/terminal.ts";

const folder = await mkdtempDisposable(path.join(tmpdir(), "keyops-log-"));
after(() => folder.remove());
const log = sampleLog(randomFrom(7), 40, [40]);
const exported = await exportOf("export", log.lines);

async function exportOf(name: string, lines: readonly string[]): Promise<string> {
  const exportFolder = path.join(folder.path, name);
  await mkdir(path.join(exportFolder, harbourCoffee), { recursive: true });
  await writeFile(path.join(exportFolder, harbourCoffee, "entries.jsonl"), lines.map((line) => `${line}\n`).join(""));
  return exportFolder;
}

const rootAt = (size: number): Buffer => openCheckpoint(noteAt(log.lines, size, logKey), logKeys).root;

test("the root at any size is the one that a checkpoint of that size has", () => {
  for (const size of [0, 1, 17, 40]) assert.deepEqual(logRootAt(exported, harbourCoffee, size), rootAt(size));
  assert.equal(logRootAt(exported, harbourCoffee, 41), null);
});

test("a key certificate agrees with the log that it stands in, and with no other", async () => {
  const file = path.join(folder.path, "data-3.certificate");
  const text = formatKeyCertificate({
    tenantId: harbourCoffee,
    keyId: "7b2fd1b4-5f0e-4a3c-9a52-0b1c2d3e4f50",
    purpose: "data",
    version: 3,
    rows: 0,
    logSize: 17,
    logRoot: rootAt(17),
    issuedAt: "2026-11-24T15:04:05.000Z",
  });
  const key = path.join(folder.path, "key.pem");
  await writeFile(file, signNote(text, ceremonySigner("cofferdam.test"), vaultKey.privateKey));
  await writeFile(key, vaultKey.publicKey.export({ type: "spki", format: "pem" }));
  const args = ["verify-transcript", "--file", file, "--public-key", key];
  assert.equal((await run(args)).code, 0);
  const { code, stdout } = await run([...args, "--export", exported]);
  assert.equal(code, 0);
  assert.match(stdout, /^certificate {2}intact\nsignature {4}intact\nlog {10}agrees\nsays {9}0 rows under data key/);
  const cut = await exportOf("cut", log.lines.slice(1));
  assert.equal((await run([...args, "--export", cut])).code, 1);
  await writeFile(file, signNote(text.replace("version 3", "version 4"), "cofferdam.test/audit", vaultKey.privateKey));
  assert.equal((await run(args)).code, 1);
});

/** The ceremony of the transcript as the vault's log would have it. */
const steps: readonly (readonly [AuditAction, string])[] = [
  ["ceremony.propose", mei.workload],
  ["ceremony.approve", ade.workload],
  ["ceremony.start", mei.workload],
  ["ceremony.end", "cde/vault-admin"],
];
const ceremonyLines = steps.map(([action, workload]) =>
  lineOf({
    ...sampleEntry({ action, object: transcript.proposal_id, state: null, outcome: "allowed" }),
    actor: { workload, clientId: "tls" },
  }),
);

test("each step of a ceremony is looked for in the log, with the person who took it", async () => {
  assert.deepEqual(missingEvents(await exportOf("whole", [...log.lines, ...ceremonyLines]), transcript), []);
  assert.deepEqual(missingEvents(await exportOf("without", ceremonyLines.slice(0, 3)), transcript), ["ceremony.end"]);
  const other = ceremonyLines.map((line) => line.replace("custodian-ade", "custodian-eve"));
  assert.deepEqual(missingEvents(await exportOf("other", other), transcript), ["ceremony.approve"]);
  const refused = ceremonyLines.map((line) => line.replace('"allowed"', '"refused"'));
  assert.equal(missingEvents(await exportOf("refused", refused), transcript).length, 4);
});

test("a transcript that the log does not know is broken", async () => {
  const [file, key] = [path.join(folder.path, "rotation.transcript"), path.join(folder.path, "key.pem")];
  await writeFile(file, signedNote());
  const args = ["verify-transcript", "--file", file, "--public-key", key, "--export", exported];
  const { code, stdout } = await run(args);
  assert.equal(code, 1);
  assert.match(stdout, /^transcript {2}BROKEN\n[^]*\nlog {9}no event ceremony\.propose; /);
});
