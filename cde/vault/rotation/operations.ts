// The operations that custodians propose, approve and start, as a table: what a ceremony file can ask for.
import type { KeyPurpose } from "../keys/keyring.ts";
import { bundleDigest } from "./key-bundle.ts";
import { exportKeys, importKeys } from "./carry-keys.ts";
import { countRows } from "./census-store.ts";
import { destroyKey, previewDestruction } from "./certify-key.ts";
import { demandTenant, destroyTenant } from "./destroy-tenant.ts";
import { startJob } from "./jobs.ts";
import { OperationError, type Operation, type OperationContext, type OperationResult } from "./operation.ts";
import { malformed, namedKeyIn, only, rootKeyIdIn, schemeIn, tenantIdIn, type Parameters } from "./parameters.ts";
import { findKey, revokeKey, rotateKey, versionsOf, type Replacement } from "./replace-primary.ts";
import { tenantsOf, wrapsOf } from "./rewrap.ts";
import {
  addWrap,
  demandRetired,
  destroyRootKey,
  registeredRootKeys,
  removeWrap,
  rotateRootKey,
} from "./root-key-rotation.ts";

/** The rows of a revoked key move as fast as they can. */
const URGENT_ROWS_PER_SECOND = 1_000_000;

const purposes = ["data", "index", "request"] as const;
/** Of a request key only kept answers depend, for a day: replacing it is enough. */
const revocable = ["data", "index"] as const;

/** Every operation by its name. `rowsPerSecond` is how fast rows move after a rotation. */
export function createOperations(rowsPerSecond: number): ReadonlyMap<string, Operation> {
  return new Map(
    [
      rotateRoot,
      rotation("rotate-data-key", "data", rowsPerSecond),
      rotation("rotate-index-key", "index", rowsPerSecond),
      rotation("rotate-request-key", "request", rowsPerSecond),
      revoke,
      destroyVersion,
      addStore,
      removeStore,
      destroyRoot,
      exportAll,
      importAll,
      destroyWholeTenant,
    ].map((operation) => [operation.name, operation]),
  );
}

const rotateRoot: Operation = {
  name: "rotate-root-key",
  approvalsNeeded: 1,
  check: (parameters) => {
    only(parameters, "scheme");
    schemeIn(parameters);
  },
  preview: async (context, parameters) => {
    const scheme = schemeIn(parameters);
    const active = (await registeredRootKeys(context)).find((key) => key.scheme === scheme && key.state === "active");
    if (active === undefined) throw new OperationError("unknown_store", "that store has no active root key");
    await context.rootKeys.store(scheme).status();
    const [tenants, wraps] = [await tenantsOf(context), await wrapsOf(context, active.id)];
    return { replaces: active.id, tenants: tenants.length, keys_to_wrap: wraps };
  },
  run: async (context, parameters) => {
    const done = await rotateRootKey(context, schemeIn(parameters));
    return {
      root_key_id: done.newRootKeyId,
      former_root_key_ids: done.formerRootKeyIds,
      rewrapped: done.rewrapped,
      certificates: done.certificates,
    };
  },
};

function rotation(name: string, purpose: KeyPurpose, rowsPerSecond: number): Operation {
  return {
    name,
    approvalsNeeded: 1,
    check: (parameters) => {
      only(parameters, "tenant_id");
      tenantIdIn(parameters);
    },
    preview: async (context, parameters) => {
      const tenantId = tenantIdIn(parameters);
      const primary = (await versionsOf(context, tenantId)).find((key) => key.purpose === purpose && key.isPrimary);
      if (primary === undefined) throw new OperationError("unknown_key", "the tenant has no primary of that purpose");
      const rows = await context.database.asTenant(tenantId, (tx) => countRows(tx, tenantId, primary));
      return { replaces: primary.id, version: primary.version, rows_to_move: rows };
    },
    run: async (context, parameters) => {
      const tenantId = tenantIdIn(parameters);
      const replaced = await rotateKey(context, tenantId, purpose);
      const former = { tenantId, purpose, keyId: replaced.formerKeyId };
      return { ...factsOf(replaced), ...(await movingOn(context, former, rowsPerSecond)) };
    },
  };
}

const revoke: Operation = {
  name: "revoke-key",
  approvalsNeeded: 0,
  check: (parameters) => {
    only(parameters, "tenant_id", "purpose", "version");
    namedKeyIn(parameters, revocable);
  },
  preview: async (context, parameters) => {
    const named = namedKeyIn(parameters, revocable);
    const key = await findKey(context, named);
    const rows = await context.database.asTenant(named.tenantId, (tx) => countRows(tx, named.tenantId, key));
    return { key_id: key.id, rows_to_move: rows };
  },
  run: async (context, parameters) => {
    const named = namedKeyIn(parameters, revocable);
    const { keyId, successor } = await revokedOnce(context, named);
    const moving = await movingOn(context, { ...named, keyId }, null);
    return { revoked_key_id: keyId, ...(successor !== null && factsOf(successor)), ...moving };
  },
};

/** After a crash the key may be revoked already: then only its rows are left to be moved. */
async function revokedOnce(context: OperationContext, named: ReturnType<typeof namedKeyIn>) {
  const key = await findKey(context, named);
  return key.state === "compromised" ? { keyId: key.id, successor: null } : revokeKey(context, named);
}

