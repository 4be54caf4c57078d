// The custody sockets of key agents, one for each scheme that an agent serves.
import { CustodyRefusal, openCustodyClient, type CustodyClient } from "../keys/custody/custody-client.ts";
import { RootKeyError, schemeOf, type DestructibleRootKeyStore, type RootKeyScheme } from "../keys/root/root-key.ts";
import type { RootKeys } from "../keys/root/root-keys.ts";
import { OperationError } from "../rotation/operation.ts";

export type CustodyClients = ReadonlyMap<RootKeyScheme, CustodyClient>;

/** Reads `custodians:<path>, pkcs11:<path>`; empty for none. Throws RootKeyError `malformed_reference`. */
export function openCustodyClients(references: string): CustodyClients {
  const named = references.split(",").map((reference) => reference.trim());
  return new Map(
    named
      .filter((reference) => reference !== "")
      .map((reference) => {
        const [, scheme, path] = /^(custodians|pkcs11):(\/.+)$/.exec(reference) ?? [];
        if (path === undefined) {
          throw new RootKeyError("malformed_reference", "a custody socket is custodians:<path> or pkcs11:<path>");
        }
        return [scheme as RootKeyScheme, openCustodyClient(path)] as const;
      }),
  );
}

/**
 * Makes what destroys a root key in its store: a file's own, or the key agent for what is behind it. It throws
 * OperationError `not_possible` where only somebody else can, in the console of a cloud; RootKeyError `unavailable` when
 * the agent gives no answer.
 */
export function rootKeyDestroyer(rootKeys: RootKeys, clients: CustodyClients): (rootKeyId: string) => Promise<void> {
  return async (rootKeyId) => {
    const scheme = schemeOf(rootKeyId);
    const store = rootKeys.stores.find((each) => each.scheme === scheme);
    const client = scheme === null ? undefined : clients.get(scheme);
    if (client !== undefined) {
      await client.destroy(rootKeyId).catch(outageOf);
    } else if (store !== undefined && "destroy" in store) {
      await (store as DestructibleRootKeyStore).destroy(rootKeyId);
    } else {
      throw new OperationError("not_possible", "this process cannot destroy a root key of that store");
    }
  };
}

function outageOf(error: unknown): never {
  if (error instanceof CustodyRefusal && (error.code === "unavailable" || error.code === "sealed")) {
    throw new RootKeyError(error.code, error.message, { cause: error });
  }
  throw error;
}
