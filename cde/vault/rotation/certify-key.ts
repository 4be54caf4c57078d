// The census of one key version, and the certificate that it ends with.
import { hash } from "node:crypto";
import type { Transaction } from "@cofferdam/kit/database.ts";
import type { Head } from "../audit/audit-store.ts";
import { rootOf } from "../audit/merkle.ts";
import { formatKeyCertificate } from "../keys/ceremony/key-certificate.ts";
import { readKeyVersions, storeKeyState, lockKeyVersions } from "../keys/key-store.ts";
import { changeState, type KeyState, type KeyVersion } from "../keys/keyring.ts";
import { deleteWrap, readWrappedKeys } from "../keys/key-store.ts";
import { countRows, readCertificates, storeCertificate } from "./census-store.ts";
import { audited, type KeyEvent } from "./key-events.ts";
import { OperationError, type OperationContext } from "./operation.ts";
import { findKey, versionsOf } from "./replace-primary.ts";
import type { NamedKey } from "./parameters.ts";

/** How one key version stands. */
export interface KeyCensus extends KeyVersion {
  readonly rows: number;
  /** When the newest certificate said 0; null for never. */
  readonly certifiedAtMs: number | null;
  readonly wrappedBy: readonly string[];
}

const certifiable: readonly KeyState[] = ["decrypt-only", "suspended", "compromised"];

/**
 * Counts what is under each key version of a tenant. A version with a certificate is not counted again: nothing can get
 * under it any more, and what was once there lies in the index, dead, until the database cleans up. (Its destruction
 * does count.) Throws OperationError `unknown_tenant`.
 */
export async function censusOf(context: OperationContext, tenantId: string): Promise<readonly KeyCensus[]> {
  const versions = await versionsOf(context, tenantId);
  return context.database.asTenant(tenantId, async (tx) => {
    const wrapped = await readWrappedKeys(tx, tenantId);
    const certificates = await readCertificates(tx, tenantId);
    const counted: KeyCensus[] = [];
    for (const key of versions) {
      const certifiedAtMs = certificates.find(({ keyId }) => keyId === key.id)?.issuedAtMs ?? null;
      const isEmpty = key.state === "destroyed" || (certifiedAtMs !== null && certifiable.includes(key.state));
      counted.push({
        ...key,
        rows: isEmpty ? 0 : await countRows(tx, tenantId, key),
        certifiedAtMs,
        wrappedBy: wrapped.find(({ id }) => id === key.id)?.wraps.map(({ rootKeyId }) => rootKeyId) ?? [],
      });
    }
    return counted;
  });
}

/**
 * Takes the census of a retired key version and, when it is 0, issues the certificate without which the version cannot be
 * destroyed. A key that protects new data gets none.
 *
 * @returns the signed note
 * @throws OperationError `unknown_key`, `still_needed`, or `records_remain` with the count
 */
export function certifyKey(
  context: OperationContext,
  { tenantId, keyId }: { readonly tenantId: string; readonly keyId: string },
  isDryRun = false,
): Promise<string> {
  if (isDryRun) {
    return context.database.asTenant(tenantId, async (tx) => {
      await demandUnused(tx, tenantId, keyId);
      return "";
    });
  }
  return audited(context, tenantId, async (tx, head) => {
    const key = await demandUnused(tx, tenantId, keyId);
    const note = noteOn(context, { tenantId, keyId, purpose: key.purpose, version: key.version }, head);
    await storeCertificate(tx, tenantId, keyId, new Date(context.now()), note);
    return { value: note, events: [{ action: "key.certify", object: keyId, reason: digestOf(note) }] };
  });
}

/** Signs that nothing is under a key, at a place in the log. */
export function noteOn(
  context: Pick<OperationContext, "sign" | "now">,
  key: {
    readonly tenantId: string;
    readonly keyId: string;
    readonly purpose: "data" | "index" | "request" | "root";
    readonly version: number;
  },
  head: Head,
): string {
  const issuedAt = new Date(context.now()).toISOString();
  return context.sign(formatKeyCertificate({ ...key, rows: 0, logSize: head.size, logRoot: rootOf(head), issuedAt }));
}

/**
 * Destroys a retired key version: its wraps go, its name stays. The database refuses it too while a row names it or no
 * certificate says that none does.
 *
 * @throws OperationError `unknown_key`, `uncertified`, `records_remain`; KeyringError `primary_needed`,
 * `illegal_transition`
 */
export async function destroyKey(context: OperationContext, named: NamedKey): Promise<string> {
  const { id: keyId } = await findKey(context, named);
  const { tenantId } = named;
  return audited(context, tenantId, async (tx) => {
    const keys = await lockKeyVersions(tx, tenantId);
    const key = await demandDestructible(tx, tenantId, keys, keyId);
    const rows = await countRows(tx, tenantId, key);
    const ring = changeState(keys, keyId, "destroyed", rows, context.now());
    const wraps = (await readWrappedKeys(tx, tenantId)).find(({ id }) => id === keyId)?.wraps ?? [];
    for (const changed of ring.filter(({ id }) => id === keyId)) await storeKeyState(tx, tenantId, changed);
    for (const { rootKeyId } of wraps) await deleteWrap(tx, tenantId, keyId, rootKeyId);
    const event: KeyEvent = { action: "key.destroy", object: keyId, reason: `wraps=${wraps.length}` };
    return { value: keyId, events: [event] };
  });
}

/** Says whether a key version could be destroyed now. Throws as `destroyKey` does. */
export async function previewDestruction(context: OperationContext, named: NamedKey): Promise<string> {
  const { id: keyId } = await findKey(context, named);
  await context.database.asTenant(named.tenantId, async (tx) => {
    const keys = await readKeyVersions(tx, named.tenantId);
    const key = await demandDestructible(tx, named.tenantId, keys, keyId);
    changeState(keys, keyId, "destroyed", await countRows(tx, named.tenantId, key), context.now());
  });
  return keyId;
}

async function demandDestructible(
  tx: Transaction,
  tenantId: string,
  keys: readonly KeyVersion[],
  keyId: string,
): Promise<KeyVersion> {
  const key = keyIn(keys, keyId);
  const isCertified = (await readCertificates(tx, tenantId)).some((certificate) => certificate.keyId === keyId);
  if (!isCertified && certifiable.includes(key.state)) {
    throw new OperationError("uncertified", "no certificate says that no row is under this key version");
  }
  return key;
}

async function demandUnused(tx: Transaction, tenantId: string, keyId: string): Promise<KeyVersion> {
  const key = keyIn(await readKeyVersions(tx, tenantId), keyId);
  if (!certifiable.includes(key.state)) {
    throw new OperationError("still_needed", `a key version that is ${key.state} gets no certificate`);
  }
  const rows = await countRows(tx, tenantId, key);
  if (rows > 0) throw new OperationError("records_remain", `${rows} rows are under this key version`);
  return key;
}

function keyIn(keys: readonly KeyVersion[], keyId: string): KeyVersion {
  const key = keys.find(({ id }) => id === keyId);
  if (key === undefined) throw new OperationError("unknown_key", "the tenant has no such key version");
  return key;
}

/** What an audit entry says of a note: its SHA-256, base64url. */
export function digestOf(note: string): string {
  return hash("sha256", note, "base64url");
}
