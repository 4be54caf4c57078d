// Root keys in Azure Key Vault Managed HSM. Tested for the shape of its calls only, through the real SDK against a stub
// of ours (sandbox/key-vault-stub.ts), never with the cloud. Why it is as it is: docs/decisions/0013-cloud-root-keys.md.
import type { TokenCredential } from "@azure/identity";
import type { CryptographyClient, KeyClient, KeyVaultKey } from "@azure/keyvault-keys";
import { decodeAzureWrappedKey, encodeAzureWrappedKey } from "./azure-wrapped-key.ts";
import { cloudError, type CloudErrorCode, loadSdk, takeSecret, withinDeadline } from "./cloud-call.ts";
import { RootKeyError, type RootKeyFacts, type RootKeyStore } from "./root-key.ts";

const SCHEME = "azurekeyvault";
const ALGORITHM = "A256GCM";
const MAX_VERSIONS = 100;
// Within the deadline of a call: one more attempt, soon.
const CLIENT_OPTIONS = { retryOptions: { maxRetries: 1, retryDelayInMs: 200, maxRetryDelayInMs: 500 } };

/** `https://<HSM>.managedhsm.azure.net/keys/<key name>`, in parts. */
interface KeyUrl {
  readonly vaultUrl: string;
  readonly host: string;
  readonly name: string;
}

/** The SDK, once it is loaded, and what it calls with. */
interface Azure {
  readonly keys: KeyClient;
  readonly clientFor: (key: KeyVaultKey) => CryptographyClient;
}

/**
 * Opens the root keys of one key in a Managed HSM: each version of it is a root key, `azurekeyvault:<name>/<version>`.
 *
 * The HSM encrypts with AES-256-GCM and binds the context itself. Credentials come from the SDK's own environment, where
 * AZURE_TOKEN_CREDENTIALS must name their kind: else the SDK would try a developer's tools as well. Nothing is asked of
 * Azure yet.
 *
 * @param location URL of the key, without a version
 * @throws RootKeyError `malformed_reference`, or `unsupported` when the SDK is not installed
 */
export async function openAzureKeyVault(location: string): Promise<RootKeyStore> {
  const url = parseUrl(location);
  const azure = await connect(url);
  // A client of the SDK for each root key that was found to be fit to wrap.
  const clients = new Map<string, CryptographyClient>();
  const clientOf = async (version: string, abortSignal: AbortSignal): Promise<CryptographyClient> => {
    const client = clients.get(version) ?? azure.clientFor(await usableKey(azure, url, version, abortSignal));
    clients.set(version, client);
    return client;
  };
  return {
    scheme: SCHEME,
    wrap: (rootKeyId, secret, context) =>
      ask(async (signal) => {
        const version = versionOf(url, rootKeyId);
        return wrap(await clientOf(version, signal), version, secret, context, signal);
      }),
    unwrap: (rootKeyId, wrapped, context) =>
      ask(async (signal) => {
        const version = versionOf(url, rootKeyId);
        return unwrap(await clientOf(version, signal), version, wrapped, context, signal);
      }),
    generate: () => ask((signal) => generate(azure, url, signal)),
    status: async () => ({
      isSealed: false,
      keys: await ask((signal) => listKeys(azure, url, signal)),
      location: `Azure Managed HSM ${url.host}`,
    }),
  };
}

async function connect(url: KeyUrl): Promise<Azure> {
  const [sdk, identity] = await Promise.all([
    loadSdk("@azure/keyvault-keys", () => import("@azure/keyvault-keys")),
    loadSdk("@azure/identity", () => import("@azure/identity")),
  ]);
  const credential = openCredential(() => {
    return new identity.DefaultAzureCredential({ requiredEnvVars: "AZURE_TOKEN_CREDENTIALS" });
  });
  return {
    keys: new sdk.KeyClient(url.vaultUrl, credential, CLIENT_OPTIONS),
    clientFor: (key) => new sdk.CryptographyClient(key, credential, CLIENT_OPTIONS),
  };
}

function openCredential(open: () => TokenCredential): TokenCredential {
  try {
    return open();
  } catch {
    throw new RootKeyError("malformed_reference", "AZURE_TOKEN_CREDENTIALS must name the kind of credential, or prod");
  }
}

