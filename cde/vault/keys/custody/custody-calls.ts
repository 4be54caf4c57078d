// The custody calls of `custodian-store.ts`, one function each, over what the store has in memory.
import { randomUUID } from "node:crypto";
import { CustodyError } from "./custody-error.ts";
import { handOver } from "./custody-hand-over.ts";
import {
  readHandOver,
  readSharingRequest,
  readSubmission,
  type HandOverRequest,
  type ShareSubmission,
  type SharingRequest,
} from "./custody-request.ts";
import type { SealingKey } from "../envelope.ts";
import { formatRootKeyFile, parseRootKeyFile, type RootKeyFile } from "../root/root-key-file-format.ts";
import { newFileRootKey, openRootKeys, sealRootKeys } from "../root/root-key-file-seal.ts";
import { createKeyFileStore } from "../root/root-key-file-store.ts";
import { createKeyFile, readKeyFile, replaceKeyFile } from "../root/root-key-file-write.ts";
import { RootKeyError, type DestructibleRootKeyStore } from "../root/root-key.ts";
import type { SharingRecord } from "./share-custody.ts";
import { handOut, type HandedOutShare } from "./sharing-handout.ts";
import { ATTEMPT_MS, beginAttempt, type UnsealAttempt, type UnsealTicket } from "./unseal-attempt.ts";

/** A sharing that was just made: the one time that its envelopes are outside their custodians' hands. JSON. */
export interface NewlyShared {
  readonly sharing_id: string;
  readonly envelopes: readonly HandedOutShare[];
}

/** How far an attempt has come. JSON. */
export interface UnsealProgress {
  readonly received: readonly string[];
  readonly threshold: number;
  readonly is_sealed: boolean;
}

/** Who holds what, and who ever did. No share, no check value. JSON. While sealed, nobody has authenticated it. */
export interface CustodyReport {
  readonly is_initialised: boolean;
  readonly is_sealed: boolean;
  /** Oldest first; the last is the present one. */
  readonly sharings: readonly {
    readonly id: string;
    readonly created_at: string;
    readonly ended_at: string | null;
    readonly threshold: number;
    readonly ceremony_digest: string;
    readonly shares: readonly {
      readonly index: number;
      /** Oldest first; the last is the present holder. */
      readonly held_by: readonly { readonly custodian: string; readonly since: string }[];
    }[];
  }[];
}

/** For the inventory. */
export const LOCATION = "file sealed under a key that is shared among custodians";

/** What a custodian store has in memory. */
export interface Custody {
  readonly path: string;
  readonly now: () => number;
  attempt: UnsealAttempt | null;
  /** null while sealed. Unseal keys by sharing: two of them while one sharing replaces another. */
  opened: { readonly store: DestructibleRootKeyStore; readonly unsealKeys: Map<string, SealingKey> } | null;
}

/** See `CustodianStore.initialise`. Throws CustodyError `already_initialised`, `malformed_request`, `bad_custodians`. */
export async function initialise(custody: Custody, request: SharingRequest): Promise<NewlyShared> {
  const asked = readSharingRequest(request);
  const now = new Date(custody.now());
  if ((await readSharedFile(custody.path)) !== null)
    throw new CustodyError("already_initialised", "there is a root key file");
  return handOut(asked, now, async ({ record, envelopes, unsealKey, prove }) => {
    const protection = { kind: "shares", sharings: [record] } as const;
    const contents = { id: randomUUID(), protection, keys: [newFileRootKey(now)] };
    const text = formatRootKeyFile(sealRootKeys(contents, unsealKey));
    await prove(text);
    await createKeyFile(custody.path, text);
    return { sharing_id: record.id, envelopes };
  });
}

/** See `CustodianStore.begin`. Throws CustodyError `not_sealed`, `not_initialised`. */
export async function begin(custody: Custody): Promise<UnsealTicket> {
  if (custody.opened !== null) throw new CustodyError("not_sealed", "the root key file is open");
  const present = await readSharedFile(custody.path);
  if (present === null) throw new CustodyError("not_initialised", "there is no root key file");
  const running = runningAttempt(custody);
  if (running !== null) return running.ticket();
  const attempt = beginAttempt(present.sharing, custody.now());
  custody.attempt = attempt;
  // Not to be kept until somebody asks: shares that came lie there, encrypted to the attempt's key.
  setTimeout(() => {
    if (custody.attempt === attempt) custody.attempt = null;
  }, ATTEMPT_MS).unref();
  return attempt.ticket();
}

/** See `CustodianStore.submit`. Throws CustodyError `no_attempt`, `not_opened`, and those of a share that does not count. */
export async function submit(custody: Custody, submission: ShareSubmission): Promise<UnsealProgress> {
  const share = readSubmission(submission);
  const attempt = runningAttempt(custody);
  if (attempt === null) throw new CustodyError("no_attempt", "no unsealing is under way");
  await attempt.accept(share, custody.now());
  const { received, threshold } = attempt.ticket();
  if (!attempt.isComplete()) return { received, threshold, is_sealed: true };
  custody.attempt = null;
  await unseal(custody, attempt);
  return { received, threshold, is_sealed: false };
}

