// One key operation at a time, in all admin processes of a vault together: a lock of the database that lasts as long as a
// transaction of its own, so that a process that dies does not keep it.
import type { Database, Statement, Transaction } from "@cofferdam/kit/database.ts";
import { SYSTEM_TENANT_ID } from "../tenants/system-tenant.ts";

const takeLock: Statement = {
  name: "take_key_operation_lock",
  text: "select pg_try_advisory_xact_lock(hashtextextended('key operation', 0)) as is_held",
};

const keepLock: Statement = { name: "keep_key_operation_lock", text: "select 1 as kept" };

/** The server ends a transaction that has been idle for ten seconds (kit/database-pool.ts). */
const KEEP_EVERY_MS = 3_000;

/**
 * Does work under the lock, on a connection that it needs for nothing else. False when another process has the lock: then
 * nothing was done. `stillHeld` throws DatabaseError when connection and lock were lost meanwhile.
 *
 * Throws what `work` throws, and DatabaseError when the lock could not be asked for.
 */
export async function withOperationLock(
  database: Database,
  work: (stillHeld: () => Promise<void>) => Promise<void>,
): Promise<boolean> {
  const worked: { outcome: PromiseSettledResult<void> | null } = { outcome: null };
  const wasFree = await database
    .asTenant(SYSTEM_TENANT_ID, async (tx) => {
      const [row] = await tx.rows<{ readonly is_held: boolean }>(takeLock, []);
      if (row?.is_held !== true) return false;
      worked.outcome = await keptWhile(tx, work);
      return true;
    })
    .catch((error: unknown) => {
      // The transaction has nothing to commit: what was done under the lock is done.
      if (worked.outcome === null) throw error;
      return true;
    });
  if (worked.outcome?.status === "rejected") throw worked.outcome.reason;
  return wasFree;
}

/** Its outcome is a value: thrown through the transaction, a conflict of the work's own would have it done again. */
async function keptWhile(
  tx: Transaction,
  work: (stillHeld: () => Promise<void>) => Promise<void>,
): Promise<PromiseSettledResult<void>> {
  const stillHeld = async (): Promise<void> => {
    await tx.rows(keepLock, []);
  };
  // Whoever works asks by itself whether it was lost.
  const timer = setInterval(() => void stillHeld().catch(() => undefined), KEEP_EVERY_MS);
  const [outcome] = await Promise.allSettled([work(stillHeld)]);
  clearInterval(timer);
  return outcome;
}
