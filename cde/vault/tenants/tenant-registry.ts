import { DatabaseError, type Database } from "@cofferdam/kit/database.ts";
import { readWrappedKeys } from "../keys/key-store.ts";
import type { Cryptoperiods } from "../keys/keyring.ts";
import { isRootKeyOutage } from "../keys/root/root-key.ts";
import type { RootKeys } from "../keys/root/root-keys.ts";
import { unwrapKeyset, type TenantKeyset } from "../keys/tenant-keyset.ts";
import type { Tenant } from "./tenant.ts";
import { readRetentionClasses, readTenantIds, readTenantStatus } from "./tenant-store.ts";

/** The tenants in memory, keys unwrapped, no older than their bounds allow. */
export interface TenantRegistry {
  /** A tenant by the id of an access token; null when there is none, or it was destroyed. */
  readonly find: (tenantId: string) => Promise<Tenant | null>;
  /** The same, read from the database now: what is in memory proved to be out of date. */
  readonly findAnew: (tenantId: string) => Promise<Tenant | null>;
  /** Every tenant there is, for work that walks them all. */
  readonly ids: () => Promise<readonly string[]>;
}

interface Loaded {
  readonly tenant: Tenant | null;
  readonly loadedAtMs: number;
}

interface Entry {
  readonly loaded: Promise<Loaded>;
  readonly askedAtMs: number;
}

// A suspended tenant, a new key version and a shortened retention class take effect within this time.
const FRESH_MS = 5_000;
// When the database or the root key cannot be reached, known tenants are served this long and no longer.
const STALE_MS = 900_000;
const MAX_TENANTS = 10_000;

export interface RegistryOptions {
  readonly database: Database;
  readonly rootKeys: RootKeys;
  readonly cryptoperiods: Cryptoperiods;
  readonly now: () => number;
  readonly elapsedMs?: () => number;
}

/** Makes a registry over the database. `now` is the clock, in milliseconds since 1970; `elapsedMs` a monotonic one. */
export function createTenantRegistry(options: RegistryOptions): TenantRegistry {
  const { elapsedMs = () => performance.now() } = options;
  const entries = new Map<string, Entry>();

  async function find(tenantId: string): Promise<Tenant | null> {
    const known = entries.get(tenantId);
    const isFresh = known !== undefined && elapsedMs() - known.askedAtMs < FRESH_MS;
    return isFresh ? tenantOf(tenantId, known) : findAnew(tenantId);
  }

  async function findAnew(tenantId: string): Promise<Tenant | null> {
    const loaded = loadOrKeep(tenantId, entries.get(tenantId));
    const entry = { loaded, askedAtMs: elapsedMs() };
    remember(tenantId, entry);
    return tenantOf(tenantId, entry);
  }

  async function tenantOf(tenantId: string, entry: Entry): Promise<Tenant | null> {
    try {
      return (await entry.loaded).tenant;
    } catch (error) {
      if (entries.get(tenantId) === entry) entries.delete(tenantId);
      throw error;
    }
  }

  /** Keys that were refused are another matter than a root key that cannot be reached: they serve no longer. */
  async function loadOrKeep(tenantId: string, before: Entry | undefined): Promise<Loaded> {
    const known = await before?.loaded.catch(() => undefined);
    try {
      return { tenant: await load({ ...options, elapsedMs }, tenantId, known?.tenant?.keys), loadedAtMs: elapsedMs() };
    } catch (error) {
      if (known === undefined || !isOutage(error) || elapsedMs() - confirmedAtMs(known) >= STALE_MS) throw error;
      return known;
    }
  }

  function remember(tenantId: string, entry: Entry): void {
    entries.delete(tenantId);
    entries.set(tenantId, entry);
    const oldest = entries.keys().next();
    if (entries.size > MAX_TENANTS && oldest.done !== true) entries.delete(oldest.value);
  }

  return { find, findAnew, ids: () => options.database.transaction(readTenantIds) };
}

async function load(
  options: RegistryOptions & { readonly elapsedMs: () => number },
  tenantId: string,
  known: TenantKeyset | undefined,
): Promise<Tenant | null> {
  const stored = await options.database.asTenant(tenantId, async (tx) => ({
    status: await readTenantStatus(tx, tenantId),
    classes: await readRetentionClasses(tx, tenantId),
    wrappedKeys: await readWrappedKeys(tx, tenantId),
  }));
  if (stored.status === null || stored.status === "destroyed") return null;
  return {
    id: tenantId,
    status: stored.status,
    keys: await unwrapKeyset({ ...options, tenantId, wrappedKeys: stored.wrappedKeys, known }),
    retentionDays: new Map(stored.classes.map((retention) => [retention.name, retention.maxAgeDays])),
  };
}

/** When the oldest part of what is in memory was last confirmed, by the database or by a root key. */
function confirmedAtMs({ tenant, loadedAtMs }: Loaded): number {
  const opened = [...(tenant?.keys.opened.values() ?? [])].map((key) => key.openedAtMs);
  return Math.min(loadedAtMs, ...opened);
}

function isOutage(error: unknown): boolean {
  if (isRootKeyOutage(error)) return true;
  return error instanceof DatabaseError && error.code !== "refused";
}
