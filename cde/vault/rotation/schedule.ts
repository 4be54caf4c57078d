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
  /** Keys whose rotation failed, or that only people can replace. */
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

/** One round over root keys and every tenant's primaries. */
export async function rotateDue(options: ScheduleOptions, isStopping: () => boolean): Promise<ScheduleRound> {
  const { context, log } = options;
  let [rotated, waiting] = [0, 0];
  const attempt = async (reason: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
      rotated += 1;
      log.info({ reason }, "key rotated by schedule");
    } catch (error) {
      waiting += 1;
      log.error({ err: error, reason }, "a key is due and was not rotated");
    }
  };
  for (const { id, scheme, activatedAtMs, state } of await registeredRootKeys(context)) {
    if (isStopping() || state !== "active" || !isDue(options, "root", { activatedAtMs, uses: 0 })) continue;
    if (options.cryptoperiods.root.rotation === "automatic") await attempt(id, () => rotateRootKey(context, scheme));
    else waiting += 1;
  }
  for (const tenantId of await tenantsOf(context)) {
    if (tenantId === SYSTEM_TENANT_ID) continue;
    const keys = await context.database.asTenant(tenantId, (tx) => readKeyVersions(tx, tenantId));
    for (const key of keys.filter((version) => version.isPrimary && isDueVersion(options, version))) {
      if (isStopping()) break;
      if (options.cryptoperiods[key.purpose].rotation === "automatic")
        await attempt(key.purpose, () => rotateTenantKey(options, tenantId, key));
      else waiting += 1;
    }
    if (!isStopping()) await startMissingJobs(context, tenantId, options.maxRowsPerSecond);
  }
  return { rotated, waiting };
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
