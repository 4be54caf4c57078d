import assert from "node:assert/strict";
import { createPrivateKey, randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { handedOverShare, newShareKey, sealedShareFor } from "./custodian-share.ts";
import type { NewlyShared } from "./custody-calls.ts";
import type { CustodyErrorCode } from "./custody-error.ts";
import { parseRootKeyFile } from "../root/root-key-file-format.ts";
import { openRootKeys } from "../root/root-key-file-seal.ts";
import { RootKeyError, wrapContext } from "../root/root-key.ts";
import { openShare } from "./share-envelope.ts";
import { combineShares } from "./sharing.ts";
import {
  clock,
  keysOf,
  openStore,
  openedStore,
  passphrase,
  person,
  refuses,
  request,
  unseal,
} from "./testdata/custodians.ts";
import type { UnsealTicket } from "./unseal-attempt.ts";

let directory = "";
const newPath = (): string => join(directory, randomUUID());
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "custodians-"));
});
after(() => rm(directory, { recursive: true }));

const context = wrapContext({ tenantId: randomUUID(), purpose: "data", id: randomUUID(), version: 1 });
const secret = randomBytes(32);

/** The shares themselves, as only all custodians together could have them. */
async function openedEnvelopes(shared: NewlyShared): Promise<readonly Uint8Array[]> {
  return Promise.all(
    shared.envelopes.map(async ({ custodian, envelope }) => {
      const share = await openShare(envelope, createPrivateKey({ key: person(custodian).shareKeyPem, passphrase }));
      assert.equal(share?.length, 33);
      return share;
    }),
  );
}

test("a sharing is made once, for two to fifteen custodians with names and keys of their own", async () => {
  const store = await openStore(newPath());
  await assert.rejects(store.begin(), refuses("not_initialised"));
  assert.deepEqual(await store.custody(), { is_initialised: false, is_sealed: true, sharings: [] });
  const [mei, ade] = [person("mei").named, person("ade").named];
  const bad: readonly (readonly [CustodyErrorCode, object])[] = [
    ["bad_custodians", { threshold: 1 }],
    ["bad_custodians", { threshold: 4 }],
    ["malformed_request", { threshold: 1.5 }],
    ["malformed_request", { ceremony_digest: "" }],
    ["malformed_request", { custodians: null }],
    ["bad_custodians", { custodians: [mei] }],
    ["bad_custodians", { custodians: Array.from({ length: 16 }, () => mei) }],
    ["bad_custodians", { custodians: [mei, { ...ade, name: "mei" }] }],
    ["bad_custodians", { custodians: [mei, { ...ade, signing_key: mei.signing_key }] }],
    ["bad_custodians", { custodians: [mei, { ...ade, share_key: mei.share_key }] }],
    ["bad_custodians", { custodians: [mei, { ...ade, share_key: "AAAA" }] }],
    ["bad_custodians", { custodians: [mei, { ...ade, share_key: "A".repeat(43) }] }],
    ["bad_custodians", { custodians: [mei, { ...ade, signing_key: person("ade").signingKeyPem }] }],
    ["malformed_request", { custodians: [mei, { ...ade, name: "Ade" }] }],
  ];
  for (const [code, change] of bad) {
    await assert.rejects(store.initialise({ ...request, ...change }), refuses(code), JSON.stringify(change));
  }
  await store.initialise(request);
  await assert.rejects(store.initialise(request), refuses("already_initialised"));
});

test("after a redistribution the keys are the same, the old shares open nothing, and the new ones do", async () => {
  const path = newPath();
  const { store, shared } = await openedStore(path);
  const made = await store.generate();
  const wrapped = await store.wrap(made.id, secret, context);
  const anew = await store.redistribute({
    ...request,
    threshold: 3,
    custodians: ["mei", "lin", "kim"].map((name) => person(name).named),
  });
  assert.deepEqual(await store.unwrap(made.id, wrapped, context), secret);
  await store.generate();

  const later = await openStore(path);
  await assert.rejects(unseal(later, shared, "mei", "ade"), refuses("other_attempt"));
  const relabelled = await combineShares(anew.sharing_id, await openedEnvelopes(shared));
  const file = parseRootKeyFile(await readFile(path, "utf8"));
  assert.throws(() => openRootKeys(file, relabelled), RootKeyError);
  assert.ok(await unseal(later, anew, "kim", "mei", "lin"));
  assert.deepEqual(await later.unwrap(made.id, wrapped, context), secret);
  assert.equal((await later.status()).keys.length, 3);
  const { sharings } = await later.custody();
  assert.deepEqual(
    sharings.map(({ id, ended_at }) => [id, ended_at === null]),
    [
      [shared.sharing_id, false],
      [anew.sharing_id, true],
    ],
  );
});

