import { RootKeyError, type RootKey } from "./root-key.ts";
import { openRootKeyFile } from "./root-key-file.ts";

/** How a root key is opened: what it is sealed with, and whether development keys may serve. */
export interface RootKeyAccess {
  readonly passphrase: string | null;
  readonly production: boolean;
}

type OpenRootKey = (location: string, access: RootKeyAccess) => Promise<RootKey>;

// A backend is a line here, a file beside this one, and the contract tests.
const backends: ReadonlyMap<string, OpenRootKey> = new Map([["file", openRootKeyFile]]);

/**
 * Opens the root key that `<backend>:<location>` names, e.g. `file:/etc/cofferdam/root-key.json`. Throws RootKeyError,
 * `malformed_reference` when no backend has that name.
 */
export async function openRootKey(reference: string, access: RootKeyAccess): Promise<RootKey> {
  const separator = reference.indexOf(":");
  const backend = backends.get(reference.slice(0, Math.max(separator, 0)));
  if (backend === undefined) {
    throw new RootKeyError(
      "malformed_reference",
      `a root key is one of: ${[...backends.keys()].map((name) => `${name}:…`).join(", ")}`,
    );
  }
  return await backend(reference.slice(separator + 1), access);
}
