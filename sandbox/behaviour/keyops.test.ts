// The custodians' command line against a real admin process, a real vault and its database, as transcripts that read like
// a terminal. `UPDATE_TRANSCRIPTS=1` writes them anew: read what changed before you keep it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { sharedOperations } from "@cofferdam/cde/keyops/operations.ts";
import { run } from "@cofferdam/cde/keyops/testdata/terminal.ts";
import { createOperations } from "@cofferdam/cde/vault/rotation/operations.ts";
import { openKeyopsDesk } from "../keyops.ts";
import { standUpAdmin } from "../standing-admin.ts";
import { openTestBed } from "../test-bed.ts";
import { playTranscript } from "./keyops-transcript.ts";

const repository = path.resolve(import.meta.dirname, "../..");
const bed = await openTestBed();
const standing = await standUpAdmin(bed.standing);
const desk = await openKeyopsDesk(bed.standing, standing);
after(async () => {
  await standing.stop();
  await bed[Symbol.asyncDispose]();
  await desk[Symbol.asyncDispose]();
});

const onDesk = (name: string): string => path.join(desk.folder, name);
const publicPem = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" });
await writeFile(onDesk("other-key.pem"), publicPem);
const cards = ["4242424242424242", "5555555555554444", "378282246310005"];
const capture = await bed.client("capture");
for (const pan of cards) await capture.POST("/v1/tokens", { body: { card: { pan }, reuse: "single" } });

function play(name: string): Promise<void> {
  return playTranscript(path.join(import.meta.dirname, "transcripts", `${name}.txt`), desk.runAs);
}

test("two custodians rotate the root key, and neither can alone", () => play("root-key-rotation"));
test("a data key is replaced, its cards move, and it is destroyed when none is left", () => play("data-key"));
test("one person alone revokes, reads and withdraws, and nothing else", () => play("one-alone"));
test("keys leave and come as the one file that two custodians named", () => play("export-import"));

test("what was done is in the exported log, and is verified there offline", async () => {
  const program = path.join(repository, "cde/vault/export-audit.ts");
  await promisify(execFile)(process.execPath, [program, ...(await exportOptions())]);
  const audit = ["verify-audit", "--export", "export", "--public-key", bed.standing.checkpointPublicKeyFile];
  assert.match((await desk.runAs("", audit)).stdout, /^[0-9a-f-]{36} {2}intact {2}/);
  assert.equal((JSON.parse((await desk.runAs("", [...audit, "--json"])).stdout) as { ok: boolean }).ok, true);
  for (const file of ["rotation.transcript", "data-1.certificate"]) {
    const args = ["--file", file, "--public-key", "transcript-key.pem", "--export", "export"];
    const { code, stdout } = await desk.runAs("", ["verify-transcript", ...args]);
    assert.match(stdout, /^log +agrees$/m);
    assert.equal(code, 0);
  }
});

async function exportOptions(): Promise<readonly string[]> {
  await writeFile(onDesk("auditor-url"), bed.standing.urls.auditor);
  const folders = ["--checkpoints", bed.standing.checkpointDirectory, "--out", onDesk("export")];
  return ["--database-url-file", onDesk("auditor-url"), ...folders];
}

test("every operation has a command that starts it", () => {
  const shared = [...createOperations(1).values()].filter(({ approvalsNeeded }) => approvalsNeeded === 1);
  const expected = [...shared.map(({ name }) => name), "initialise-custodians", "redistribute-shares"];
  assert.deepEqual([...sharedOperations].sort(), expected.sort());
});

test("what holds wrapped keys is for its owner alone", async () => {
  assert.equal((await stat(onDesk("keys.bundle"))).mode & 0o777, 0o600);
});

