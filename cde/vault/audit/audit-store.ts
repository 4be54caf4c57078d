// The only SQL on the audit log. Every statement names the tenant as well as row-level security does, so that a session
// which bypasses row-level security still meets one tenant's log at a time.

import type { Statement, Transaction } from "@cofferdam/kit/database.ts";
import { encodeEntry } from "./event.ts";
import type { AuditEvent } from "./event.ts";
import { appendLeaf, decodeFrontier, encodeFrontier, leafHash } from "./merkle.ts";
import type { Frontier, LeafRange, NodeCoordinate, SubtreeHash } from "./merkle.ts";

/** The end of a tenant's log: how many entries it has and the right edge of their tree. */
export type Head = Frontier;

/** An entry as it lies in the log: its canonical text and SHA-256(0x00 ‖ text). */
export interface StoredEntry {
  readonly sequence: number;
  readonly entry: string;
  readonly leafHash: Buffer;
}

/** When the events are recorded, and by which build. */
export interface Recording {
  readonly now: Date;
  readonly build: string;
}

/** The head was not the one that was locked: the transaction must fail, nothing of it may be kept. */
export class AuditAppendError extends Error {
  override readonly name = "AuditAppendError";
}

/** At most so many entries in one read: 10,000 are about 5 MB. */
export const maxEntriesPerRead = 10_000;

/**
 * Locks the end of a tenant's log until the transaction ends; appends of one tenant follow one another from here on. The
 * first call for a tenant makes its empty log. Should a head have been taken away from a log with entries, the new one
 * is of no use: sequence 0 is taken, and appending fails.
 */
export async function lockHead(tx: Transaction, tenantId: string): Promise<Head> {
  const locked = await tx.rows<HeadRow>(selectHeadForUpdate, [tenantId]);
  if (locked[0] !== undefined) return headFrom(locked[0]);
  await tx.rows(insertEmptyHead, [tenantId]);
  const [created] = await tx.rows<HeadRow>(selectHeadForUpdate, [tenantId]);
  if (created === undefined) throw new AuditAppendError("the tenant has no audit log");
  return headFrom(created);
}

/**
 * Puts events at the end of a tenant's log, in order, in the caller's transaction and in one statement: the entries, the
 * subtrees they complete and the new head. `head` is what `lockHead` gave in this transaction.
 *
 * Throws AuditEntryError when an event must not be written and AuditAppendError when the head has moved; the caller's
 * transaction must then fail too: no event, no effect.
 */
export async function appendEvents(
  tx: Transaction,
  tenantId: string,
  head: Head,
  events: readonly AuditEvent[],
  recording: Recording,
): Promise<Head> {
  if (events.length === 0) return head;
  const { newHead, entries, leafHashes, completed } = grow(tenantId, head, events, recording);
  const moved = await tx.rows(insertEntriesAndMoveHead, [
    tenantId,
    head.size,
    entries,
    leafHashes,
    completed.map((subtree) => subtree.level),
    completed.map((subtree) => subtree.index),
    completed.map((subtree) => subtree.hash),
    newHead.size,
    encodeFrontier(newHead),
    recording.now,
  ]);
  if (moved.length !== 1) throw new AuditAppendError("the end of the audit log is not where it was locked");
  return newHead;
}

/** The end of the transaction's tenant's log, not locked. Null when the tenant has none. */
export async function readHead(tx: Transaction): Promise<Head | null> {
  const [row] = await tx.rows<HeadRow>(selectHead, []);
  return row === undefined ? null : headFrom(row);
}

/** Up to `limit` entries from sequence `from` on, in order; at most `maxEntriesPerRead`. */
export async function readEvents(tx: Transaction, from: number, limit: number): Promise<readonly StoredEntry[]> {
  const rows = await tx.rows<EntryRow>(selectEntries, [from, Math.min(limit, maxEntriesPerRead)]);
  return rows.map((row) => ({ sequence: row.sequence, entry: row.entry, leafHash: row.leaf_hash }));
}

/** Leaf hashes by sequence, of all ranges in one round trip. A leaf that is not there is left out. */
export async function readLeafHashes(
  tx: Transaction,
  ranges: readonly LeafRange[],
): Promise<ReadonlyMap<number, Buffer>> {
  const bounds = [ranges.map((range) => range.start), ranges.map((range) => range.end)];
  const rows = await tx.rows<LeafHashRow>(selectLeafHashes, bounds);
  return new Map(rows.map((row) => [row.sequence, row.leaf_hash]));
}

/** Stored subtrees, all in one round trip, in no order. One that is not there is left out. */
export async function readSubtrees(
  tx: Transaction,
  wanted: readonly NodeCoordinate[],
): Promise<readonly SubtreeHash[]> {
  const coordinates = [wanted.map((node) => node.level), wanted.map((node) => node.index)];
  const rows = await tx.rows<SubtreeRow>(selectSubtrees, coordinates);
  return rows.map((row) => ({ level: row.level, index: row.node_index, hash: row.hash }));
}

/**
 * Takes the right to publish the transaction's tenant's checkpoint, among all processes, until the transaction ends. False
 * when another has it. It is a lock of its own: appending goes on meanwhile.
 */
