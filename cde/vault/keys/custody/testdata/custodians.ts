// Custodians for tests, with real keys of every kind that is taken, and a clock that they and the store share.
import { generateKeyPairSync } from "node:crypto";
import { newShareKey, sealedShareFor } from "../custodian-share.ts";
import { openCustodianStore, type CustodianStore } from "../custodian-store.ts";
import type { NewlyShared } from "../custody-calls.ts";
import { CustodyError, type CustodyErrorCode } from "../custody-error.ts";
import type { ShareSubmission, SharingRequest } from "../custody-request.ts";
import type { UnsealTicket } from "../unseal-attempt.ts";

/** A custodian as a ceremony names them, and what only they have. */
export interface Person {
  readonly named: SharingRequest["custodians"][number];
  readonly shareKeyPem: string;
  readonly signingKeyPem: string;
}

export const passphrase = "a passphrase for tests alone";

/** Milliseconds since 1970; tests move it on. */
export const clock = { ms: Date.parse("2026-01-01T00:00:00Z") };

const pem = {
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
} as const;

const people = new Map<string, Person>([
  ["mei", newPerson("mei", generateKeyPairSync("ec", { namedCurve: "P-256", ...pem }))],
  ["ade", newPerson("ade", generateKeyPairSync("rsa", { modulusLength: 2_048, ...pem }))],
  ["lin", newPerson("lin", generateKeyPairSync("ed25519", pem))],
  ["kim", newPerson("kim", generateKeyPairSync("ec", { namedCurve: "P-384", ...pem }))],
]);

/** mei, ade, lin or kim. */
export function person(name: string): Person {
  const found = people.get(name);
  if (found === undefined) throw new RangeError("no custodian of the tests has this name");
  return found;
}

/** Two of mei, ade and lin. */
export const request: SharingRequest = {
  threshold: 2,
  custodians: ["mei", "ade", "lin"].map((name) => person(name).named),
  ceremony_digest: "ab".repeat(32),
};

/** A store over a file, on the tests' clock, which goes on at each look. */
export function openStore(path: string): Promise<CustodianStore> {
  return openCustodianStore(path, { now: () => (clock.ms += 1) });
}

/** A store with a new file, opened by the first custodians of the request. */
export async function openedStore(
  path: string,
  asked: SharingRequest = request,
): Promise<{ readonly store: CustodianStore; readonly shared: NewlyShared }> {
  const store = await openStore(path);
  const shared = await store.initialise(asked);
  await unseal(store, shared, ...asked.custodians.slice(0, asked.threshold).map(({ name }) => name));
  return { store, shared };
}

/** What a custodian's command line sends. */
export function bring(name: string, ticket: UnsealTicket, shared: NewlyShared): Promise<ShareSubmission> {
  return sealedShareFor(ticket, keysOf(name, shared));
}

/** What a custodian has at hand when they bring or hand over their share. */
export function keysOf(name: string, shared: NewlyShared): Parameters<typeof sealedShareFor>[1] {
  return { ...person(name), envelope: envelopeOf(name, shared), passphrase, now: new Date(clock.ms) };
}

/** Custodians bring their shares; whether that opened the store. */
export async function unseal(
  store: CustodianStore,
  shared: NewlyShared,
  ...names: readonly string[]
): Promise<boolean> {
  const ticket = await store.begin();
  let isSealed = true;
  for (const name of names) isSealed = (await store.submit(await bring(name, ticket, shared))).is_sealed;
  return !isSealed;
}

/** For `assert.rejects`. */
export function refuses(code: CustodyErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof CustodyError && error.code === code;
}

function envelopeOf(name: string, shared: NewlyShared): string {
  return shared.envelopes.findLast(({ custodian }) => custodian === name)?.envelope ?? "";
}

function newPerson(name: string, signing: { readonly publicKey: string; readonly privateKey: string }): Person {
  const { publicKey, privateKeyPem } = newShareKey(passphrase);
  return {
    named: { name, share_key: publicKey, signing_key: signing.publicKey },
    shareKeyPem: privateKeyPem,
    signingKeyPem: signing.privateKey,
  };
}