test("at a terminal an approver sees what would happen, and types the digest", async () => {
  await writeFile(
    onDesk("asked.yaml"),
    "ceremony: cofferdam/1\noperation: add-wrap\nreason: To see the question.\nparameters:\n  scheme: pkcs11\n",
  );
  const proposed = await desk.runAs("mei", ["propose", "--ceremony", onDesk("asked.yaml"), "--json"]);
  const { proposal } = JSON.parse(proposed.stdout) as { proposal: { proposal_id: string; digest: string } };
  const args = [
    "approve",
    proposal.proposal_id,
    "--ceremony",
    onDesk("asked.yaml"),
    "--profile",
    onDesk("ade.profile"),
  ];
  const asked: string[] = [];
  const typing = (line: string) => ({
    now: Date.now,
    ask: (question: string) => (asked.push(question), Promise.resolve(line)),
  });
  for (const line of ["deadbeef", proposal.digest.slice(0, 7), `${proposal.digest}0`]) {
    const wrong = await run(args, typing(line));
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /operation {2}add-wrap[^]*It could not be done now: /);
  }
  assert.equal(asked.length, 3);
  const right = await run(args, typing(`${proposal.digest.slice(0, 12)}\n`));
  assert.equal(right.code, 0);
  assert.match(right.stdout, /state {6}approved/);
});

test("a server that is not trusted gets no request, and a key must be that of the certificate", async () => {
  const { certificateFile, keyFile, caFile } = standing.custodians.mei;
  const connection = ["--admin-url", standing.admin.url, "--cert", certificateFile, "--key"];
  const other = await desk.runAs("", ["status", ...connection, keyFile, "--ca", certificateFile]);
  assert.deepEqual([other.code, other.stdout], [3, ""]);
  assert.match(other.stderr, /does not answer: its certificate is not one that we trust/);
  const mixed = await desk.runAs("", ["status", ...connection, standing.custodians.ade.keyFile, "--ca", caFile]);
  assert.equal(mixed.code, 2);
  assert.match(mixed.stderr, /--key is not the private key of the certificate in --cert/);
});

test("status and inventory have each format that they offer", async () => {
  assert.match((await desk.runAs("mei", ["status"])).stdout, /^vault {6}open\n[^]*\nlin {8}\d{4}-06-30\n$/);
  const csv = await desk.runAs("auditor", ["inventory", "--format", "csv"]);
  assert.match(csv.stdout, /^id,kind,tenant_id,/);
  assert.match((await desk.runAs("auditor", ["inventory"])).stdout, /root/);
  await desk.runAs("auditor", ["inventory", "--format", "cbom", "--out", "keys.cdx.json"]);
  const cbom = JSON.parse(await readFile(onDesk("keys.cdx.json"), "utf8")) as { readonly bomFormat: string };
  assert.equal(cbom.bomFormat, "CycloneDX");
});

test("two inventories are compared for keys that are in both", async () => {
  await desk.runAs("auditor", ["inventory", "--format", "json", "--out", "keys.json"]);
  const document = JSON.parse(await readFile(onDesk("keys.json"), "utf8")) as {
    readonly keys: { readonly id: string }[];
  };
  const [one = assert.fail()] = document.keys;
  const others = document.keys.map((_, index) => ({ id: `file:${index}` }));
  await writeFile(onDesk("apart.json"), JSON.stringify({ ...document, keys: others }));
  await writeFile(onDesk("shared.json"), JSON.stringify({ ...document, keys: [...others, one] }));
  const compare = (file: string) => desk.runAs("auditor", ["inventory", "--compare", file]);
  assert.deepEqual(await compare("apart.json"), { code: 0, stdout: "no key is in both\n", stderr: "" });
  assert.deepEqual(await compare("shared.json"), { code: 1, stdout: `1 in both:\n${one.id}\n`, stderr: "" });
  const none = await compare("keys.cdx.json");
  assert.deepEqual([none.code, none.stdout], [2, ""]);
  assert.match(none.stderr, /this is no key inventory/);
});

test("an admin process that has ended is told with its address", async () => {
  await standing.stop();
  const { code, stderr } = await desk.runAs("mei", ["status"]);
  assert.equal(code, 3);
  assert.match(stderr, /does not answer: nothing listens there/);
});

test("no command printed a key, a passphrase or a card", async () => {
  const passphrase = (await readFile(bed.standing.rootKeyPassphraseFile, "utf8")).trim();
  const keyLines = standing.custodians.mei.keyPem.split("\n").slice(1, -2);
  const printed = desk.printed();
  assert.ok(printed.length > 10_000);
  for (const secret of ["PRIVATE KEY", ...keyLines, passphrase, ...cards]) {
    assert.ok(!printed.includes(secret), `printed: ${secret.slice(0, 4)}…`);
  }
});