async function unseal(custody: Custody, attempt: UnsealAttempt): Promise<void> {
  const { path, now } = custody;
  try {
    const unsealKey = await attempt.combine();
    const unsealKeys = new Map([[unsealKey.id, unsealKey]]);
    const protectionKeyOf = (file: RootKeyFile): SealingKey => unsealKeyOf(unsealKeys, file);
    const store = createKeyFileStore({ path, scheme: "custodians", location: LOCATION, protectionKeyOf, now });
    // Opens the proof and every key: what the shares say of themselves counts for nothing before.
    await store.status();
    custody.opened = { store, unsealKeys };
  } catch (cause) {
    throw new CustodyError("not_opened", "these shares together do not open the root key file", { cause });
  }
}

/** See `CustodianStore.redistribute`. Throws CustodyError `sealed`, `malformed_request`, `bad_custodians`. */
export async function redistribute(custody: Custody, request: SharingRequest): Promise<NewlyShared> {
  const asked = readSharingRequest(request);
  const { unsealKeys } = openedOf(custody);
  const now = new Date(custody.now());
  return handOut(asked, now, async ({ record, envelopes, unsealKey, prove }) => {
    // Beforehand: whichever sharing the file turns out to be of after a failure, there is a key for it.
    unsealKeys.set(unsealKey.id, unsealKey);
    await replaceKeyFile(custody.path, async (text) => {
      const file = parseRootKeyFile(text);
      const { sharing, sharings } = readSharing(file);
      const keys = openRootKeys(file, unsealKeyOf(unsealKeys, file));
      const ended = sharings.map((each) => (each === sharing ? { ...each, ended_at: now.toISOString() } : each));
      const protection = { kind: "shares", sharings: [...ended, record] } as const;
      const next = formatRootKeyFile(sealRootKeys({ id: file.id, protection, keys }, unsealKey));
      await prove(next);
      return next;
    });
    for (const id of unsealKeys.keys()) if (id !== unsealKey.id) unsealKeys.delete(id);
    return { sharing_id: record.id, envelopes };
  });
}

/** See `CustodianStore.handOver`. Throws CustodyError `sealed`, `malformed_request`, and those of `handOver`. */
export async function recordHandOver(custody: Custody, request: HandOverRequest): Promise<CustodyReport> {
  const asked = readHandOver(request);
  const { unsealKeys } = openedOf(custody);
  await replaceKeyFile(custody.path, (text) => {
    const file = parseRootKeyFile(text);
    const { sharing, sharings } = readSharing(file);
    const unsealKey = unsealKeyOf(unsealKeys, file);
    const keys = openRootKeys(file, unsealKey);
    const protection = { kind: "shares", sharings: handOver(sharings, sharing, asked, custody.now()) } as const;
    return formatRootKeyFile(sealRootKeys({ id: file.id, protection, keys }, unsealKey));
  });
  return report(custody);
}

/** See `CustodianStore.custody`. */
export async function report(custody: Custody): Promise<CustodyReport> {
  const present = await readSharedFile(custody.path);
  const sharings = (present?.sharings ?? []).map(({ shares, ...sharing }) => ({
    ...sharing,
    shares: shares.map(({ index, held_by }) => ({
      index,
      held_by: held_by.map(({ custodian, since }) => ({ custodian, since })),
    })),
  }));
  return { is_initialised: present !== null, is_sealed: custody.opened === null, sharings };
}

function runningAttempt({ attempt, now }: Custody): UnsealAttempt | null {
  return attempt?.isOver(now()) === false ? attempt : null;
}

function openedOf({ opened }: Custody): NonNullable<Custody["opened"]> {
  if (opened === null) throw new CustodyError("sealed", "the custodians have not opened the root key file");
  return opened;
}

function unsealKeyOf(unsealKeys: ReadonlyMap<string, SealingKey>, file: RootKeyFile): SealingKey {
  const key = unsealKeys.get(readSharing(file).sharing.id);
  if (key === undefined)
    throw new RootKeyError("wrong_passphrase", "the root key file was sealed under another sharing");
  return key;
}

/** A file whose keys custodians open, and its sharings. */
export interface SharedKeyFile {
  readonly sharings: readonly SharingRecord[];
  /** The present one. */
  readonly sharing: SharingRecord;
}

/** Reads the sharings of a file; null when it is not there. Throws RootKeyError `malformed_file`. */
export async function readSharedFile(path: string): Promise<SharedKeyFile | null> {
  try {
    return readSharing(parseRootKeyFile(await readKeyFile(path)));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

function readSharing({ protection }: RootKeyFile): SharedKeyFile {
  const sharings = protection.kind === "shares" ? protection.sharings : [];
  const sharing = sharings.at(-1);
  if (sharing === undefined) throw new RootKeyError("malformed_file", "this root key file has no custodians");
  return { sharings, sharing };
}