export async function tryLockPublication(tx: Transaction): Promise<boolean> {
  const [row] = await tx.rows<{ readonly locked: boolean }>(tryPublicationLock, []);
  return row?.locked === true;
}

/**
 * Makes an open transaction read one tenant as of one moment, however many statements follow. Must be the first thing in
 * a transaction that was begun without a tenant.
 */
export async function beginSnapshot(tx: Transaction, tenantId: string): Promise<void> {
  await tx.rows(setRepeatableRead, []);
  await tx.rows(setTenant, [tenantId]);
}

interface Growth {
  readonly newHead: Head;
  readonly entries: readonly string[];
  readonly leafHashes: readonly Buffer[];
  readonly completed: readonly SubtreeHash[];
}

/** The log after the events, computed without touching the database. */
function grow(tenantId: string, head: Head, events: readonly AuditEvent[], { now, build }: Recording): Growth {
  const recordedAt = now.toISOString();
  const entries = events.map((event, at) =>
    encodeEntry({ ...event, tenantId, sequence: head.size + at, recordedAt, build }),
  );
  const leafHashes = entries.map((entry) => leafHash(entry));
  const completed: SubtreeHash[] = [];
  let newHead = head;
  for (const leaf of leafHashes) {
    const appended = appendLeaf(newHead, leaf);
    newHead = appended.frontier;
    completed.push(...appended.completed);
  }
  return { newHead, entries, leafHashes, completed };
}

function headFrom(row: HeadRow): Head {
  return decodeFrontier(row.size, row.frontier);
}

interface HeadRow {
  readonly size: number;
  readonly frontier: Buffer;
}

interface EntryRow {
  readonly sequence: number;
  readonly entry: string;
  readonly leaf_hash: Buffer;
}

type LeafHashRow = Omit<EntryRow, "entry">;

interface SubtreeRow {
  readonly level: number;
  readonly node_index: number;
  readonly hash: Buffer;
}

const selectHeadForUpdate: Statement = {
  name: "select_audit_head_for_update",
  text: `
    select size, frontier
    from vault.audit_head
    where tenant_id = $1
    for update`,
};

const insertEmptyHead: Statement = {
  name: "insert_empty_audit_head",
  text: `
    insert into vault.audit_head (tenant_id, size, frontier, updated_at)
    values ($1, 0, '', now())
    on conflict (tenant_id) do nothing`,
};

const insertEntriesAndMoveHead: Statement = {
  name: "insert_audit_events",
  text: `
    with new_event as (
      insert into vault.audit_event (tenant_id, sequence, entry, leaf_hash)
      select $1, $2 + position - 1, entry, leaf_hash
      from unnest($3::text[], $4::bytea[]) with ordinality as given (entry, leaf_hash, position)
    ), new_subtree as (
      insert into vault.audit_subtree (tenant_id, level, node_index, hash)
      select $1, level, node_index, hash
      from unnest($5::smallint[], $6::bigint[], $7::bytea[]) as given (level, node_index, hash)
    )
    update vault.audit_head
    set size = $8, frontier = $9, updated_at = $10
    where tenant_id = $1 and size = $2
    returning size`,
};

const selectHead: Statement = {
  name: "select_audit_head",
  text: `
    select size, frontier
    from vault.audit_head
    where tenant_id = vault.current_tenant()`,
};

const selectEntries: Statement = {
  name: "select_audit_events",
  text: `
    select sequence, entry, leaf_hash
    from vault.audit_event
    where tenant_id = vault.current_tenant() and sequence >= $1
    order by sequence
    limit $2`,
};

/** The inner limit holds the planner to one walk of the primary key for each range, whatever its statistics say. */
const selectLeafHashes: Statement = {
  name: "select_audit_leaf_hashes",
  text: `
    select leaf.sequence, leaf.leaf_hash
    from unnest($1::bigint[], $2::bigint[]) as wanted (range_start, range_end)
    cross join lateral (
      select sequence, leaf_hash
      from vault.audit_event
      where tenant_id = vault.current_tenant() and sequence >= wanted.range_start and sequence < wanted.range_end
      order by sequence
      limit wanted.range_end - wanted.range_start
    ) as leaf`,
};

const selectSubtrees: Statement = {
  name: "select_audit_subtrees",
  text: `
    select subtree.level, subtree.node_index, subtree.hash
    from unnest($1::smallint[], $2::bigint[]) as wanted (level, node_index)
    join vault.audit_subtree subtree
      on subtree.tenant_id = vault.current_tenant()
      and subtree.level = wanted.level
      and subtree.node_index = wanted.node_index`,
};

const tryPublicationLock: Statement = {
  name: "try_audit_publication_lock",
  text: `
    select pg_try_advisory_xact_lock(hashtextextended('audit checkpoint ' || vault.current_tenant(), 0)) as locked`,
};

const setRepeatableRead: Statement = {
  name: "set_audit_snapshot",
  text: "set transaction isolation level repeatable read, read only",
};

const setTenant: Statement = {
  name: "set_audit_snapshot_tenant",
  text: "select set_config('app.tenant_id', $1, true)",
};
