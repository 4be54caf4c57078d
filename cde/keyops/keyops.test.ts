import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempDisposable, readFile, stat, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { readCeremonyFile } from "../vault/keys/ceremony/ceremony-file.ts";
import {
  ade,
  ceremony as rotation,
  mei,
  signedNote,
  transcript,
  vaultKey,
} from "../vault/keys/ceremony/testdata/ceremonies.ts";
import { commands } from "./commands.ts";
import { sharedOperations } from "./operations.ts";
import { run } from "./testdata/terminal.ts";

const folder = await mkdtempDisposable(path.join(tmpdir(), "keyops-"));
after(() => folder.remove());
const inFolder = (name: string): string => path.join(folder.path, name);
const [cert, key, transcriptKey] = [inFolder("cert.pem"), inFolder("key.pem"), inFolder("transcript-key.pem")];
await writeFile(cert, mei.certificatePem);
await writeFile(key, mei.keyPem);
await writeFile(transcriptKey, vaultKey.publicKey.export({ type: "spki", format: "pem" }));
await writeFile(inFolder("rotation.yaml"), rotation.text);
// A port that was free a moment ago.
const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;
server.close();
const nowhere = ["--admin-url", `https://127.0.0.1:${port}`, "--cert", cert, "--key", key, "--ca", cert];
const id = "7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52";

for (const command of commands) {
  test(`${command.name} has a help with its options, two examples and its exit codes`, async () => {
    const { code, stdout } = await run([command.name, "--help"]);
    assert.equal(code, 0);
    for (const option of Object.keys(command.options)) assert.match(stdout, new RegExp(`^ {2}--${option} `, "m"));
    assert.ok(command.examples.every((example) => example.startsWith(command.name) && stdout.includes(example)));
    const codes = stdout.slice(stdout.indexOf("Exit codes")).match(/^ {2}\d/gm);
    assert.equal(codes?.length, command.isOnline ? 4 : 3);
  });

  test(`${command.name} refuses an option that it does not have, and a word too many`, async () => {
    const { code, stderr } = await run([command.name, "--secret=hunter2"]);
    assert.deepEqual([code, stderr.includes("hunter2")], [2, false]);
    assert.equal((await run([command.name, "a", "b", "c"])).code, 2);
  });
}

test("the program's help is one screen, and names every command", async () => {
  const { code, stdout } = await run(["--help"]);
  assert.equal(code, 0);
  assert.ok(stdout.split("\n").length <= 40);
  for (const { name } of commands) assert.match(stdout, new RegExp(`^ {2}${name} `, "m"));
});

test("no command and an unknown one are mistakes, in words and as JSON", async () => {
  const none = await run([]);
  assert.deepEqual([none.code, none.stderr], [2, "keyops: a command is needed\nNext: Try --help.\n"]);
  const { code, stdout, stderr } = await run(["rotat", "--json"]);
  assert.deepEqual([code, stderr], [2, ""]);
  const { ok, error } = JSON.parse(stdout) as { readonly ok: boolean; readonly error: { readonly hint: string } };
  assert.deepEqual([ok, error.hint], [false, "Try --help."]);
});

