import assert from "node:assert/strict";
import { createPrivateKey, randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { newShareKey } from "./custodian-share.ts";
import { signText } from "./custodian-signature.ts";
import type { CustodianStore } from "./custodian-store.ts";
import type { CustodyErrorCode } from "./custody-error.ts";
import type { ShareSubmission } from "./custody-request.ts";
import { submissionText } from "./custody-texts.ts";
import { testRootKeyDestruction, testRootKeyStore } from "../root/root-key-contract.ts";
import { RootKeyError } from "../root/root-key.ts";
import { readShareKey, sealShare } from "./share-envelope.ts";
import { bring, clock, openStore, openedStore, person, refuses, request, unseal } from "./testdata/custodians.ts";
import type { UnsealTicket } from "./unseal-attempt.ts";

let directory = "";
const newPath = (): string => join(directory, randomUUID());
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "custodians-"));
});
after(() => rm(directory, { recursive: true }));

const isSealedError = (error: unknown): boolean => error instanceof RootKeyError && error.code === "sealed";
const store = async (): Promise<CustodianStore> => (await openedStore(newPath())).store;
testRootKeyStore("custodians' file", { own: store, another: store });
testRootKeyDestruction("custodians' file", store);

test("any two of three custodians open the file, each two", async () => {
  const path = newPath();
  const { shared } = await openedStore(path);
  for (const [one, other] of [
    ["mei", "ade"],
    ["ade", "lin"],
    ["lin", "mei"],
  ] as const) {
    const store = await openStore(path);
    assert.ok(await unseal(store, shared, one, other));
    assert.equal((await store.status()).keys.length, 1);
  }
});

test("fewer shares than the threshold open nothing, whatever is asked of the store", async () => {
  const store = await openStore(newPath());
  const shared = await store.initialise({ ...request, threshold: 3 });
  const ticket = await store.begin();
  for (const name of ["mei", "ade"]) {
    const progress = await store.submit(await bring(name, ticket, shared));
    assert.ok(progress.is_sealed && progress.received.includes(name));
  }
  assert.deepEqual((await store.begin()).received, ["mei", "ade"]);
  assert.deepEqual(await store.status(), { isSealed: true, keys: [], location: (await store.status()).location });
  await assert.rejects(store.generate(), isSealedError);
  await assert.rejects(store.wrap("custodians:x", Buffer.of(1), Buffer.of(1)), isSealedError);
  await assert.rejects(store.unwrap("custodians:x", Buffer.of(1), Buffer.of(1)), isSealedError);
  await assert.rejects(store.destroy("custodians:x"), isSealedError);
  await assert.rejects(store.redistribute(request), refuses("sealed"));
  assert.equal((await store.submit(await bring("lin", ticket, shared))).is_sealed, false);
});

test("a share that is not this custodian's, for this attempt, signed now, is refused and does not count", async () => {
  const store = await openStore(newPath());
  const shared = await store.initialise(request);
  const other = await (await openStore(newPath())).initialise(request);
  await assert.rejects(
    store.submit(await bring("mei", { ...(await store.begin()) }, shared).then((it) => ({ ...it, index: 0 }))),
    refuses("malformed_request"),
  );
  const ticket = await store.begin();
  const good = await bring("mei", ticket, shared);
  const foreignKey = { ...ticket, agent_key: newShareKey(null).publicKey };
  const foreignTicket = { ...ticket, sharing_id: other.sharing_id };
  const wrong = await resubmitted("mei", ticket, randomBytes(33));
  const short = await resubmitted("mei", ticket, randomBytes(20));
  const refused: readonly (readonly [string, CustodyErrorCode, ShareSubmission])[] = [
    ["of another sharing", "other_attempt", await bring("mei", foreignTicket, other)],
    ["for another nonce", "other_attempt", await bring("mei", { ...ticket, nonce: "x" }, shared)],
    ["to another key", "other_attempt", await bring("mei", foreignKey, shared)],
    ["as it was handed out", "malformed_request", { ...good, envelope: shared.envelopes[0]?.envelope ?? "" }],
    ["cut", "bad_signature", { ...good, envelope: good.envelope.slice(0, -1) }],
    ["of another index", "wrong_custodian", { ...good, index: 2 }],
    ["of no index", "unknown_share", { ...good, index: 4 }],
    ["of another custodian", "wrong_custodian", { ...good, custodian: "ade" }],
    ["signed by another", "bad_signature", { ...good, signature: (await bring("ade", ticket, shared)).signature }],
    ["signed at another time", "bad_signature", { ...good, signed_at: "2026-01-01T00:00:00.000Z" }],
    ["of other bytes", "wrong_share", wrong],
    ["of fewer bytes", "wrong_share", short],
  ];
  for (const [name, code, submission] of refused) {
    await assert.rejects(store.submit(submission), refuses(code), name);
  }
  assert.deepEqual((await store.begin()).received, []);
  await store.submit(good);
  await assert.rejects(store.submit(good), refuses("already_received"));
  await assert.rejects(store.submit(await bring("mei", ticket, shared)), refuses("already_received"));
  clock.ms += 300_001;
  const late = await bring("ade", ticket, shared);
  clock.ms += 300_001;
  await assert.rejects(store.submit(late), refuses("stale_signature"));
});

