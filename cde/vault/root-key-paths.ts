// Which files a list of root-key stores makes a process read. What is behind a socket needs none.
import { fileGrant, type Grant, type ProcessPaths } from "./permission-flags.ts";

// Where the clouds' SDKs are told that a credential lies in a file (decision 0013).
const credentialFiles: ReadonlyMap<string, readonly string[]> = new Map([
  [
    "awskms",
    [
      "AWS_WEB_IDENTITY_TOKEN_FILE",
      "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
      "AWS_SHARED_CREDENTIALS_FILE",
      "AWS_CONFIG_FILE",
    ],
  ],
  ["azurekeyvault", ["AZURE_FEDERATED_TOKEN_FILE", "AZURE_CLIENT_CERTIFICATE_PATH"]],
]);

/** The files of root keys in a list of stores, e.g. `file:/etc/root-key.json, pkcs11:/run/agent.sock`. */
export function rootKeyFiles(references: string): readonly string[] {
  return storesIn(references).flatMap(({ scheme, location }) => (scheme === "file" ? [location] : []));
}

/** The files with credentials for the clouds among the stores, where the environment names any. */
export function cloudCredentialGrants(references: string, environment: ProcessPaths["environment"]): readonly Grant[] {
  const names = storesIn(references).flatMap(({ scheme }) => credentialFiles.get(scheme) ?? []);
  return names.flatMap((name) => {
    const file = environment[name] ?? "";
    return file === "" ? [] : [fileGrant(file, name)];
  });
}

function storesIn(references: string): readonly { readonly scheme: string; readonly location: string }[] {
  return references.split(",").map((reference) => {
    const [, scheme = "", location = ""] = /^([^:]+):(.*)$/.exec(reference.trim()) ?? [];
    return { scheme, location };
  });
}
