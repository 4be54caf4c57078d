// Custodians bring their shares through the admin process to a key agent: journaled before, chained after, and a journal
// that somebody cut is noticed.
import assert from "node:assert/strict";
import { X509Certificate, hash, randomBytes } from "node:crypto";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { newShareKey, sealedShareFor } from "@cofferdam/cde/vault/keys/custody/custodian-share.ts";
import { SYSTEM_TENANT_ID } from "@cofferdam/cde/vault/tenants/system-tenant.ts";
import {
  validateCustody,
  validateUnsealProgress,
  validateUnsealTicket,
} from "@cofferdam/openapi/validate-admin-response.ts";
import { rosterOf, sandboxCustodians, writeRoster, type SandboxCustodian } from "../custodians.ts";
import { startKeyAgent } from "../key-agent-process.ts";
import { standUpAdmin } from "../standing-admin.ts";
import { openTestBed } from "../test-bed.ts";
import { entriesOf } from "./audit-entries.ts";
import { answerOf, approved, documented, draftOf, execute, viewOf, type Answer } from "../ceremony.ts";
import { eventually } from "./eventually.ts";

const bed = await openTestBed();
const { standing } = bed;
// A socket's path has 107 bytes, and the bed's folder takes most of them.
const agentDirectory = await mkdtemp(path.join(tmpdir(), "cofferdam-agent-"));
const backend = { KEYAGENT_BACKEND: `file:${path.join(agentDirectory, "root-keys.json")}` };
let agent = await startKeyAgent({ directory: agentDirectory, environment: backend });
const environment = { VAULT_ADMIN_CUSTODY_SOCKETS: `custodians:${agent.custodySocket}` };
const admin = await standUpAdmin(standing, { environment });
after(async () => {
  await admin.stop();
  await agent.stop();
  await bed[Symbol.asyncDispose]();
  await rm(agentDirectory, { recursive: true, force: true });
});

const { mei, ade } = admin.custodians;
const shareKeys = Object.fromEntries(sandboxCustodians.map((name) => [name, newShareKey(null)])) as Record<
  SandboxCustodian,
  ReturnType<typeof newShareKey>
>;
const envelopes = new Map<string, string>();

function signingKeyOf(certificatePem: string): string {
  return new X509Certificate(certificatePem).publicKey.export({ type: "spki", format: "pem" });
}

function ceremonyOfAll() {
  return {
    threshold: 2,
    custodians: sandboxCustodians.map((name) => ({
      name,
      share_key: shareKeys[name].publicKey,
      signing_key: signingKeyOf(admin.custodians[name].certificatePem),
    })),
  };
}

async function ticket() {
  const { data } = await admin.client(mei).POST("/v1/unseal");
  return documented(validateUnsealTicket(data));
}

/** A custodian brings a share, as themselves unless somebody else calls for them; `changes` say for which other attempt. */
async function bring(
  name: SandboxCustodian,
  caller: SandboxCustodian = name,
  changes: { readonly nonce?: string } = {},
): Promise<Answer & { data: unknown }> {
  const submission = await sealedShareFor(
    { ...(await ticket()), ...changes },
    {
      envelope: envelopes.get(name) ?? "",
      shareKeyPem: shareKeys[name].privateKeyPem,
      passphrase: null,
      signingKeyPem: admin.custodians[name].keyPem,
      now: new Date(),
    },
  );
  const sent = admin.client(admin.custodians[caller]).POST("/v1/unseal/shares", { body: submission });
  return { ...(await answerOf(sent)), data: (await sent).data };
}

async function journal() {
  const { data } = await admin.client(standing.identities.auditor).GET("/v1/custody");
  return documented(validateCustody(data));
}

async function brokenGauge(): Promise<string | undefined> {
  const metrics = await (await fetch(`${admin.admin.opsUrl}/metrics`)).text();
  return /^cofferdam_custody_journal_broken\{[^}]*\} (.+)$/m.exec(metrics)?.[1];
}

async function shareEvents() {
  const entries = await entriesOf(bed.adminUrl, SYSTEM_TENANT_ID);
  return entries.filter(({ action }) => action.startsWith("custody."));
}