/** A share of one's own making, well sealed and well signed. */
async function resubmitted(custodian: string, ticket: UnsealTicket, share: Uint8Array): Promise<ShareSubmission> {
  const [sharingId, index, nonce] = [ticket.sharing_id, 1, ticket.nonce];
  const recipient = readShareKey(ticket.agent_key);
  assert.ok(recipient);
  const envelope = await sealShare(share, { kind: "unsealing", sharingId, index, custodian, nonce }, recipient);
  const signed_at = new Date(clock.ms).toISOString();
  const text = submissionText({ nonce, sharingId, custodian, index, envelope, signedAt: signed_at });
  const signature = signText(text, createPrivateKey(person(custodian).signingKeyPem));
  return { custodian, index, envelope, signature, signed_at };
}

test("two attempts never mix their shares, and one that was replayed is refused", async () => {
  const { store, shared } = await openedStore(newPath());
  await store.seal();
  const first = await store.begin();
  const [mei, ade] = [await bring("mei", first, shared), await bring("ade", first, shared)];
  await store.submit(mei);
  clock.ms += 900_000;
  await assert.rejects(store.submit(ade), refuses("no_attempt"));
  const second = await store.begin();
  assert.deepEqual(
    [second.received, second.nonce === first.nonce, second.agent_key === first.agent_key],
    [[], false, false],
  );
  for (const replayed of [mei, ade]) await assert.rejects(store.submit(replayed), refuses("other_attempt"));
  await store.submit(await bring("lin", second, shared));
  assert.equal((await store.submit(await bring("ade", second, shared))).is_sealed, false);
  await assert.rejects(store.submit(mei), refuses("no_attempt"));
  await assert.rejects(store.begin(), refuses("not_sealed"));
});

test("two custodians at the same moment count as two, and one twice as one", async () => {
  const { store, shared } = await openedStore(newPath(), { ...request, threshold: 3 });
  await store.seal();
  const ticket = await store.begin();
  const mei = await bring("mei", ticket, shared);
  const both = await Promise.allSettled([store.submit(mei), store.submit(mei)]);
  assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  const rest = await Promise.all(["ade", "lin"].map(async (name) => store.submit(await bring(name, ticket, shared))));
  assert.deepEqual(rest.map((progress) => progress.is_sealed).sort(), [false, true]);
});

test("shares of a file that somebody changed open nothing, and all of them are dropped", async () => {
  const path = newPath();
  const { shared } = await openedStore(path);
  await writeFile(path, (await readFile(path, "utf8")).replace('"threshold": 2', '"threshold": 3'));
  const store = await openStore(path);
  const ticket = await store.begin();
  for (const each of ["mei", "ade"]) await store.submit(await bring(each, ticket, shared));
  await assert.rejects(store.submit(await bring("lin", ticket, shared)), refuses("not_opened"));
  assert.deepEqual((await store.begin()).received, []);
  await assert.rejects(store.generate(), isSealedError);
});
