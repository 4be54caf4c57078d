// Whether the vault can do its work now: it does some, for every live key version, instead of believing a flag.
import { timingSafeEqual } from "node:crypto";
import type { Database } from "@cofferdam/kit/database.ts";
import { open, seal, type SealingKey } from "../keys/envelope.ts";
import { mayOpen } from "../keys/keyring.ts";
import type { TenantKeyset } from "../keys/tenant-keyset.ts";
import type { TenantRegistry } from "../tenants/tenant-registry.ts";

export interface Health {
  readonly status: "ok" | "unavailable";
  readonly checks: readonly { readonly name: string; readonly ok: boolean }[];
}

export type Readiness = () => Promise<Health>;

export interface ReadinessOptions {
  readonly database: Database;
  readonly tenants: TenantRegistry;
  /** False when the database does not continue what was published of its audit logs. */
  readonly isAuditIntact: () => boolean;
  readonly isDraining: () => boolean;
}

// Probes of several balancers share one round of work.
const FRESH_MS = 2_000;
const DEADLINE_MS = 3_000;
const TENANTS_A_ROUND = 100;
const CANARY = Buffer.alloc(64, 0xc0);
const CONTEXT = Buffer.from("cofferdam/readiness/1");

const draining: Health = { status: "unavailable", checks: [{ name: "accepting", ok: false }] };

/** Makes the readiness check. It never rejects: what fails is a check that is not ok. */
export function createReadiness(options: ReadinessOptions): Readiness {
  const exerciseKeys = keysExercise(options.tenants);
  let kept: { readonly health: Promise<Health>; readonly takenAtMs: number } | null = null;
  return () => {
    // A balancer must not be told for two seconds more that a draining process is ready.
    if (options.isDraining()) return Promise.resolve(draining);
    // A monotonic clock: a wall clock that steps back would keep an old answer fresh.
    if (kept === null || performance.now() - kept.takenAtMs > FRESH_MS) {
      kept = { health: examine(options, exerciseKeys), takenAtMs: performance.now() };
    }
    return kept.health;
  };
}

async function examine(options: ReadinessOptions, exerciseKeys: () => Promise<void>): Promise<Health> {
  const checks = await Promise.all([
    check("database", () => options.database.ping()),
    check("keys", exerciseKeys),
    check("audit-head", () => {
      demand(options.isAuditIntact());
    }),
    check("accepting", () => undefined),
  ]);
  return { status: checks.every(({ ok }) => ok) ? "ok" : "unavailable", checks };
}

async function check(name: string, act: () => void | Promise<void>): Promise<{ name: string; ok: boolean }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error("late"));
    }, DEADLINE_MS);
  });
  try {
    await Promise.race([act(), late]);
    return { name, ok: true };
  } catch {
    return { name, ok: false };
  } finally {
    clearTimeout(timer);
  }
}

/** Makes the keys check. Each round takes the next tenants of the list, so that many of them do not make it late. */
function keysExercise(tenants: TenantRegistry): () => Promise<void> {
  let next = 0;
  return async () => {
    const ids = await tenants.ids();
    const first = next < ids.length ? next : 0;
    const round = ids.slice(first, first + TENANTS_A_ROUND);
    next = first + round.length;
    const found = await Promise.all(round.map((tenantId) => tenants.find(tenantId)));
    for (const tenant of found) if (tenant !== null) exerciseKeyset(tenant.keys);
  };
}

/**
 * Seals and opens under every live version. A key past its cryptoperiod is its tenant's trouble, told by refusals of the
 * type key-unavailable; it must not take the other tenants out of service.
 */
function exerciseKeyset(keys: TenantKeyset): void {
  for (const version of keys.versions.filter((key) => key.purpose === "data" && mayOpen(key))) {
    roundTrip(keys.opening(version.id));
  }
}

function roundTrip(key: SealingKey): void {
  demand(timingSafeEqual(open(key, CONTEXT, seal(key, CONTEXT, CANARY)), CANARY));
}

function demand(condition: boolean): void {
  if (!condition) throw new Error("not ready");
}
