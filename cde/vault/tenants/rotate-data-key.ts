import { randomUUID } from "node:crypto";
import type { Database } from "@cofferdam/kit/database.ts";
import { appendEvents, lockHead } from "../audit/audit-store.ts";
import { lockKeyVersions, storeKeyState, storeNewPrimary } from "../keys/key-store.ts";
import { KeyringError, promote, type KeyVersion } from "../keys/keyring.ts";
import { newWrappedKey } from "../keys/new-wrapped-key.ts";
import type { RootKey } from "../keys/root-key.ts";
import type { KeyOperation } from "./provision-tenant.ts";

/**
 * Gives a tenant a new data key: what is sealed from now on is sealed under it; the former primary only opens (PCI DSS
 * 3.7.4, 3.7.5). Running vaults take it up within seconds, without a restart.
 *
 * @returns the version of the new key
 * @throws KeyringError `no_primary` when the tenant does not exist or holds no data key: nothing has changed
 */
export function rotateDataKey(
  database: Database,
  rootKey: RootKey,
  tenantId: string,
  context: KeyOperation,
): Promise<number> {
  return database.asTenant(tenantId, async (tx) => {
    const head = await lockHead(tx, tenantId);
    const keys = (await lockKeyVersions(tx, tenantId)).filter((key) => key.purpose === "data");
    const former = keys.find((key) => key.isPrimary);
    if (former === undefined) throw new KeyringError("no_primary");
    const version = Math.max(...keys.map((key) => key.version)) + 1;
    const created = await newWrappedKey(rootKey, { tenantId, purpose: "data", version });
    const pending: KeyVersion = {
      ...created,
      state: "active",
      isPrimary: false,
      uses: 0,
      activatedAtMs: context.now.getTime(),
    };
    const ring = promote([...keys, pending], created.id);
    // The former primary steps back first: the database allows one primary for each purpose at any moment.
    for (const key of ring.filter(({ id }) => id !== created.id)) await storeKeyState(tx, tenantId, key);
    await storeNewPrimary(tx, { ...created, rootKeyId: rootKey.id, now: context.now });
    const event = {
      actor: context.actor,
      origin: "local",
      requestId: randomUUID(),
      outcome: "allowed",
      reason: null,
      state: null,
    } as const;
    const events = [
      { ...event, action: "key.create", object: created.id } as const,
      { ...event, action: "key.promote", object: created.id } as const,
      { ...event, action: "key.retire", object: former.id } as const,
    ];
    await appendEvents(tx, tenantId, head, events, context);
    return version;
  });
}