const mistakes: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [["census", ...nowhere], /--tenant is needed/],
  [["census", "--tenant", "harbour", ...nowhere], /--tenant must be a UUID/],
  [["rotate", "both", id], /<key> must be one of root, data, index, request/],
  [["rotate", "root", "12"], /<proposal> must be/],
  [["rotate", "root"], /<proposal> is needed/],
  [["status"], /--admin-url is needed/],
  [["status", "--admin-url", "http://127.0.0.1", "--cert", cert, "--key", key, "--ca", cert], /https:/],
  [["status", "--admin-url", "https://127.0.0.1", "--cert", cert, "--key", key], /--ca is needed/],
  [["status", ...nowhere, "--ca", inFolder("missing.pem")], /missing\.pem cannot be read: there is no such file/],
  [["propose", "--ceremony", inFolder("rotation.yaml"), "--expires-in", "8d"], /7d at most/],
  [["propose", "--ceremony", inFolder("rotation.yaml"), "--expires-in", "soon"], /must be a duration/],
  [["inventory", "--format", "xml", ...nowhere], /one of text, json, csv, cbom/],
  [["inventory", "--compare", "other.json", "--out", "keys.json", ...nowhere], /neither --format nor --out/],
  [["inventory", "--compare", inFolder("missing.json"), ...nowhere], /missing\.json cannot be read/],
  [["revoke", "--tenant", id, "--purpose", "data", "--version", "1", "--reason", "x"], /reason must be one line of 10/],
  [["ceremony", "add-wrap", "--reason", "x"], /reason must be one line of 10/],
  [["jobs", "--pause", "--resume", ...nowhere], /exclude each other/],
  [["jobs", "--pause", ...nowhere], /<job> is needed/],
  [["share-key", "--out", inFolder("x.pem")], /--passphrase-file is needed, or --without-passphrase/],
  [["verify-transcript", "--file", cert], /--public-key is needed/],
  [["ceremony", "revoke-key", "--reason", "No ceremony of two."], /<operation> must be one of/],
  [["ceremony", "add-wrap", "--reason", "Two stores, change 7.", "--param", "scheme"], /<name>=<value>/],
];
for (const [args, says] of mistakes) {
  test(`says what is wrong with: keyops ${args.map((arg) => path.basename(arg)).join(" ")}`, async () => {
    const { code, stderr, stdout } = await run(args);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, says);
    assert.doesNotMatch(stderr, /\n {4}at |node:internal/);
  });
}

test("a vault that does not answer is told with its address, and is exit code 3", async () => {
  const { code, stderr } = await run(["status", ...nowhere]);
  assert.equal(code, 3);
  assert.ok(
    stderr.startsWith(`keyops status: https://127.0.0.1:${port} does not answer: nothing listens there\nNext: `),
  );
});

test("a profile holds the connection, relative to its own folder", async () => {
  await writeFile(
    inFolder("mei.yaml"),
    `admin_url: https://127.0.0.1:${port}\ncert: cert.pem\nkey: key.pem\nca: cert.pem\n`,
  );
  await writeFile(inFolder("odd.yaml"), "admin_url: https://127.0.0.1:1\npassphrase: hunter2\n");
  assert.equal((await run(["status", "--profile", inFolder("mei.yaml")])).code, 3);
  assert.equal((await run(["status"], { environment: { KEYOPS_PROFILE: inFolder("mei.yaml") } })).code, 3);
  const odd = await run(["status", "--profile", inFolder("odd.yaml")]);
  assert.equal(odd.code, 2);
  assert.doesNotMatch(odd.stderr, /hunter2/);
});

test("a ceremony file is written once, and reads back", async () => {
  const out = inFolder("written.yaml");
  const args = ["ceremony", "destroy-key", "--param", "version=3", "--param", "purpose=data", "--out", out];
  const { code, stdout } = await run([...args, "--reason", "Retired in January."]);
  assert.equal(code, 0);
  const file = readCeremonyFile(await readFile(out));
  assert.deepEqual([file.operation, file.parameters], ["destroy-key", { version: 3, purpose: "data" }]);
  assert.match(stdout, new RegExp(file.digest.toString("hex")));
  const again = await run([...args, "--reason", "Retired in March."]);
  assert.equal(again.code, 2);
  assert.deepEqual(readCeremonyFile(await readFile(out)), file);
});

test("every operation that two custodians decide can be written as a ceremony", async () => {
  for (const operation of sharedOperations) {
    assert.equal((await run(["ceremony", operation, "--reason", "To see that it can be."])).code, 0, operation);
  }
});

test("a revocation is not proposed to others, and a dry run proposes nothing", async () => {
  await writeFile(inFolder("revoke.yaml"), rotation.text.replace("rotate-root-key", "revoke-key"));
  assert.match((await run(["propose", "--ceremony", inFolder("revoke.yaml")])).stderr, /keyops revoke/);
  const dry = await run(["propose", "--ceremony", inFolder("rotation.yaml"), "--dry-run"]);
  assert.equal(dry.code, 0);
  assert.match(dry.stdout, /Nothing was proposed/);
});

