// Custodians' shares by the command line: from three people with a key each to a key agent that two of them can open. A
// real admin process, a real key agent, and the transcript that it made.
import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { mkdtempDisposable, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { openShare } from "@cofferdam/cde/vault/keys/custody/share-envelope.ts";
import { startKeyAgent } from "../key-agent-process.ts";
import { openKeyopsDesk } from "../keyops.ts";
import { standUpAdmin } from "../standing-admin.ts";
import { openTestBed } from "../test-bed.ts";
import { playTranscript } from "./keyops-transcript.ts";

// A socket's path has 107 bytes.
const folder = await mkdtempDisposable(path.join(tmpdir(), "agent-"));
const agent = await startKeyAgent({
  directory: folder.path,
  environment: { KEYAGENT_BACKEND: `file:${path.join(folder.path, "root-keys.json")}` },
});
const bed = await openTestBed();
const standing = await standUpAdmin(bed.standing, {
  environment: {
    VAULT_ADMIN_ROOT_KEYS: `${bed.standing.rootKeys},custodians:${agent.serviceSocket}`,
    VAULT_ADMIN_CUSTODY_SOCKETS: `custodians:${agent.custodySocket}`,
  },
});
const desk = await openKeyopsDesk(bed.standing, standing);
const passphrase = "the passphrase of a share key";
await writeFile(path.join(desk.folder, "passphrase"), `${passphrase}\n`);
after(async () => {
  await standing.stop();
  await agent.stop();
  await bed[Symbol.asyncDispose]();
  await Promise.all([desk[Symbol.asyncDispose](), folder.remove()]);
});

test("three custodians share the unseal key, and any two of them open the vault", () =>
  playTranscript(path.join(import.meta.dirname, "transcripts/custodians.txt"), desk.runAs));

test("a share file is its owner's alone, and neither it nor what is in it was printed", async () => {
  const onDesk = (name: string): string => path.join(desk.folder, name);
  for (const name of ["mei", "ade", "lin"]) {
    assert.equal((await stat(onDesk(`shares/${name}.share`))).mode & 0o777, 0o600);
    const envelope = (await readFile(onDesk(`shares/${name}.share`), "utf8")).trim();
    const key = createPrivateKey({ key: await readFile(onDesk(`${name}-share.pem`), "utf8"), passphrase });
    const share = Buffer.from((await openShare(envelope, key)) ?? assert.fail("the share does not open"));
    const secrets = [envelope, passphrase, "PRIVATE KEY", share.toString("hex"), share.toString("base64")];
    for (const secret of secrets) assert.ok(!desk.printed().includes(secret));
  }
});
