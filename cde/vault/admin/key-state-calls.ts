// /v1/status, /v1/inventory and /v1/census: how the vault's keys stand.
import { randomUUID } from "node:crypto";
import { validateCensusQuery, validateInventoryQuery } from "@cofferdam/openapi/validate-admin.ts";
import type { Census, RootKeyView, Status, StoreView } from "@cofferdam/openapi/generated/vault-admin-types.ts";
import { Problem } from "@cofferdam/kit/problem.ts";
import { validQuery } from "../http/field-problem.ts";
import type { Reply } from "../http/reply.ts";
import { cryptographicBillOfMaterials } from "../keys/inventory/cbom.ts";
import type { KeyKind } from "../keys/cryptoperiods.ts";
import { keyInventory } from "../keys/inventory/inventory.ts";
import { inventoryJson } from "../keys/inventory/inventory-text.ts";
import { standingOf, type KeyStanding } from "../keys/key-standing.ts";
import { readKeyVersions } from "../keys/key-store.ts";
import type { RegisteredRootKey } from "../keys/root/registered-root-key-store.ts";
import type { RootKeyStore } from "../keys/root/root-key.ts";
import { censusOf, type KeyCensus } from "../rotation/certify-key.ts";
import { readInventoryFacts } from "../rotation/inventory-facts.ts";
import { readOpenJobs } from "../rotation/job-store.ts";
import { OperationError } from "../rotation/operation.ts";
import { tenantsOf, wrapsOf } from "../rotation/rewrap.ts";
import { registeredRootKeys } from "../rotation/root-key-rotation.ts";
import { SYSTEM_TENANT_ID } from "../tenants/system-tenant.ts";
import type { AdminCall, AdminPlane } from "./admin-plane.ts";
import { countProposals, type ProposalState } from "./proposal-store.ts";
import { json, text } from "./reply-of.ts";
import { time, timeOrNull } from "./views.ts";

export async function readKeyStatus(call: AdminCall): Promise<Reply> {
  const { plane, context } = call;
  const rootKeys = await registeredRootKeys(context);
  const stores = await Promise.all(context.rootKeys.stores.map(storeView));
  const tenants = (await tenantsOf(context)).filter((id) => id !== SYSTEM_TENANT_ID);
  const { jobs, proposals } = await openWork(plane);
  const dueOfTenants = await Promise.all(tenants.map((tenantId) => dueKeys(plane, tenantId)));
  const dueRoots = rootKeys.filter((key) => isDue(rootStanding(plane, key)));
  const status: Status = {
    build: plane.build,
    now: time(plane.now()),
    is_sealed: stores.every((store) => store.is_sealed),
    root_keys: await Promise.all(rootKeys.map((key) => rootKeyView(call, key))),
    stores,
    tenants: tenants.length,
    keys_due: dueOfTenants.reduce((sum, due) => sum + due, dueRoots.length),
    jobs_open: jobs,
    proposals_open: proposals,
    custodians: plane.roster.current().map(({ name, workload, acknowledgedUntil }) => ({
      name,
      workload,
      acknowledged_until: acknowledgedUntil,
    })),
  };
  return json(200, status);
}

export async function readKeyInventory({ plane, context, request }: AdminCall): Promise<Reply> {
  const { format } = validQuery(validateInventoryQuery(request.query));
  const inventory = keyInventory(await readInventoryFacts(context, plane.deployment()));
  if (format === "json") return { kind: "json", status: 200, body: inventoryJson(inventory) };
  return text(cryptographicBillOfMaterials(inventory, randomUUID()), "application/vnd.cyclonedx+json; version=1.6");
}

export async function readKeyCensus({ plane, context, request }: AdminCall): Promise<Reply> {
  const { tenant_id: tenantId } = validQuery(validateCensusQuery(request.query));
  const versions = await censusOf(context, tenantId).catch((error: unknown) => {
    if (error instanceof OperationError && error.code === "unknown_tenant") throw new Problem("not-found");
    throw error;
  });
  const census: Census = { tenant_id: tenantId, versions: versions.map((key) => versionView(plane, key)) };
  return json(200, census);
}

async function storeView(store: RootKeyStore): Promise<StoreView> {
  const { scheme } = store;
  const status = await store.status().catch(() => null);
  if (status === null) return { scheme, is_sealed: false, is_reachable: false, location: null };
  return { scheme, is_sealed: status.isSealed, is_reachable: true, location: status.location };
}

async function rootKeyView({ plane, context }: AdminCall, key: RegisteredRootKey): Promise<RootKeyView> {
  const { id, scheme, state, activatedAtMs } = key;
  return {
    id,
    scheme,
    state,
    activated_at: time(activatedAtMs),
    ends_at: timeOrNull(rootStanding(plane, key)?.endsAtMs ?? null),
    wraps: await wrapsOf(context, id),
  };
}

function versionView(plane: AdminPlane, key: KeyCensus): Census["versions"][number] {
  const standing = key.isPrimary ? standingIn(plane, key.purpose, key) : null;
  return {
    key_id: key.id,
    purpose: key.purpose,
    version: key.version,
    state: key.state,
    is_primary: key.isPrimary,
    rows: key.rows,
    uses: key.uses,
    activated_at: timeOrNull(key.activatedAtMs),
    ends_at: timeOrNull(standing?.endsAtMs ?? null),
    certified_at: timeOrNull(key.certifiedAtMs),
    wrapped_by: [...key.wrappedBy],
  };
}

function rootStanding(plane: AdminPlane, { state, activatedAtMs }: RegisteredRootKey): KeyStanding | null {
  return state === "active" ? standingIn(plane, "root", { activatedAtMs, uses: 0 }) : null;
}

/** Null for a key that was never activated. */
function standingIn(
  { cryptoperiods, now }: AdminPlane,
  kind: KeyKind,
  { activatedAtMs, uses }: { readonly activatedAtMs: number | null; readonly uses: number },
): KeyStanding | null {
  return activatedAtMs === null ? null : standingOf(cryptoperiods[kind], { activatedAtMs, uses, nowMs: now() });
}

function isDue(standing: KeyStanding | null): boolean {
  return standing !== null && standing.state !== "fresh";
}

async function dueKeys(plane: AdminPlane, tenantId: string): Promise<number> {
  const keys = await plane.database.asTenant(tenantId, (tx) => readKeyVersions(tx, tenantId));
  return keys.filter((key) => key.isPrimary && isDue(standingIn(plane, key.purpose, key))).length;
}

const open: readonly string[] = ["proposed", "approved", "running"] satisfies readonly ProposalState[];

function openWork({ database, now }: AdminPlane): Promise<{ readonly jobs: number; readonly proposals: number }> {
  return database.asTenant(SYSTEM_TENANT_ID, async (tx) => {
    const counted = (await countProposals(tx, new Date(now()))).filter(({ state }) => open.includes(state));
    return {
      jobs: (await readOpenJobs(tx)).length,
      proposals: counted.reduce((sum, { proposals }) => sum + proposals, 0),
    };
  });
}
