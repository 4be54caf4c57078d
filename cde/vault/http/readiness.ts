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
  readonly now: () => number;
}

// Probes of several balancers share one round of work.
const FRESH_MS = 2_000;
const DEADLINE_MS = 3_000;
const CANARY = Buffer.alloc(64, 0xc0);
const CONTEXT = Buffer.from("cofferdam/readiness/1");

/** Makes the readiness check. It never rejects: what fails is a check that is not ok. */
export function createReadiness(options: ReadinessOptions): Readiness {
  let kept: { readonly health: Promise<Health>; readonly takenAtMs: number } | null = null;
  return () => {
    if (kept === null || options.now() - kept.takenAtMs > FRESH_MS) {
      kept = { health: examine(options), takenAtMs: options.now() };
    }
    return kept.health;
  };
}

async function examine(options: ReadinessOptions): Promise<Health> {
  const checks = await Promise.all([
    check("database", () => options.database.ping()),
    check("keys", () => exerciseKeys(options.tenants)),
    check("audit-head", () => { demand(options.isAuditIntact()); }),
    check("accepting", () => { demand(!options.isDraining()); }),
  ]);
  return { status: checks.every(({ ok }) => ok) ? "ok" : "unavailable", checks };
}

async function check(name: string, act: () => void | Promise<void>): Promise<{ name: string; ok: boolean }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => { timer = setTimeout(() => { reject(new Error("late")); }, DEADLINE_MS); });
  try {
    await Promise.race([act(), late]);
    return { name, ok: true };
  } catch {
    return { name, ok: false };
  } finally {
    clearTimeout(timer);
  }
}

async function exerciseKeys(tenants: TenantRegistry): Promise<void> {
  for (const tenantId of await tenants.ids()) {
    const tenant = await tenants.find(tenantId);
    if (tenant !== null) exerciseKeyset(tenant.keys);
  }
}

/** Seals with the primary and opens; opens what each other live version seals. */
function exerciseKeyset(keys: TenantKeyset): void {
  for (const version of keys.versions.filter((key) => key.purpose === "data" && mayOpen(key))) {
    roundTrip(keys.opening(version.id));
  }
  roundTrip(keys.primary("data"));
}

function roundTrip(key: SealingKey): void {
  demand(timingSafeEqual(open(key, CONTEXT, seal(key, CONTEXT, CANARY)), CANARY));
}

function demand(condition: boolean): void {
  if (!condition) throw new Error("not ready");
}
