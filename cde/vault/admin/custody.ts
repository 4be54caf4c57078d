// Where custodians bring their shares: journaled before the key agent sees one, chained into the audit log after, as soon
// as the database answers. The share itself is encrypted to the agent and passes through.
import { randomUUID } from "node:crypto";
import type { Database } from "@cofferdam/kit/database.ts";
import type { Logger } from "@cofferdam/kit/log.ts";
import { uuid } from "@cofferdam/kit/uuid.ts";
import { appendEvents, lockHead } from "../audit/audit-store.ts";
import type { AuditEvent } from "../audit/event.ts";
import type { CustodyReport, UnsealProgress } from "../keys/custody/custody-calls.ts";
import { CustodyRefusal, type CustodyClient } from "../keys/custody/custody-client.ts";
import type { ShareSubmission } from "../keys/custody/custody-request.ts";
import { readShareLabel } from "../keys/custody/share-envelope.ts";
import type { UnsealTicket } from "../keys/custody/unseal-attempt.ts";
import type { Attribution } from "../rotation/operation.ts";
import { SYSTEM_TENANT_ID } from "../tenants/system-tenant.ts";
import type { CustodyJournal, JournalLine, JournalState } from "./custody-journal.ts";
import { readCopiedLines, storeLine, type CopiedLine } from "./custody-journal-store.ts";
import type { Custodian } from "./custodians.ts";

export interface ShareDeskOptions {
  /** Null in a vault whose root keys no custodians open. */
  readonly client: CustodyClient | null;
  readonly journal: CustodyJournal;
  readonly database: Database;
  readonly build: string;
  readonly now: () => number;
  readonly log: Logger;
  /** Told of every share, with `ok` or the code that it was refused with. */
  readonly onShare: (outcome: string) => void;
  /** Told at each check of the journal against its copy. */
  readonly onJournal: (isIntact: boolean) => void;
  /** Told when enough shares came. */
  readonly onUnsealed: () => Promise<void>;
}

/** Who brings a share. */
export interface Bringer {
  readonly custodian: Custodian;
  readonly attribution: Attribution;
}

/** The journal as `/v1/custody` tells of it. */
export interface JournalReport {
  readonly lines: number;
  readonly last_hash: string | null;
  readonly chained: number;
  readonly is_intact: boolean;
}

export interface ShareDesk {
  /** Throws CustodyRefusal, `no_custodians` when there is no key agent. */
  readonly begin: () => Promise<UnsealTicket>;
  /** Throws CustodyRefusal, `other_custodian` for somebody else's share. What was journaled stays journaled. */
  readonly bring: (bringer: Bringer, submission: ShareSubmission) => Promise<UnsealProgress>;
  /** Copies what was journaled and not chained; tells of a journal that was cut or edited. Throws DatabaseError. */
  readonly chain: () => Promise<JournalReport>;
  /** Null when there are no custodians' shares here, or nobody can say. */
  readonly report: () => Promise<CustodyReport | null>;
}

/** Makes the desk. */
export function createShareDesk(options: ShareDeskOptions): ShareDesk {
  const inTurn = createTurns();
  const tellOnce = new Set<number>();
  const agent = (): CustodyClient => {
    if (options.client === null) throw new CustodyRefusal("no_custodians", "no root key here is opened by custodians");
    return options.client;
  };
  const chain = async (): Promise<JournalReport> => {
    const report = await chainJournal(options, tellOnce);
    options.onJournal(report.is_intact);
    return report;
  };
  return {
    begin: async () => agent().begin(),
    bring: (bringer, submission) =>
      inTurn(async () => {
        const client = agent();
        await journal(options, bringer, sharingOf(bringer, submission), submission.index);
        const progress = await submitted(options, client, submission);
        await chain().catch((error: unknown) => {
          options.log.error({ err: error }, "the journal of shares waits for the database");
        });
        if (!progress.is_sealed) await options.onUnsealed();
        return progress;
      }),
    chain: () => inTurn(chain),
    report: async () => {
      if (options.client === null) return null;
      return options.client.custody().catch(() => null);
    },
  };
}

async function submitted(
  { onShare }: ShareDeskOptions,
  client: CustodyClient,
  submission: ShareSubmission,
): Promise<UnsealProgress> {
  try {
    const progress = await client.submit(submission);
    onShare("ok");
    return progress;
  } catch (error) {
    onShare(error instanceof CustodyRefusal ? error.code : "failed");
    throw error;
  }
}

/** Which sharing the share says that it is of. Throws CustodyRefusal. */
function sharingOf({ custodian }: Bringer, { custodian: name, envelope }: ShareSubmission): string {
  if (name !== custodian.name) throw new CustodyRefusal("other_custodian", "the share is not the caller's");
  const label = readShareLabel(envelope);
  if (label === null || !uuid.test(label.sharingId))
    throw new CustodyRefusal("malformed_request", "the envelope does not say which share it holds");
  return label.sharingId;
}

async function journal(
  { database, journal, now }: ShareDeskOptions,
  { attribution: { actor, origin, requestId } }: Bringer,
  sharingId: string,
  index: number,
): Promise<void> {
  // The copy may be ahead: then the file was cut, and the chain goes on behind the copy.
  const copied = await copiedLines(database).catch(() => []);
  const event = {
    at: new Date(now()).toISOString(),
    workload: actor.workload,
    key: actor.clientId,
    origin,
    request_id: requestId,
    sharing_id: sharingId,
    index,
  };
  await journal.append(event, copied.at(-1) ?? null);
}

function copiedLines(database: Database): Promise<readonly CopiedLine[]> {
  return database.asTenant(SYSTEM_TENANT_ID, readCopiedLines);
}

/** The journal's lines into the database, each with its event, in one transaction. */
async function chainJournal(options: ShareDeskOptions, tellOnce: Set<number>): Promise<JournalReport> {
  const { database, now, build, log } = options;
  const state = await options.journal.read();
  return database.asTenant(SYSTEM_TENANT_ID, async (tx) => {
    const head = await lockHead(tx, SYSTEM_TENANT_ID);
    const copied = await readCopiedLines(tx);
    const known = new Set(copied.map(({ sequence }) => sequence));
    const missing = state.lines.filter(({ sequence }) => !known.has(sequence));
    for (const line of missing) await storeLine(tx, line);
    const brokenAt = whereBroken(state, copied);
    const events = missing.map(shareEvent);
    if (brokenAt !== null && !tellOnce.has(brokenAt)) {
      log.error({ count: brokenAt }, "the journal of shares was cut or edited");
      events.push(brokenEvent(brokenAt));
    }
    await appendEvents(tx, SYSTEM_TENANT_ID, head, events, { now: new Date(now()), build });
    if (brokenAt !== null) tellOnce.add(brokenAt);
    return {
      lines: state.lines.length,
      last_hash: state.lines.at(-1)?.hash.toString("hex") ?? null,
      chained: copied.length + missing.length,
      is_intact: brokenAt === null,
    };
  });
}

/** The first sequence at which the file is no chain, or is not what was copied of it; null for none. */
function whereBroken({ lines, brokenAt }: JournalState, copied: readonly CopiedLine[]): number | null {
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

/** One after the other: lines of the journal follow one another. */
function createTurns(): <Value>(work: () => Promise<Value>) => Promise<Value> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
}