test("a file that is longer than a ceremony may be is not read", async () => {
  await writeFile(inFolder("long.yaml"), "#".repeat(20_000));
  assert.match(
    (await run(["propose", "--ceremony", inFolder("long.yaml")])).stderr,
    /long\.yaml is longer than 16384 bytes/,
  );
  assert.equal((await run(["propose", "--ceremony", "/dev/zero"])).code, 2);
});

test("a share key is for its owner alone, and is never printed", async () => {
  const passphrase = "a passphrase of enough bytes";
  await writeFile(inFolder("passphrase"), `${passphrase}\n`);
  const out = inFolder("mei-share.pem");
  const { code, stdout, stderr } = await run(["share-key", "--out", out, "--passphrase-file", inFolder("passphrase")]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal((await stat(out)).mode & 0o777, 0o600);
  const pem = await readFile(out, "utf8");
  assert.match(pem, /BEGIN ENCRYPTED PRIVATE KEY/);
  assert.match(await readFile(`${out}.pub`, "utf8"), /^[\w-]{43}\n$/);
  assert.ok(![passphrase, pem.split("\n")[1] ?? ""].some((secret) => stdout.includes(secret)));
  assert.equal((await run(["share-key", "--out", out, "--without-passphrase"])).code, 2);
  assert.equal(await readFile(out, "utf8"), pem);
});

test("a transcript is verified offline, step by step", async () => {
  await writeFile(inFolder("good.transcript"), signedNote());
  const args = ["verify-transcript", "--public-key", transcriptKey, "--file"];
  const { code, stdout } = await run([...args, inFolder("good.transcript")]);
  assert.equal(code, 0);
  assert.match(stdout, /^transcript {2}intact\nsignature {3}intact\nceremony {4}intact\n/);
  assert.match(stdout, new RegExp(`\ndigest {5}${transcript.digest}\nproposed {3}\\S+ by ${mei.workload}\n`));
  assert.match(stdout, new RegExp(`\napproved {3}\\S+ by ${ade.workload}\nstarted {4}\\S+ by ${mei.workload}\n`));
  assert.match(stdout, /\n\nIt was asked for with:\nscheme {2}pkcs11\n\nWhat came of it:\nrewrapped {4}12\n/);
});

test("a transcript without an approval is broken, in words and as JSON", async () => {
  await writeFile(inFolder("bad.transcript"), signedNote({ approval: null }));
  const args = ["verify-transcript", "--public-key", transcriptKey, "--file", inFolder("bad.transcript")];
  const { code, stdout } = await run(args);
  assert.equal(code, 1);
  assert.match(stdout, /custodians {2}nobody approved \(transcript approval_missing\)/);
  const json = JSON.parse((await run([...args, "--json"])).stdout) as Readonly<Record<string, unknown>>;
  assert.deepEqual([json["ok"], json["verdict"]], [false, "broken"]);
});

test("a file of something else is no transcript, and a public key must be one", async () => {
  const args = ["verify-transcript", "--file", cert, "--public-key"];
  assert.equal((await run([...args, transcriptKey])).code, 1);
  assert.match((await run([...args, cert])).stderr, /cert\.pem is no Ed25519 public key/);
});

test("what others wrote cannot move the cursor, colour the terminal or pass for a line of ours", async () => {
  const note = signedNote({ started_by: "eve\u001b[2J", result: { x: "1\noutcome    failed" } });
  await writeFile(inFolder("hostile.transcript"), note);
  await writeFile(inFolder("hostile.yaml"), "x\u001b[2J");
  const { stdout } = await run([
    "verify-transcript",
    "--file",
    inFolder("hostile.transcript"),
    "--public-key",
    transcriptKey,
  ]);
  assert.match(stdout, /by eve\ufffd\[2J\n[^]*x {2}1\ufffdoutcome {4}failed\n$/);
});

test("verify-audit says of a mistake what the verifier says, and ends with 2", async () => {
  const { code, stderr } = await run(["verify-audit", "--export", folder.path, "--public-key", transcriptKey]);
  assert.equal(code, 2);
  assert.match(stderr, /^keyops verify-audit: there is no export of any tenant in /);
});
