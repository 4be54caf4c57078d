// What a dashboard shows of keys: ages against their periods, rows per version, how fast rows move. Collected by the
// admin process in rounds, for a count of rows is no work for every scrape.
import type { Metrics } from "@cofferdam/kit/metrics.ts";
import type { CryptoperiodFile } from "../keys/cryptoperiods.ts";
import { standingOf } from "../keys/key-standing.ts";
import { SYSTEM_TENANT_ID } from "../tenants/system-tenant.ts";
import { censusOf } from "./certify-key.ts";
import type { JobKind } from "./job-store.ts";
import type { OperationContext } from "./operation.ts";
import { tenantsOf, wrapsOf } from "./rewrap.ts";
import { registeredRootKeys } from "./root-key-rotation.ts";

export interface KeyMetrics {
  /** Takes the census of every tenant into the gauges. */
  readonly collect: (context: OperationContext) => Promise<void>;
  readonly moved: (kind: JobKind, rows: number) => void;
  /** Keys that are due or over and that nobody has replaced. */
  readonly waiting: (keys: number) => void;
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

  return {
    collect: async (context) => {
      const counted = await countAll(context);
      for (const gauge of [age, uses, rows]) gauge.reset();
      for (const { labels, state, count, standing } of counted(cryptoperiods)) {
        rows.set({ ...labels, state }, count);
        if (standing === null) continue;
        age.set(labels, standing.ageRatio);
        uses.set(labels, standing.useRatio);
      }
    },
    moved: (kind, count) => {
      moved.inc({ kind }, count);
    },
    waiting: (keys) => {
      waiting.set(keys);
    },
  };
}

interface Counted {
  readonly labels: { readonly tenant_id: string; readonly purpose: string; readonly version: string };
  readonly state: string;
  readonly count: number;
  readonly standing: ReturnType<typeof standingOf> | null;
}

async function countAll(context: OperationContext): Promise<(periods: CryptoperiodFile) => readonly Counted[]> {
  const nowMs = context.now();
  const rootKeys = (await registeredRootKeys(context)).filter(({ state }) => state !== "destroyed");
  const wraps = await Promise.all(rootKeys.map(({ id }) => wrapsOf(context, id)));
  const tenants = (await tenantsOf(context)).filter((id) => id !== SYSTEM_TENANT_ID);
  const census: (readonly [string, Awaited<ReturnType<typeof censusOf>>])[] = [];
  for (const tenantId of tenants) census.push([tenantId, await censusOf(context, tenantId)]);
  return (periods) => [
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
}
