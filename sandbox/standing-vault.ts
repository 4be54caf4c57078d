// A whole vault with all that it needs, from nothing: database, roles, schema, root key, tenants, certificates, access
// tokens. What `make up`, the demonstration, the tests and the benchmarks stand on.
import { generateKeyPairSync, createPublicKey } from "node:crypto";
import path from "node:path";
import { openDatabase } from "@cofferdam/kit/database.ts";
import { createLogger } from "@cofferdam/kit/log.ts";
import { openRootKeys } from "@cofferdam/cde/vault/keys/root/open-root-keys.ts";
import { createRootKeyFile } from "@cofferdam/cde/vault/keys/root/root-key-file.ts";
import { migrateVault } from "@cofferdam/cde/vault/migrate-vault.ts";
import { defaultRetentionClasses, provisionTenant } from "@cofferdam/cde/vault/tenants/provision-tenant.ts";
import { randomBytes } from "node:crypto";
import { sandboxCallers, sandboxTenants, type SandboxCaller, type SandboxTenant } from "./callers.ts";
import { openPki, trustDomain, type Identity, type Pki } from "./pki.ts";
import { hasCode, keepPrivateFile, makePrivateDirectory, replacePrivateFile } from "./private-file.ts";
import type { RoleUrls } from "./roles.ts";
import { openTokenIssuer, tokenIssuer, vaultAudience, type TokenIssuer } from "./token-issuer.ts";
import { startVault, type RunningVault, type VaultEnvironment, type VaultOptions } from "./vault-process.ts";

export interface StandingVaultOptions {
  /** Keys, certificates, checkpoints and logs live here; made when absent. */
  readonly directory: string;
  /** A URL per role of a database that exists. Migrations run in it. */
  readonly urls: RoleUrls;
  /** Settings of the vault that differ from the sandbox's. */
  readonly environment?: VaultEnvironment;
  /** Root-key stores instead of the sandbox's own file, as settings name them. */
  readonly rootKeys?: string;
  readonly vault?: Partial<Pick<VaultOptions, "coreDumps" | "program" | "readyWithinMs">>;
  /** Told in one line what is going on. */
  readonly log?: (line: string) => void;
}

/** A vault that answers, and the credentials of everybody who may call it. */
export interface StandingVault extends AsyncDisposable {
  readonly directory: string;
  readonly urls: RoleUrls;
  readonly pki: Pki;
  readonly issuer: TokenIssuer;
  readonly identities: Readonly<Record<keyof typeof sandboxCallers, Identity>>;
  readonly checkpointDirectory: string;
  /** PEM of the key that verifies checkpoints. */
  readonly checkpointPublicKeyFile: string;
  /** The root-key stores as settings name them, and the file with the passphrase of the one in a file. */
  readonly rootKeys: string;
  readonly rootKeyPassphraseFile: string;
  /** The process as it runs now. */
  readonly vault: RunningVault;
  /** Starts another process with the same settings, after the first has ended. */
  restart(environment?: VaultEnvironment): Promise<RunningVault>;
  /** An access token for a caller of a tenant, good for five minutes. */
  accessToken(caller: keyof typeof sandboxCallers, tenant: SandboxTenant): Promise<string>;
  stop(): Promise<void>;
}

/** Stands a vault up; everything that exists already in the directory and the database is kept. */
export async function standUpVault(options: StandingVaultOptions): Promise<StandingVault> {
  const log = options.log ?? ((): void => undefined);
  const directory = await makePrivateDirectory(options.directory);
  log("migrating the database");
  await migrateVault(options.urls.owner, createLogger({ service: "migrate", level: "error" }));
  log("issuing certificates and keys");
  const pki = await openPki(path.join(directory, "pki"));
  const issuer = await openTokenIssuer(path.join(directory, "identity"));
  const identities = await issueIdentities(pki);
  const keys = await keepKeys(directory, options.rootKeys);
  await provisionTenants(options.urls.rotator, keys);
  const environment = { ...(await settingsOf(directory, options.urls, pki, issuer, keys)), ...options.environment };
  const start = (changes: VaultEnvironment = {}): Promise<RunningVault> =>
    startVault({
      directory: path.join(directory, "vault"),
      environment: { ...environment, ...changes },
      ...options.vault,
    });
  log("starting the vault");
  let vault = await start();
  const stop = async (): Promise<void> => {
    await vault.stop();
  };
  return {
    directory,
    urls: options.urls,
    pki,
    issuer,
    identities,
    checkpointDirectory: keys.checkpointDirectory,
    checkpointPublicKeyFile: keys.checkpointPublicKeyFile,
    rootKeys: keys.rootKeys,
    rootKeyPassphraseFile: keys.passphraseFile,
    get vault() {
      return vault;
    },
    restart: async (changes) => (vault = await start(changes)),
    accessToken: (caller, tenant) => issue(issuer, sandboxCallers[caller], identities[caller], tenant),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

interface SandboxKeys {
  readonly rootKeys: string;
  readonly passphrase: string;
  readonly passphraseFile: string;
  readonly checkpointKeyFile: string;
  readonly checkpointPublicKeyFile: string;
  readonly checkpointDirectory: string;
}

/** Root key, its passphrase and the checkpoint key: made once, sealed as they would be in production. */
async function keepKeys(directory: string, rootKeys: string | undefined): Promise<SandboxKeys> {
  const file = (name: string): string => path.join(directory, "keys", name);
  await makePrivateDirectory(path.join(directory, "keys"));
  const passphrase = await keepPrivateFile(file("root-key-passphrase"), () => randomBytes(24).toString("base64url"));
  await createRootKeyFile(file("root-key.json"), passphrase, new Date()).catch(unlessThere);
  const privatePem = await keepPrivateFile(file("checkpoint-key.pem"), () =>
    generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }),
  );
  await replacePrivateFile(
    file("checkpoint-key.pub.pem"),
    createPublicKey(privatePem).export({ type: "spki", format: "pem" }),
  );
  return {
    rootKeys: rootKeys ?? `file:${file("root-key.json")}`,
    passphrase,
    passphraseFile: file("root-key-passphrase"),
    checkpointKeyFile: file("checkpoint-key.pem"),
    checkpointPublicKeyFile: file("checkpoint-key.pub.pem"),
    checkpointDirectory: await makePrivateDirectory(path.join(directory, "checkpoints")),
  };
}