const linesOf = async (): Promise<readonly string[]> =>
  (await readFile(admin.journalFile, "utf8")).trimEnd().split("\n");

test("a share is for a custodian of the roster alone, with the keys that it lists", async () => {
  await assert.rejects(approved(admin, draftOf("initialise-custodians", ceremonyOfAll())), /400 invalid-field/);
  const shareKeysOf = Object.fromEntries(sandboxCustodians.map((name) => [name, shareKeys[name].publicKey]));
  await writeRoster(admin.rosterFile, rosterOf(admin.custodians, { shareKeys: shareKeysOf }));
  const { custodians } = ceremonyOfAll();
  const [first, second] = custodians;
  assert.ok(first && second);
  for (const forged of [
    { ...first, signing_key: second.signing_key },
    { ...first, share_key: newShareKey(null).publicKey },
    { ...first, name: "kim" },
  ]) {
    const draft = draftOf("initialise-custodians", { threshold: 2, custodians: [forged, ...custodians.slice(2)] });
    await assert.rejects(approved(admin, draft), /400 invalid-field/);
  }
});

test("the first sharing is a ceremony of two, and its envelopes go to their custodians", async () => {
  const draft = draftOf("initialise-custodians", ceremonyOfAll());
  await approved(admin, draft);
  assert.equal((await answerOf(execute(admin.client(mei), draft, { dry_run: true }))).brief, "200");
  assert.equal((await answerOf(execute(admin.client(mei), draft))).brief, "202");
  const view = await eventually(
    () => viewOf(admin.client(mei), draft),
    ({ state }) => state !== "running",
    15_000,
  );
  assert.equal(view.state, "done", JSON.stringify(view.result));
  const made = view.result?.["envelopes"] as readonly { readonly custodian: string; readonly envelope: string }[];
  for (const { custodian, envelope } of made) envelopes.set(custodian, envelope);
  assert.deepEqual([...envelopes.keys()], [...sandboxCustodians]);
  assert.equal((await journal()).custody?.is_sealed, true);
});

test("shares unseal the root keys, each with its line in the journal and its event in the log", async () => {
  const first = await bring("mei");
  assert.deepEqual(documented(validateUnsealProgress(first.data)), {
    received: ["mei"],
    threshold: 2,
    is_sealed: true,
  });
  const second = await bring("ade");
  assert.equal(documented(validateUnsealProgress(second.data)).is_sealed, false);
  const lines = await linesOf();
  assert.equal(lines.length, 2);
  const reasons = (await shareEvents()).map(({ reason }) => reason);
  assert.deepEqual(
    reasons,
    lines.map((line) => hash("sha256", line, "base64url")),
  );
  const { lines: count, chained, is_intact: isIntact } = (await journal()).journal;
  assert.deepEqual({ count, chained, isIntact }, { count: 2, chained: 2, isIntact: true });
  assert.equal(await brokenGauge(), "0");
});

test("a share that is somebody else's is refused before it is journaled; one that the agent refuses after", async () => {
  await agent.kill();
  agent = await startKeyAgent({ directory: agentDirectory, environment: backend });
  assert.equal((await bring("ade", "mei")).brief, "409 share-refused other-custodian");
  assert.equal((await linesOf()).length, 2);
  assert.equal((await bring("mei")).brief, "200");
  assert.equal((await bring("mei")).brief, "409 share-refused already-received");
  assert.equal((await linesOf()).length, 4);
});

test("a share is journaled while the key agent is away, and nothing in the journal is a share", async () => {
  const submission = await sealedShareFor(await ticket(), {
    envelope: envelopes.get("ade") ?? "",
    shareKeyPem: shareKeys.ade.privateKeyPem,
    passphrase: null,
    signingKeyPem: ade.keyPem,
    now: new Date(),
  });
  await agent.stop();
  const sent = admin.client(ade).POST("/v1/unseal/shares", { body: submission });
  assert.equal((await answerOf(sent)).brief, "503 key-unavailable");
  const lines = await linesOf();
  assert.equal(lines.length, 5);
  assert.deepEqual(Object.keys(JSON.parse(lines.at(-1) ?? "") as object), [
    ...["sequence", "previous", "at", "workload", "key", "origin", "request_id", "sharing_id", "index"],
  ]);
  assert.ok(!lines.join("").includes(submission.envelope.slice(-40)));
  assert.equal((await journal()).journal.chained, 5);
  agent = await startKeyAgent({ directory: agentDirectory, environment: backend });
});

