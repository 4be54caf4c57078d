// What a dashboard shows of keys: ages against their periods, rows per version, how fast rows move. Collected by the
// admin process in rounds, for a count of rows is no work for every scrape.
import type { Metrics } from "@cofferdam/kit/metrics.ts";
import type { CryptoperiodFile } from "../keys/cryptoperiods.ts";
import { standingOf } from "../keys/key-standing.ts";
import { SYSTEM_TENANT_ID } from "../tenants/system-tenant.ts";
import { censusOf, type KeyCensus } from "./certify-key.ts";
import type { JobKind, KeyJob } from "./job-store.ts";
import { listJobs } from "./jobs.ts";
import type { OperationContext } from "./operation.ts";
import { tenantsOf, wrapsOf } from "./rewrap.ts";
import { registeredRootKeys } from "./root-key-rotation.ts";

export interface KeyMetrics {
  /** Takes the census of every tenant into the gauges. */
  readonly collect: (context: OperationContext) => Promise<void>;
  readonly moved: (kind: JobKind, rows: number) => void;
  /** A round of the schedule is over: keys that are due or over and that nobody has replaced. */
  readonly round: (waiting: number, nowMs: number) => void;
}

/** Registers the metrics of keys. */
export function createKeyMetrics(metrics: Metrics, cryptoperiods: CryptoperiodFile): KeyMetrics {
  const version = ["tenant_id", "purpose", "version", "state"] as const;
  const age = metrics.gauge({
    name: "cofferdam_key_age_ratio",
    help: "Age of a key that protects new data, over its cryptoperiod: 1 is the end; of a root key the tenant is the vault's own",
    labelNames: ["tenant_id", "purpose", "version"],
  });
  const uses = metrics.gauge({
    name: "cofferdam_key_use_ratio",
    help: "Records that a key has protected, over the most that it may",
    labelNames: ["tenant_id", "purpose", "version"],
  });
  const rows = metrics.gauge({
    name: "cofferdam_key_rows",
    help: "Rows under each key version, and keys under each root key, at the last census",
    labelNames: version,
  });
  const moved = metrics.counter({
    name: "cofferdam_key_rows_moved_total",
    help: "Rows that were moved from one key version to another",
    labelNames: ["kind"],
  });
  const waiting = metrics.gauge({
    name: "cofferdam_keys_due",
    help: "Keys that are due to be replaced and have not been; anything but 0 for an hour needs somebody",
  });

  const rounds = metrics.gauge({
    name: "cofferdam_key_schedule_last_round_timestamp_seconds",
    help: "When the schedule last went through all keys; a process whose rounds fail or hang shows by its age",
  });
  const jobs = metrics.gauge({
    name: "cofferdam_key_jobs",
    help: "Jobs that move rows, by state; failed ones as long as rows are left under their key",
    labelNames: ["state"],
  });

  return {
    collect: async (context) => {
      const counted = await countAll(context);
      jobs.reset();
      for (const state of ["running", "paused", "failed"] as const) jobs.set({ state }, counted.jobs[state]);
      for (const gauge of [age, uses, rows]) gauge.reset();
      for (const { labels, state, count, standing } of counted.keys(cryptoperiods)) {
        rows.set({ ...labels, state }, count);
        if (standing === null) continue;
        age.set(labels, standing.ageRatio);
        uses.set(labels, standing.useRatio);
      }
    },
    moved: (kind, count) => {
      moved.inc({ kind }, count);
    },
    round: (keys, nowMs) => {
      waiting.set(keys);
      rounds.set(nowMs / 1_000);
    },
  };
}

interface Counted {
  readonly labels: { readonly tenant_id: string; readonly purpose: string; readonly version: string };
  readonly state: string;
  readonly count: number;
  readonly standing: ReturnType<typeof standingOf> | null;
}

interface CountedAll {
  readonly keys: (periods: CryptoperiodFile) => readonly Counted[];
  readonly jobs: Readonly<Record<"running" | "paused" | "failed", number>>;
}

async function countAll(context: OperationContext): Promise<CountedAll> {
  const nowMs = context.now();
  const rootKeys = (await registeredRootKeys(context)).filter(({ state }) => state !== "destroyed");
  const wraps = await Promise.all(rootKeys.map(({ id }) => wrapsOf(context, id)));
  const tenants = (await tenantsOf(context)).filter((id) => id !== SYSTEM_TENANT_ID);
  const census: (readonly [string, Awaited<ReturnType<typeof censusOf>>])[] = [];
  for (const tenantId of tenants) census.push([tenantId, await censusOf(context, tenantId)]);
  const keys = (periods: CryptoperiodFile): readonly Counted[] => [
    ...rootKeys.map(({ id, state, activatedAtMs }, index) => ({
      labels: { tenant_id: SYSTEM_TENANT_ID, purpose: "root", version: id },
      state,
      count: wraps[index] ?? 0,
      standing: state === "active" ? standingOf(periods.root, { activatedAtMs, uses: 0, nowMs }) : null,
    })),
    ...census.flatMap(([tenantId, keys]) =>
      keys
        .filter(({ state }) => state !== "destroyed")
        .map(({ purpose, version, state, rows, isPrimary, activatedAtMs, uses }) => ({
          labels: { tenant_id: tenantId, purpose, version: String(version) },
          state,
          count: rows,
          standing:
            isPrimary && activatedAtMs !== null ? standingOf(periods[purpose], { activatedAtMs, uses, nowMs }) : null,
        })),
    ),
  ];
  return {
    keys,
    jobs: jobsAmong(
      await listJobs(context, null),
      census.flatMap(([, versions]) => versions),
    ),
  };
}

/** A job counts as failed as long as it is the newest of its key and rows are left there. */
function jobsAmong(jobs: readonly KeyJob[], keys: readonly KeyCensus[]): CountedAll["jobs"] {
  const count = (state: KeyJob["state"]): number => jobs.filter((job) => job.state === state).length;
  const failed = keys.filter(
    ({ id, rows }) => rows > 0 && jobs.find(({ fromKeyId }) => fromKeyId === id)?.state === "failed",
  );
  return { running: count("running"), paused: count("paused"), failed: failed.length };
}
