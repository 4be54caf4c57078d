import { RootKeyError, type RootKeyStore } from "./root-key.ts";
import { openRootKeyAgent } from "./root-key-agent.ts";
import { openAwsKms } from "./root-key-awskms.ts";
import { openAzureKeyVault } from "./root-key-azurekeyvault.ts";
import { openRootKeyFile } from "./root-key-file.ts";
import { createRootKeys, type RootKeyObserver, type RootKeys } from "./root-keys.ts";

/** How root keys are opened: what a file is sealed with, and whether development keys may serve. */
export interface RootKeyAccess {
  readonly passphrase: string | null;
  readonly production: boolean;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
}

type OpenStore = (location: string, access: RootKeyAccess) => Promise<RootKeyStore> | RootKeyStore;

// A backend is a line here, a file beside this one, and the contract tests.
const backends: ReadonlyMap<string, OpenStore> = new Map<string, OpenStore>([
  ["file", openRootKeyFile],
  ["custodians", (socket) => openRootKeyAgent("custodians", socket)],
  ["pkcs11", (socket) => openRootKeyAgent("pkcs11", socket)],
  ["awskms", openAwsKms],
  ["azurekeyvault", openAzureKeyVault],
]);

/**
 * Opens the store that `<backend>:<location>` names, e.g. `file:/etc/cofferdam/root-key.json` or
 * `pkcs11:/run/cofferdam/agent.sock`. A store behind the key agent opens although the agent may not answer yet. Throws
 * RootKeyError, `malformed_reference` when no backend has that name.
 */
export async function openRootKeyStore(reference: string, access: RootKeyAccess): Promise<RootKeyStore> {
  const separator = reference.indexOf(":");
  const open = backends.get(reference.slice(0, Math.max(separator, 0)));
  if (open === undefined) {
    throw new RootKeyError(
      "malformed_reference",
      `a root-key store is one of: ${[...backends.keys()].map((name) => `${name}:…`).join(", ")}`,
    );
  }
  return await open(reference.slice(separator + 1), access);
}

/** Opens several stores, given as references with commas between them, in the order of preference. Throws RootKeyError. */
export async function openRootKeys(
  references: string,
  access: RootKeyAccess,
  observe?: RootKeyObserver,
): Promise<RootKeys> {
  const names = references.split(",").map((reference) => reference.trim());
  return createRootKeys(await Promise.all(names.map((name) => openRootKeyStore(name, access))), observe);
}