const destroyVersion: Operation = {
  name: "destroy-key",
  approvalsNeeded: 1,
  check: (parameters) => {
    only(parameters, "tenant_id", "purpose", "version");
    namedKeyIn(parameters, purposes);
  },
  preview: async (context, parameters) => {
    const named = namedKeyIn(parameters, purposes);
    return { key_id: await previewDestruction(context, named) };
  },
  run: async (context, parameters) => {
    const named = namedKeyIn(parameters, purposes);
    const key = await findKey(context, named);
    if (key.state === "destroyed") return { destroyed_key_id: key.id };
    return { destroyed_key_id: await destroyKey(context, named) };
  },
};

const addStore: Operation = {
  name: "add-wrap",
  approvalsNeeded: 1,
  check: rotateRoot.check,
  preview: async (context, parameters) => {
    const status = await context.rootKeys.store(schemeIn(parameters)).status();
    return { location: status.location, tenants: (await tenantsOf(context)).length };
  },
  run: async (context, parameters) => {
    const { rootKeyId, wrapped } = await addWrap(context, schemeIn(parameters));
    return { root_key_id: rootKeyId, wrapped };
  },
};

const removeStore: Operation = {
  name: "remove-wrap",
  approvalsNeeded: 1,
  check: rotateRoot.check,
  preview: async (context, parameters) => {
    const scheme = schemeIn(parameters);
    const used = (await registeredRootKeys(context)).filter(
      (key) => key.scheme === scheme && key.state !== "destroyed",
    );
    const wraps = await Promise.all(used.map(({ id }) => wrapsOf(context, id)));
    return { root_key_ids: used.map(({ id }) => id), wraps: wraps.reduce((sum, count) => sum + count, 0) };
  },
  run: async (context, parameters) => {
    const { rootKeyIds, removed, certificates } = await removeWrap(context, schemeIn(parameters));
    return { root_key_ids: rootKeyIds, removed, certificates };
  },
};

const destroyRoot: Operation = {
  name: "destroy-root-key",
  approvalsNeeded: 1,
  check: (parameters) => {
    only(parameters, "root_key_id");
    rootKeyIdIn(parameters);
  },
  preview: async (context, parameters) => ({
    root_key_id: (await demandRetired(context, rootKeyIdIn(parameters))).id,
  }),
  run: async (context, parameters) => {
    await destroyRootKey(context, rootKeyIdIn(parameters));
    return { destroyed_root_key_id: rootKeyIdIn(parameters) };
  },
};

const exportAll: Operation = {
  name: "export-keys",
  approvalsNeeded: 1,
  check: (parameters) => {
    only(parameters);
  },
  preview: async (context) => ({ tenants: (await tenantsOf(context)).length }),
  run: async (context) => {
    const { file, sha256, tenants, keys } = await exportKeys(context);
    return { bundle_sha256: sha256, tenants, keys, artifact: file };
  },
};

const importAll: Operation = {
  name: "import-keys",
  approvalsNeeded: 1,
  check: (parameters) => {
    only(parameters, "bundle_sha256", "bundle");
    if (!/^[0-9a-f]{64}$/.test(String(parameters["bundle_sha256"]))) throw malformed("bundle_sha256", "64 hex digits");
  },
  preview: (_context, parameters) => {
    bundleIn(parameters);
    return Promise.resolve({ bundle_sha256: parameters["bundle_sha256"] });
  },
  run: (context, parameters): Promise<OperationResult> => importKeys(context, bundleIn(parameters)),
};

function bundleIn(parameters: Parameters): string {
  const bundle = parameters["bundle"];
  if (typeof bundle === "string" && bundleDigest(bundle) === parameters["bundle_sha256"]) return bundle;
  throw new OperationError("malformed", "the bundle is not the one that the ceremony file names", "/bundle");
}

const destroyWholeTenant: Operation = {
  name: "destroy-tenant",
  approvalsNeeded: 1,
  check: (parameters) => {
    only(parameters, "tenant_id", "root_keys");
    tenantIdIn(parameters);
    if (!["replace", "keep"].includes(String(parameters["root_keys"]))) throw malformed("root_keys", "replace or keep");
  },
  preview: async (context, parameters) => {
    const tenantId = tenantIdIn(parameters);
    await demandTenant(context, tenantId);
    const versions = await versionsOf(context, tenantId);
    const rootKeys = (await registeredRootKeys(context)).filter(({ state }) => state !== "destroyed");
    return {
      tenant_id: tenantId,
      keys: versions.filter(({ state }) => state !== "destroyed").length,
      root_keys_to_destroy: parameters["root_keys"] === "replace" ? rootKeys.map(({ id }) => id) : [],
    };
  },
  run: async (context, parameters) => {
    const done = await destroyTenant(context, tenantIdIn(parameters), parameters["root_keys"] === "replace");
    return {
      tenant_id: done.tenantId,
      keys_destroyed: done.keysDestroyed,
      root_keys_destroyed: done.rootKeysDestroyed,
      root_keys_pending: done.rootKeysPending,
    };
  },
};

function factsOf(replaced: Replacement): OperationResult {
  return {
    key_id: replaced.newKeyId,
    version: replaced.newVersion,
    former_key_id: replaced.formerKeyId,
  };
}

/**
 * Starts moving what is under a former key, at a pace, or as fast as it can before anything else. Kept answers move by
 * themselves: they are forgotten after a day.
 */
async function movingOn(
  context: OperationContext,
  former: { readonly tenantId: string; readonly purpose: KeyPurpose; readonly keyId: string },
  rowsPerSecond: number | null,
): Promise<OperationResult> {
  if (former.purpose === "request") return {};
  const maxRowsPerSecond = rowsPerSecond ?? URGENT_ROWS_PER_SECOND;
  const job = await startJob(context, { ...former, maxRowsPerSecond, isUrgent: rowsPerSecond === null });
  return { job_id: job.id, rows_to_move: job.rowsTotal };
}
