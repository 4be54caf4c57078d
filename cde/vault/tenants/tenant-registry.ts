import { DatabaseError, type Database } from "@cofferdam/kit/database.ts";
import { readWrappedKeys } from "../keys/key-store.ts";
import type { Cryptoperiods } from "../keys/keyring.ts";
import { RootKeyError, type RootKey } from "../keys/root-key.ts";
import { unwrapKeyset } from "../keys/tenant-keyset.ts";
import type { Tenant } from "./tenant.ts";
import { readRetentionClasses, readTenantIds, readTenantStatus } from "./tenant-store.ts";

/** The tenants in memory, keys unwrapped, no older than their bounds allow. */
export interface TenantRegistry {
  /** A tenant by the id of an access token; null when there is none, or it was destroyed. */
  readonly find: (tenantId: string) => Promise<Tenant | null>;
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

/** Makes a registry over the database. `now` is the clock, in milliseconds since 1970. */
export function createTenantRegistry(options: {
  readonly database: Database;
  readonly rootKey: RootKey;
  readonly cryptoperiods: Cryptoperiods;
  readonly now: () => number;
}): TenantRegistry {
  const entries = new Map<string, Entry>();

  async function find(tenantId: string): Promise<Tenant | null> {
    const known = entries.get(tenantId);
    const isFresh = known !== undefined && performance.now() - known.askedAtMs < FRESH_MS;
    const entry = isFresh ? known : { loaded: loadOrKeep(tenantId, known), askedAtMs: performance.now() };
    if (!isFresh) remember(tenantId, entry);
    try {
      return (await entry.loaded).tenant;
    } catch (error) {
      if (entries.get(tenantId) === entry) entries.delete(tenantId);
      throw error;
    }
  }

  /** Keys that were refused are another matter than a root key that cannot be reached: they serve no longer. */
  async function loadOrKeep(tenantId: string, known: Entry | undefined): Promise<Loaded> {
    try {
      return { tenant: await load(tenantId), loadedAtMs: performance.now() };
    } catch (error) {
      const kept = isOutage(error) ? await known?.loaded.catch(() => undefined) : undefined;
      if (kept === undefined || performance.now() - kept.loadedAtMs >= STALE_MS) throw error;
      return kept;
    }
  }

  function remember(tenantId: string, entry: Entry): void {
    entries.delete(tenantId);
    entries.set(tenantId, entry);
    const oldest = entries.keys().next();
    if (entries.size > MAX_TENANTS && oldest.done !== true) entries.delete(oldest.value);
  }

  async function load(tenantId: string): Promise<Tenant | null> {
    const { rootKey, cryptoperiods, now } = options;
    const stored = await options.database.asTenant(tenantId, async (tx) => ({
      status: await readTenantStatus(tx, tenantId),
      classes: await readRetentionClasses(tx, tenantId),
      wrappedKeys: await readWrappedKeys(tx, rootKey.id),
    }));
    if (stored.status === null || stored.status === "destroyed") return null;
    return {
      id: tenantId,
      status: stored.status,
      keys: await unwrapKeyset({ tenantId, rootKey, wrappedKeys: stored.wrappedKeys, cryptoperiods, now }),
      retentionDays: new Map(stored.classes.map((retention) => [retention.name, retention.maxAgeDays])),
    };
  }

  return { find, ids: () => options.database.transaction(readTenantIds) };
}

function isOutage(error: unknown): boolean {
  if (error instanceof RootKeyError) return error.code === "unavailable";
  return error instanceof DatabaseError && error.code !== "refused";
}
