// One step of moving rows from a former key to the primary: read, open, seal or fingerprint anew, write, audit. What is
// done in memory is done before the tenant's audit log is locked, so that callers wait for the writing alone.
import { timingSafeEqual } from "node:crypto";
import { wipeCard } from "../../card/card.ts";
import type { SealingKey } from "../keys/envelope.ts";
import { readKeyVersions } from "../keys/key-store.ts";
import { KeyringError, fingerprintOfKeys } from "../keys/keyring.ts";
import type { Tenant } from "../tenants/tenant.ts";
import { fingerprint } from "../tokens/fingerprint.ts";
import { openCard, sealCard } from "../tokens/sealed-card.ts";
import { rowDigest, type LiveToken } from "../tokens/token-row.ts";
import { audited, type KeyEvent } from "./key-events.ts";
import {
  moveFingerprints,
  readFingerprintsUnderKey,
  readRowsUnderKey,
  storeResealed,
  type FormerFingerprint,
  type MovedFingerprint,
} from "./moved-row-store.ts";
import type { OperationContext } from "./operation.ts";

/** What a step works with. */
export type MoveContext = Pick<OperationContext, "database" | "attribution" | "now" | "build">;

/** Where a step begins, and how far it may go. */
export interface Step {
  readonly fromKeyId: string;
  readonly after: string;
  readonly limit: number;
}

/** How a step went. */
export interface StepReport {
  /** The last token that was looked at; null when there was none left behind `after`. */
  readonly last: string | null;
  readonly moved: number;
  /** Rows that do not open, or whose fingerprint is not that of their card: they stay, for somebody to look at. */
  readonly unreadable: number;
}

/** Moves rows of a job's kind; the next step goes on after `last`. Throws KeyringError `stale`, `cryptoperiod_over`. */
export type MoveRows = (context: MoveContext, tenant: Tenant, step: Step) => Promise<StepReport>;

/**
 * Re-encrypts cards under the primary data key. Each row is opened in the context that it was sealed in, which proves it
 * untouched, and sealed in the same context with its new key and next version: token, dates and columns stay. Moving is no
 * use of the new key: a tenant with more cards than a key's uses would otherwise wear out each key by the move to it.
 */
export const reencryptRows: MoveRows = async (context, tenant, { fromKeyId, after, limit }) => {
  const { id: tenantId } = tenant;
  const rows = await context.database.asTenant(tenantId, (tx) =>
    readRowsUnderKey(tx, { tenantId, keyId: fromKeyId, after, limit }),
  );
  const primary = tenant.keys.primary("data");
  const resealed = rows.flatMap((row) => resealedRow(tenant, primary, row));
  const moved = await write(context, tenant, resealed.length, async (tx) => {
    const stored = await storeResealed(tx, tenantId, { from: fromKeyId, to: primary.id }, resealed);
    const events = resealed.filter((row) => stored.has(row.token)).map(reencrypted);
    return { value: stored.size, events };
  });
  return { last: rows.at(-1)?.token ?? null, moved, unreadable: rows.length - resealed.length };
};

/**
 * Replaces fingerprints of a former index key by those of the primary. The card behind each is opened, and must be the
 * one that the old fingerprint was made of.
 */
export const reindexRows: MoveRows = async (context, tenant, { fromKeyId, after, limit }) => {
  const { id: tenantId } = tenant;
  const found = await context.database.asTenant(tenantId, (tx) =>
    readFingerprintsUnderKey(tx, { tenantId, keyId: fromKeyId, after, limit }),
  );
  const [former, primary] = [tenant.keys.opening(fromKeyId), tenant.keys.primary("index")];
  const prints = found.flatMap((print) => movedFingerprint(tenant, former, primary, print));
  const moved = await write(context, tenant, prints.length, async (tx) => {
    const stored = await moveFingerprints(tx, tenantId, { from: fromKeyId, to: primary.id }, prints);
    const event: KeyEvent = { action: "token.reindex", object: primary.id, reason: `fingerprints=${stored.size}` };
    return { value: stored.size, events: stored.size === 0 ? [] : [event] };
  });
  return { last: found.at(-1)?.row.token ?? null, moved, unreadable: found.length - prints.length };
};

/** Writes behind the lock of the audit log, with keys that are still those of the database. */
function write(
  context: MoveContext,
  tenant: Tenant,
  size: number,
  work: Parameters<typeof audited<number>>[2],
): Promise<number> {
  if (size === 0) return Promise.resolve(0);
  return audited(context, tenant.id, async (tx, head) => {
    const stored = await readKeyVersions(tx, tenant.id);
    if (fingerprintOfKeys(stored) !== tenant.keys.fingerprint) throw new KeyringError("stale");
    return work(tx, head);
  });
}

function resealedRow(tenant: Tenant, primary: SealingKey, row: LiveToken): readonly LiveToken[] {
  const opened = openWithCurrentKeys(tenant, row);
  if (!opened.ok) return [];
  try {
    return [sealCard(primary, { ...row, rowVersion: row.rowVersion + 1 }, opened.value)];
  } finally {
    wipeCard(opened.value);
  }
}

/** A key that is missing in memory may have been made since: the keys are loaded again before a row is given up. */
function openWithCurrentKeys(tenant: Tenant, row: LiveToken): ReturnType<typeof openCard> {
  if (!tenant.keys.versions.some(({ id }) => id === row.keyId)) throw new KeyringError("stale");
  return openCard(tenant.keys, row);
}

function movedFingerprint(
  tenant: Tenant,
  former: SealingKey,
  primary: SealingKey,
  print: FormerFingerprint,
): readonly MovedFingerprint[] {
  const opened = openWithCurrentKeys(tenant, print.row);
  if (!opened.ok) return [];
  const { pan } = opened.value;
  try {
    const isOfCard = timingSafeEqual(fingerprint(former, pan), print.fingerprint);
    if (!isOfCard) return [];
    return [{ fingerprint: print.fingerprint, format: print.format, newFingerprint: fingerprint(primary, pan) }];
  } finally {
    wipeCard(opened.value);
  }
}

function reencrypted(row: LiveToken): KeyEvent {
  const state = { rowVersion: row.rowVersion, rowDigest: rowDigest(row) };
  return { action: "token.reencrypt", object: row.token, reason: `key=${row.keyId}`, state };
}
