// One tenant's next checkpoint: read what was published, see that the log continues it, sign and publish the new head.
// A log that does not continue what was published was rolled back or rewritten; then nothing is published, ever, until
// somebody has looked.

import type { KeyObject } from "node:crypto";
import { createPublicKey } from "node:crypto";
import path from "node:path";
import type { Database, Transaction } from "@cofferdam/kit/database.ts";
import { readHead, tryLockPublication } from "./audit-store.ts";
import { appendHistory, readPublishedNotes, replaceCheckpoint } from "./checkpoint-folder.ts";
import type { PublishedNotes } from "./checkpoint-folder.ts";
import { CheckpointError, openCheckpoint, originOf, signCheckpoint } from "./checkpoint.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { emptyFrontier, rootOf, verifyConsistency } from "./merkle.ts";
import { AuditProofError, consistencyProof } from "./proofs.ts";
import { NoteError, verifierKey } from "./signed-note.ts";

/** Where checkpoints go and who signs them. */
export interface Publication {
  readonly database: Database;
  /** Outside the database and its host. One folder for each tenant is made in it. */
  readonly directory: string;
  /** The SPIFFE trust domain, which begins the name of each log. */
  readonly trustDomain: string;
  /** Ed25519: signs. */
  readonly privateKey: KeyObject;
  /** Public keys that signed before this one: what they signed is continued. */
  readonly earlierKeys?: readonly KeyObject[];
  readonly now: () => number;
}

/**
 * - `log_shrunk`: the log has fewer entries than were published: the database was rolled back.
 * - `log_rewritten`: the log does not begin with what was published.
 * - `log_incomplete`: hashes of the log are missing.
 * - `checkpoint_replaced`: the published file is older than its history, of another tree, or gone.
 * - `checkpoint_unreadable`: what lies there is not a checkpoint of this log that our key signed.
 */
export type TamperingSign =
  "log_shrunk" | "log_rewritten" | "log_incomplete" | "checkpoint_replaced" | "checkpoint_unreadable";

/** The log and its published checkpoints contradict each other. Nothing was published. */
export class TamperingError extends Error {
  override readonly name = "TamperingError";
  readonly sign: TamperingSign;

  constructor(sign: TamperingSign, options?: ErrorOptions) {
    super(`the audit log contradicts its published checkpoints: ${sign}`, options);
    this.sign = sign;
  }
}

/** The newest checkpoint of a log, as it lies outside the database. Null while the log is empty. */
export type Newest = PublishedCheckpoint | null;

export interface PublishedCheckpoint {
  readonly note: string;
  readonly size: number;
}

/**
 * Publishes the log's head unless it is published already. Gives the newest checkpoint, or `busy` while another process
 * is publishing for this tenant. Throws TamperingError, DatabaseError, or the file system's error; what was published is
 * never taken back.
 */
export function publishCheckpoint(publication: Publication, tenantId: string): Promise<Newest | "busy"> {
  return publication.database.asTenant(tenantId, async (tx) => {
    if (!(await tryLockPublication(tx))) return "busy";
    try {
      return await publishNext(publication, tenantId, tx);
    } catch (error) {
      throw signOf(error);
    }
  });
}

async function publishNext(publication: Publication, tenantId: string, tx: Transaction): Promise<Newest> {
  const folder = path.join(publication.directory, tenantId);
  const origin = originOf(publication.trustDomain, tenantId);
  const published = newestOf(publication, origin, await readPublishedNotes(folder));
  const head = (await readHead(tx)) ?? emptyFrontier;
  const next: Checkpoint = { origin, size: head.size, root: rootOf(head) };
  if (published !== null) await assertContinues(tx, published.checkpoint, next);

  if (published?.inHistory === false) await appendHistory(folder, published.note, new Date(publication.now()));
  if (next.size === (published?.checkpoint.size ?? 0)) return published && { note: published.note, size: next.size };
  const note = signCheckpoint(next, publication.privateKey);
  await replaceCheckpoint(folder, note);
  await appendHistory(folder, note, new Date(publication.now()));
  return { note, size: next.size };
}

interface NewestPublished {
  readonly note: string;
  readonly checkpoint: Checkpoint;
  readonly inHistory: boolean;
}

/** Reconciles the two files. The history may lack the newest note after a crash; it cannot be ahead of it. */
function newestOf(
  { privateKey, earlierKeys = [] }: Publication,
  origin: string,
  { newest, lastInHistory }: PublishedNotes,
): NewestPublished | null {
  const keys = [createPublicKey(privateKey), ...earlierKeys].map((key) => verifierKey(origin, key));
  const inHistory = lastInHistory === null ? null : openCheckpoint(lastInHistory, keys);
  if (newest === null) {
    if (inHistory !== null) throw new TamperingError("checkpoint_replaced");
    return null;
  }
  const checkpoint = openCheckpoint(newest, keys);
  const isBehind = inHistory !== null && checkpoint.size < inHistory.size;
  const isOther = inHistory?.size === checkpoint.size && !inHistory.root.equals(checkpoint.root);
  if (isBehind || isOther) throw new TamperingError("checkpoint_replaced");
  return { note: newest, checkpoint, inHistory: inHistory?.size === checkpoint.size };
}

async function assertContinues(tx: Transaction, published: Checkpoint, next: Checkpoint): Promise<void> {
  if (next.size < published.size) throw new TamperingError("log_shrunk");
  const [from, to, fromRoot, toRoot] = [published.size, next.size, published.root, next.root];
  const proof = await consistencyProof(tx, from, to);
  if (!verifyConsistency({ from, to, fromRoot, toRoot, proof })) throw new TamperingError("log_rewritten");
}

function signOf(error: unknown): unknown {
  if (error instanceof AuditProofError) return new TamperingError("log_incomplete", { cause: error });
  const isUnreadable = error instanceof NoteError || error instanceof CheckpointError;
  return isUnreadable ? new TamperingError("checkpoint_unreadable", { cause: error }) : error;
}