function unlessThere(error: unknown): void {
  if (!hasCode(error, "EEXIST")) throw error;
}

async function issueIdentities(pki: Pki): Promise<StandingVault["identities"]> {
  const names = Object.keys(sandboxCallers) as (keyof typeof sandboxCallers)[];
  const issued = await Promise.all(
    names.map(async (name) => [name, await pki.issue(sandboxCallers[name].workload)] as const),
  );
  return Object.fromEntries(issued) as StandingVault["identities"];
}

async function provisionTenants(rotatorUrl: string, keys: SandboxKeys): Promise<void> {
  const access = { passphrase: keys.passphrase, production: true, now: Date.now };
  const rootKeys = await openRootKeys(keys.rootKeys, access);
  const database = openDatabase({
    url: rotatorUrl,
    applicationName: "cofferdam-sandbox",
    maxConnections: 1,
    connectTimeoutMs: 5_000,
    checkoutTimeoutMs: 5_000,
    statementTimeoutMs: 10_000,
    lockTimeoutMs: 5_000,
  });
  const context = { now: new Date(), build: "sandbox", actor: { workload: "management/setup", clientId: "sandbox" } };
  try {
    for (const { tenantId: id, name } of Object.values(sandboxTenants)) {
      await provisionTenant(database, rootKeys, { id, name, retentionClasses: defaultRetentionClasses }, context);
    }
  } finally {
    await database.close();
  }
}

async function settingsOf(
  directory: string,
  urls: RoleUrls,
  pki: Pki,
  issuer: TokenIssuer,
  keys: SandboxKeys,
): Promise<VaultEnvironment> {
  const identity = await pki.issue("cde/vault", { server: true });
  const urlFile = path.join(directory, "vault", "database-url");
  const jwksFile = path.join(directory, "identity", "jwks.json");
  await makePrivateDirectory(path.dirname(urlFile));
  await replacePrivateFile(urlFile, urls.api);
  await replacePrivateFile(jwksFile, JSON.stringify(issuer.jwks));
  return {
    VAULT_DATABASE_URL_FILE: urlFile,
    VAULT_TLS_CERT_FILE: identity.certificateFile,
    VAULT_TLS_KEY_FILE: identity.keyFile,
    VAULT_TLS_CA_FILE: identity.caFile,
    VAULT_TRUST_DOMAIN: trustDomain,
    VAULT_TOKEN_ISSUER: tokenIssuer,
    VAULT_TOKEN_AUDIENCE: vaultAudience,
    VAULT_TOKEN_KEYS_FILE: jwksFile,
    VAULT_ROOT_KEYS: keys.rootKeys,
    VAULT_ROOT_KEY_PASSPHRASE_FILE: keys.passphraseFile,
    VAULT_CHECKPOINT_KEY_FILE: keys.checkpointKeyFile,
    VAULT_CHECKPOINT_DIRECTORY: keys.checkpointDirectory,
    VAULT_BUILD: "sandbox",
    VAULT_CHECKPOINT_INTERVAL: "1s",
    // The sealed root key is good enough for production, so the sandbox runs as production does.
    NODE_ENV: "production",
  };
}

function issue(issuer: TokenIssuer, caller: SandboxCaller, identity: Identity, tenant: SandboxTenant): Promise<string> {
  const { clientId, scopes } = caller;
  return issuer.issue({ clientId, scopes, tenantId: tenant.tenantId, certificatePem: identity.certificatePem });
}