test("a share that changes hands is brought by its new holder alone, and nobody collects enough of them", async () => {
  const path = newPath();
  const { store, shared } = await openedStore(path);
  const give = (from: string, to: string): ReturnType<typeof handedOverShare> =>
    handedOverShare(person(to).named, keysOf(from, shared));
  const given = await give("ade", "kim");
  await assert.rejects(store.handOver({ ...given.request, index: 3 }), refuses("wrong_custodian"));
  await assert.rejects(store.handOver({ ...given.request, index: 9 }), refuses("unknown_share"));
  await assert.rejects(store.handOver({ ...given.request, to: person("lin").named }), refuses("bad_signature"));
  clock.ms += 10;
  const report = await store.handOver(given.request);
  assert.deepEqual(
    report.sharings[0]?.shares[1]?.held_by.map(({ custodian }) => custodian),
    ["ade", "kim"],
  );
  await assert.rejects(store.handOver(given.request), refuses("wrong_custodian"));

  const more = await give("lin", "ade");
  await assert.rejects(store.handOver(more.request), refuses("too_many_shares"));
  const sameKey = await handedOverShare({ ...person("kim").named, name: "other" }, keysOf("lin", shared));
  await assert.rejects(store.handOver(sameKey.request), refuses("bad_custodians"));

  const later = await openStore(path);
  await assert.rejects(unseal(later, shared, "ade"), refuses("wrong_custodian"));
  const anew = {
    ...shared,
    envelopes: [...shared.envelopes, { custodian: "kim", index: 2, envelope: given.envelope }],
  };
  assert.ok(await unseal(later, anew, "kim", "lin"));
  await assert.rejects((await openStore(path)).handOver(given.request), refuses("sealed"));
});

test("the file holds no share and no key in the clear, nor does any answer", async () => {
  const path = newPath();
  const { store, shared } = await openedStore(path);
  const bytes = await readFile(path);
  const answers = JSON.stringify([
    shared,
    await store.custody(),
    await store.status(),
    await store.seal(),
    await store.begin(),
  ]);
  const shares = await openedEnvelopes(shared);
  const unsealKey = await combineShares(shared.sharing_id, shares);
  const rootKeys = openRootKeys(parseRootKeyFile(bytes.toString("utf8")), unsealKey);
  const secrets = [
    ...shares,
    ...[unsealKey, ...rootKeys.map(({ sealing }) => sealing)].map(({ secret }) => secret.export()),
  ];
  assert.equal(secrets.length, 5);
  for (const [place, clear] of secrets.entries()) {
    for (const form of ["base64", "base64url", "hex", "latin1"] as const) {
      const text = Buffer.from(clear).toString(form).slice(0, 40);
      assert.ok(!bytes.includes(text, 0, "latin1") && !answers.includes(text), `secret ${place} as ${form}`);
    }
  }
});

test("a custodian's share is made ready with the right keys alone", async () => {
  const { store, shared } = await openedStore(newPath());
  await store.seal();
  const ticket = await store.begin();
  const own = keysOf("mei", shared);
  const wrong: readonly (readonly [CustodyErrorCode, Partial<typeof own>, Partial<UnsealTicket>])[] = [
    ["malformed_request", { passphrase: "another passphrase" }, {}],
    ["malformed_request", { shareKeyPem: person("ade").shareKeyPem }, {}],
    ["malformed_request", { signingKeyPem: "none" }, {}],
    ["malformed_request", { envelope: "none" }, {}],
    ["malformed_request", {}, { agent_key: "none" }],
    ["malformed_request", {}, { agent_key: "A".repeat(43) }],
    ["other_attempt", {}, { sharing_id: randomUUID() }],
  ];
  for (const [code, keys, other] of wrong) {
    await assert.rejects(
      sealedShareFor({ ...ticket, ...other }, { ...own, ...keys }),
      refuses(code),
      JSON.stringify(other),
    );
  }
  assert.throws(() => newShareKey("too short"), RangeError);
  assert.match(newShareKey(passphrase).privateKeyPem, /ENCRYPTED PRIVATE KEY/);
});