test("a line that stands there twice is noticed, and copied once", async () => {
  const content = await readFile(admin.journalFile, "utf8");
  const [last = ""] = (await linesOf()).slice(-1);
  const next = { ...(JSON.parse(last) as object), sequence: 5, previous: hash("sha256", last, "hex") };
  await appendFile(admin.journalFile, `${JSON.stringify(next)}\n`.repeat(2));
  const { lines, chained, is_intact: isIntact } = (await journal()).journal;
  assert.deepEqual({ lines, chained, isIntact }, { lines: 7, chained: 6, isIntact: false });
  assert.deepEqual(
    (await shareEvents()).slice(-2).map(({ action, reason }) => [action, reason]),
    [
      ["custody.share", hash("sha256", JSON.stringify(next), "base64url")],
      ["custody.journal_broken", "line=6"],
    ],
  );
  await writeFile(admin.journalFile, `${content}${JSON.stringify(next)}\n`);
  assert.equal((await journal()).journal.is_intact, true);
});

test("a journal whose last lines were cut is noticed at the start, and the next line goes on behind its copy", async () => {
  const lines = await linesOf();
  await admin.stop();
  await writeFile(admin.journalFile, `${lines.slice(0, 3).join("\n")}\n`);
  await admin.restart();
  const events = await eventually(shareEvents, (found) => found.some(({ reason }) => reason === "line=3"), 10_000);
  assert.equal(events.at(-1)?.action, "custody.journal_broken");
  assert.equal(await brokenGauge(), "1");
  assert.equal((await bring("mei")).brief, "200");
  const next = JSON.parse((await linesOf()).at(-1) ?? "") as { readonly sequence: number; readonly previous: string };
  assert.deepEqual([next.sequence, next.previous], [6, hash("sha256", lines[5] ?? "", "hex")]);
  const { chained, is_intact: isIntact } = (await journal()).journal;
  assert.deepEqual({ chained, isIntact }, { chained: 7, isIntact: false });
});

test("a line that somebody edited, or wrote himself, is noticed", async () => {
  const before = (await shareEvents()).filter(({ action }) => action === "custody.journal_broken").length;
  const [first = "", ...others] = await linesOf();
  await writeFile(admin.journalFile, `${[first.replace("custodian-mei", "custodian-lin"), ...others].join("\n")}\n`);
  await appendFile(admin.journalFile, "not a line\n");
  assert.equal((await journal()).journal.is_intact, false);
  const events = (await shareEvents()).filter(({ action }) => action === "custody.journal_broken");
  assert.equal(events.length, before + 1);
  assert.equal(events.at(-1)?.reason, "line=0");
});

test("a share for an attempt that nobody was given a ticket of is refused before it is journaled", async () => {
  const before = await linesOf();
  const answer = await bring("ade", "ade", { nonce: randomBytes(32).toString("base64url") });
  assert.equal(answer.brief, "409 share-refused other-attempt");
  assert.deepEqual(await linesOf(), before);
});

test("nobody fills the journal: of one custodian it takes ten lines an attempt, and of others what they bring", async () => {
  const before = (await linesOf()).length;
  const answers: string[] = [];
  for (let count = 0; count < 12; count += 1) answers.push((await bring("mei")).brief);
  // The first of the ten was brought above.
  assert.deepEqual(answers, [
    ...Array<string>(9).fill("409 share-refused already-received"),
    ...Array<string>(3).fill("409 share-refused too-many-tries"),
  ]);
  assert.equal((await linesOf()).length, before + 9);
  assert.equal((await bring("ade")).brief, "200");
});
