// Replaces keys when the cryptoperiod file says so, with nobody asking: the system is the actor in the audit log. The
// file is the standing approval of these rotations; everything else on keys needs people.
import type { Logger } from "@cofferdam/kit/log.ts";
import type { CryptoperiodFile } from "../keys/cryptoperiods.ts";
import { standingOf } from "../keys/key-standing.ts";
import { readKeyVersions } from "../keys/key-store.ts";
import type { KeyVersion } from "../keys/keyring.ts";
import { SYSTEM_TENANT_ID } from "../tenants/system-tenant.ts";
import { startJob, startMissingJobs } from "./jobs.ts";
import type { OperationContext } from "./operation.ts";
import { rotateKey } from "./replace-primary.ts";
import { tenantsOf } from "./rewrap.ts";
import { registeredRootKeys, rotateRootKey } from "./root-key-rotation.ts";

export interface ScheduleOptions {
  /** Its attribution is that of the system, not of a person. */
  readonly context: OperationContext;
  readonly cryptoperiods: CryptoperiodFile;
  /** How fast rows move after a rotation. */
  readonly maxRowsPerSecond: number;
  readonly intervalMs: number;
  readonly log: Logger;
  /** Told after each round how many keys are due or over and still there. */
  readonly onRound: (round: ScheduleRound) => void;
}

/** What a round of the schedule did. */
export interface ScheduleRound {
  readonly rotated: number;
  /** Keys whose rotation failed, or that only people can replace, and tenants that could not be looked at. */
  readonly waiting: number;
}

export interface Schedule {
  /** Finishes the rotation at hand and begins no other. */
  readonly stop: () => Promise<void>;
}

const FIRST_ROUND_MS = 10_000;

/** Looks at every key each interval, and rotates what is due and automatic. One failure does not stop the others. */
export function createRotationSchedule(options: ScheduleOptions): Schedule {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> = Promise.resolve();
  const next = (waitMs: number): void => {
    if (isStopped) return;
    timer = setTimeout(() => {
      round = rotateDue(options, () => isStopped)
        .then(options.onRound)
        .catch((error: unknown) => {
          options.log.error({ err: error }, "scheduled rotation failed");
        })
        .finally(() => {
          next(options.intervalMs);
        });
    }, waitMs);
  };
  // A process that starts looks soon: the one before it may have been cut off between a rotation and its job.
  next(Math.min(FIRST_ROUND_MS, options.intervalMs));
  return {
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await round;
    },
  };
}

/** One round over root keys and every tenant's primaries. What fails for one waits for the next round, and is counted. */
export async function rotateDue(options: ScheduleOptions, isStopping: () => boolean): Promise<ScheduleRound> {
  const { context, log } = options;
  let [rotated, waiting] = [0, 0];
  const attempt = async (reason: string, work: () => Promise<number>): Promise<void> => {
    try {
      const done = await work();
      rotated += done;
    } catch (error) {
      waiting += 1;
      log.error({ err: error, reason }, "what the schedule had to do for a key or a tenant failed");
    }
  };
  for (const key of await registeredRootKeys(context)) {
    if (isStopping() || key.state !== "active" || !isDue(options, "root", { ...key, uses: 0 })) continue;
    if (options.cryptoperiods.root.rotation === "manual") waiting += 1;
    else await attempt(key.id, () => rotateRootKey(context, key.scheme).then(() => 1));
  }
  for (const tenantId of await tenantsOf(context)) {
    if (tenantId === SYSTEM_TENANT_ID || isStopping()) continue;
    await attempt(tenantId, async () => {
      const due = (await primariesOf(context, tenantId)).filter((key) => isDueVersion(options, key));
      const manual = due.filter(({ purpose }) => options.cryptoperiods[purpose].rotation === "manual");
      waiting += manual.length;
      for (const key of due.filter((each) => !manual.includes(each)))
        await attempt(tenantId, () => rotateTenantKey(options, tenantId, key).then(() => 1));
      await startMissingJobs(context, tenantId, options.maxRowsPerSecond);
      return 0;
    });
  }
  return { rotated, waiting };
}

function primariesOf(context: OperationContext, tenantId: string): Promise<readonly KeyVersion[]> {
  return context.database.asTenant(tenantId, async (tx) =>
    (await readKeyVersions(tx, tenantId)).filter(({ isPrimary }) => isPrimary),
  );
}

async function rotateTenantKey(options: ScheduleOptions, tenantId: string, key: KeyVersion): Promise<void> {
  const { context, maxRowsPerSecond } = options;
  const { formerKeyId } = await rotateKey(context, tenantId, key.purpose);
  if (key.purpose === "request") return;
  await startJob(context, { tenantId, keyId: formerKeyId, maxRowsPerSecond, isUrgent: false });
}

function isDueVersion(options: ScheduleOptions, key: KeyVersion): boolean {
  const { activatedAtMs, purpose, uses } = key;
  return activatedAtMs !== null && isDue(options, purpose, { activatedAtMs, uses });
}

function isDue(
  { cryptoperiods, context }: ScheduleOptions,
  kind: keyof CryptoperiodFile,
  facts: { readonly activatedAtMs: number; readonly uses: number },
): boolean {
  return standingOf(cryptoperiods[kind], { ...facts, nowMs: context.now() }).state !== "fresh";
}