async function wrap(
  client: CryptographyClient,
  keyVersion: string,
  secret: Uint8Array,
  context: Uint8Array,
  abortSignal: AbortSignal,
): Promise<Buffer> {
  // A key of another length than 256 bits is told by the HSM alone, when it is first used.
  const answer = await client
    .encrypt({ algorithm: ALGORITHM, plaintext: secret, additionalAuthenticatedData: context }, { abortSignal })
    .catch(badRequestMeans("unsupported"));
  const { result: ciphertext, iv, authenticationTag: tag } = answer;
  const wrapped = iv && tag ? encodeAzureWrappedKey({ keyVersion, iv, ciphertext, tag }) : null;
  if (wrapped === null) throw new RootKeyError("unavailable", "the key service answered with other than AES-256-GCM");
  return wrapped;
}

async function unwrap(
  client: CryptographyClient,
  keyVersion: string,
  wrapped: Buffer,
  context: Uint8Array,
  abortSignal: AbortSignal,
): Promise<Buffer> {
  const parts = decodeAzureWrappedKey(wrapped);
  if (parts?.keyVersion !== keyVersion) throw new RootKeyError("refused", "no wrapped key of this root key");
  const { iv, ciphertext, tag } = parts;
  const { result } = await client
    .decrypt(
      { algorithm: ALGORITHM, ciphertext, iv, authenticationTag: tag, additionalAuthenticatedData: context },
      { abortSignal },
    )
    .catch(badRequestMeans("refused"));
  return takeSecret(result);
}

async function generate(azure: Azure, url: KeyUrl, abortSignal: AbortSignal): Promise<RootKeyFacts> {
  const { properties } = await azure.keys
    .createKey(url.name, "oct-HSM", { keySize: 256, keyOps: ["encrypt", "decrypt"], exportable: false, abortSignal })
    .catch(badRequestMeans("unsupported"));
  if (properties.version === undefined) throw new RootKeyError("unavailable", "the key service answered without a key");
  return factsOf(url, properties.version, properties.createdOn);
}

async function listKeys(azure: Azure, url: KeyUrl, abortSignal: AbortSignal): Promise<readonly RootKeyFacts[]> {
  const keys: RootKeyFacts[] = [];
  for await (const { version, createdOn } of azure.keys.listPropertiesOfKeyVersions(url.name, { abortSignal })) {
    if (version !== undefined) keys.push(factsOf(url, version, createdOn));
    if (keys.length > MAX_VERSIONS) throw new RootKeyError("unavailable", "the key has more versions than are read");
  }
  return keys.sort((first, second) => (first.createdAtMs ?? 0) - (second.createdAtMs ?? 0));
}

/** RSA would be weaker than the AES-256 keys that it wraps (PCI DSS 3.6.1), and cannot bind a context. */
async function usableKey(azure: Azure, url: KeyUrl, version: string, abortSignal: AbortSignal): Promise<KeyVaultKey> {
  const key = await azure.keys.getKey(url.name, { version, abortSignal });
  if (key.keyType !== "oct-HSM") {
    throw new RootKeyError("unsupported", "a root key in Azure is of type oct-HSM, which a Managed HSM makes");
  }
  return key;
}

function factsOf(url: KeyUrl, version: string, createdOn: Date | undefined): RootKeyFacts {
  return { id: `${SCHEME}:${url.name}/${version}`, createdAtMs: createdOn?.getTime() ?? null };
}

function versionOf(url: KeyUrl, rootKeyId: string): string {
  const prefix = `${SCHEME}:${url.name}/`;
  const version = rootKeyId.startsWith(prefix) ? rootKeyId.slice(prefix.length) : "";
  if (/^[0-9a-f]{32}$/.test(version)) return version;
  throw new RootKeyError("unknown_key", "the store does not hold this root key");
}

// A name of up to 53 characters keeps the id of a root key below 100.
function parseUrl(location: string): KeyUrl {
  const [, vaultUrl, host, name] = /^(https:\/\/([a-z0-9.-]+))\/keys\/([0-9A-Za-z-]{1,53})$/.exec(location) ?? [];
  if (vaultUrl === undefined || host === undefined || name === undefined) {
    throw new RootKeyError(
      "malformed_reference",
      "a root key in Azure is named by its URL: azurekeyvault:https://….managedhsm.azure.net/keys/…",
    );
  }
  return { vaultUrl, host, name };
}

async function ask<Answer>(call: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
  try {
    return await withinDeadline(call);
  } catch (error) {
    throw cloudError(statusOf(error) === 404 ? "unknown_key" : "unavailable", error);
  }
}

function badRequestMeans(code: CloudErrorCode): (error: unknown) => never {
  return (error) => {
    throw statusOf(error) === 400 ? cloudError(code, error) : error;
  };
}

function statusOf(error: unknown): unknown {
  return error instanceof Error && "statusCode" in error ? error.statusCode : null;
}
