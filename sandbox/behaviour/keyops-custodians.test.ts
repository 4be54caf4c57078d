// Custodians' shares by the command line: from three people with a key each to a key agent that two of them can open. A
// real admin process, a real key agent, and the transcript that it made.
import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { mkdtempDisposable, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { openShare } from "@cofferdam/cde/vault/keys/custody/share-envelope.ts";
import { rosterOf, sandboxCustodians, writeRoster } from "../custodians.ts";
import { startKeyAgent } from "../key-agent-process.ts";
import { openKeyopsDesk } from "../keyops.ts";
import { standUpAdmin } from "../standing-admin.ts";
import { openTestBed } from "../test-bed.ts";
import { eventually } from "./eventually.ts";
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

test("the admin process tells what the key agent counts of itself", async () => {
  const metrics = await eventually(
    async () => (await fetch(`${standing.admin.opsUrl}/metrics`)).text(),
    (text) => text.includes('cofferdam_key_agent_session_resets{scheme="custodians"'),
    10_000,
  );
  assert.match(metrics, /^cofferdam_key_agent_session_resets\{scheme="custodians",[^}]*\} 0$/m);
  assert.match(metrics, /^cofferdam_key_agent_hsm_process_starts\{scheme="custodians",[^}]*\} 0$/m);
  assert.doesNotMatch(metrics, /^cofferdam_key_agent_[a-z_]+\{scheme="file"/m);
});

/** Whoever keeps the roster has put the share keys into it by the time that somebody proposes a sharing. */
const runAs: typeof desk.runAs = async (person, args) => {
  if (args[0] === "init" && args.includes("--threshold")) {
    const keys = sandboxCustodians.map(
      async (name) => [name, (await readFile(path.join(desk.folder, `${name}-share.pem.pub`), "utf8")).trim()] as const,
    );
    const shareKeys = Object.fromEntries(await Promise.all(keys));
    await writeRoster(standing.rosterFile, rosterOf(standing.custodians, { shareKeys }));
  }
  return desk.runAs(person, args);
};

test("three custodians share the unseal key, and any two of them open the vault", () =>
  playTranscript(path.join(import.meta.dirname, "transcripts/custodians.txt"), runAs));

test("a journal of shares that somebody edited is told, and is exit code 1", async () => {
  const journal = await readFile(standing.journalFile, "utf8");
  await writeFile(standing.journalFile, journal.replace("custodian-mei", "custodian-lin"));
  const { code, stdout } = await desk.runAs("auditor", ["custody", "--json"]);
  const said = JSON.parse(stdout) as { readonly ok: boolean; readonly journal: { readonly is_intact: boolean } };
  assert.deepEqual([code, said.ok, said.journal.is_intact], [1, false, false]);
  assert.match((await desk.runAs("auditor", ["custody"])).stdout, /^journal +cut or edited/m);
  await writeFile(standing.journalFile, journal);
});

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
