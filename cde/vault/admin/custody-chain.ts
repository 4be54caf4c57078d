// From the journal of shares into the audit log: each line is copied with its event, and the file is held against its copy.
import { randomUUID } from "node:crypto";
import type { Database, Transaction } from "@cofferdam/kit/database.ts";
import type { Logger } from "@cofferdam/kit/log.ts";
import { appendEvents, lockHead } from "../audit/audit-store.ts";
import type { AuditEvent } from "../audit/event.ts";
import { SYSTEM_TENANT_ID } from "../tenants/system-tenant.ts";
import type { ChainEnd, CustodyJournal, JournalLine, JournalState, ShareEvent } from "./custody-journal.ts";
import { readCopiedLines, readLastCopied, storeLine } from "./custody-journal-store.ts";

export interface JournalChainOptions {
  readonly journal: CustodyJournal;
  readonly database: Database;
  readonly build: string;
  readonly now: () => number;
  readonly log: Logger;
  /** Told at each check of the journal against its copy. */
  readonly onJournal: (isIntact: boolean) => void;
}

/** The journal as `/v1/custody` tells of it. */
export interface JournalReport {
  readonly lines: number;
  readonly last_hash: string | null;
  readonly chained: number;
  readonly is_intact: boolean;
}

/** Calls follow one another: whoever makes them sees to that. */
export interface JournalChain {
  /** Journals that a share was brought. Rejects when it cannot: then the share must not be used. */
  readonly journal: (event: ShareEvent) => Promise<void>;
  /** Copies what was journaled since. Looks at the whole file only if it is not as it was left. Throws DatabaseError. */
  readonly copy: () => Promise<void>;
  /** Reads the file, copies what is not copied, and tells of one that was cut or edited. Throws DatabaseError. */
  readonly check: () => Promise<JournalReport>;
}

/** Makes the chain. */
export function createJournalChain(options: JournalChainOptions): JournalChain {
  const { database } = options;
  /** Journaled by this process and not copied: they count even if they are cut from the file meanwhile. */
  let pending: readonly JournalLine[] = [];
  let isDoubtful = false;
  const toldAt = new Set<number>();
  const check = async (): Promise<JournalReport> => {
    const report = await checkJournal(options, pending, toldAt);
    pending = [];
    isDoubtful = false;
    options.onJournal(report.is_intact);
    return report;
  };
  return {
    journal: async (event) => {
      const copied = await lastCopied(database).catch(() => null);
      const { line, wasAsLeft } = await options.journal.append(event, copied);
      pending = [...pending, line];
      isDoubtful ||= !wasAsLeft;
    },
    copy: async () => {
      if (isDoubtful) await check();
      else await inLog(options, (tx) => copyLines(tx, pending));
      pending = [];
    },
    check,
  };
}

/** The copy may be ahead of the file: then that was cut, and the chain goes on behind the copy. */
function lastCopied(database: Database): Promise<ChainEnd | null> {
  return database.asTenant(SYSTEM_TENANT_ID, readLastCopied);
}

async function checkJournal(
  options: JournalChainOptions,
  pending: readonly JournalLine[],
  toldAt: Set<number>,
): Promise<JournalReport> {
  const state = await options.journal.read();
  let found: { readonly chained: number; readonly brokenAt: number | null } = { chained: 0, brokenAt: null };
  await inLog(options, async (tx) => {
    const copied = await readCopiedLines(tx);
    const missing = firstOfEach([...state.lines, ...pending], new Set(copied.map(({ sequence }) => sequence)));
    const brokenAt = whereBroken(state, [...copied, ...missing]);
    found = { chained: copied.length + missing.length, brokenAt };
    const events = await copyLines(tx, missing);
    return brokenAt === null || toldAt.has(brokenAt) ? events : [...events, brokenEvent(brokenAt)];
  });
  const { chained, brokenAt } = found;
  if (brokenAt !== null && !toldAt.has(brokenAt)) {
    toldAt.add(brokenAt);
    options.log.error({ count: brokenAt }, "the journal of shares was cut or edited");
  }
  const lastHash = state.lines.at(-1)?.hash.toString("hex") ?? null;
  return { lines: state.lines.length, last_hash: lastHash, chained, is_intact: brokenAt === null };
}

/** Does work behind the lock of the vault's own log, with the events that it gives, in one transaction. */
function inLog(
  { database, now, build }: JournalChainOptions,
  work: (tx: Transaction) => Promise<readonly AuditEvent[]>,
): Promise<void> {
  return database.asTenant(SYSTEM_TENANT_ID, async (tx) => {
    const head = await lockHead(tx, SYSTEM_TENANT_ID);
    await appendEvents(tx, SYSTEM_TENANT_ID, head, await work(tx), { now: new Date(now()), build });
  });
}

async function copyLines(tx: Transaction, lines: readonly JournalLine[]): Promise<readonly AuditEvent[]> {
  for (const line of lines) await storeLine(tx, line);
  return lines.map(shareEvent);
}

/** Lines that are not known, each sequence once: a second line of one is a fault of the file, and no share. */
function firstOfEach(lines: readonly JournalLine[], known: ReadonlySet<number>): readonly JournalLine[] {
  const first = new Map<number, JournalLine>();
  for (const line of lines) if (!known.has(line.sequence) && !first.has(line.sequence)) first.set(line.sequence, line);
  return [...first.values()];
}

/** The first sequence at which the file is no chain, or is not what was copied of it; null for none. */
function whereBroken({ lines, brokenAt }: JournalState, copied: readonly ChainEnd[]): number | null {
  const hashes = new Map(lines.map((line) => [line.sequence, line.hash]));
  const changed = copied.find(({ sequence, hash }) => hashes.get(sequence)?.equals(hash) !== true);
  const faults = [changed?.sequence ?? null, brokenAt].filter((fault) => fault !== null);
  return faults.length === 0 ? null : Math.min(...faults);
}

function shareEvent({ hash, event }: JournalLine): AuditEvent {
  return {
    actor: { workload: event.workload, clientId: event.key },
    action: "custody.share",
    object: `${event.sharing_id}:${event.index}`,
    outcome: "allowed",
    reason: hash.toString("base64url"),
    origin: event.origin,
    requestId: event.request_id,
    state: null,
  };
}

function brokenEvent(brokenAt: number): AuditEvent {
  return {
    actor: { workload: "cde/vault-admin", clientId: "journal" },
    action: "custody.journal_broken",
    object: null,
    outcome: "refused",
    reason: `line=${brokenAt}`,
    origin: "local",
    requestId: randomUUID(),
    state: null,
  };
}
