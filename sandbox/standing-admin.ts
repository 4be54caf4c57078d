// An admin process beside a standing vault, with its custodians: what ceremonies are tried on.
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import path from "node:path";
import createClient, { type Client } from "openapi-fetch";
import { createMtlsFetch } from "@cofferdam/kit/mtls-fetch.ts";
import type { paths } from "@cofferdam/openapi/generated/vault-admin-types.ts";
import { startAdminProcess, type AdminEnvironment, type RunningAdminProcess } from "./admin-process.ts";
import { issueCustodians, rosterOf, writeRoster, type CustodianIdentities } from "./custodians.ts";
import { trustDomain, type Identity } from "./pki.ts";
import { keepPrivateFile, makePrivateDirectory, replacePrivateFile } from "./private-file.ts";
import type { StandingVault } from "./standing-vault.ts";

/** The admin API, typed by its OpenAPI document. */
export type AdminClient = Client<paths>;

/** An admin process that answers, and everybody who may call it. */
export interface StandingAdmin extends AsyncDisposable {
  readonly directory: string;
  readonly custodians: CustodianIdentities;
  readonly rosterFile: string;
  readonly journalFile: string;
  /** PEM of the key that verifies transcripts and certificates. */
  readonly transcriptPublicKeyFile: string;
  /** The process as it runs now. */
  readonly admin: RunningAdminProcess;
  /** A client with somebody's certificate; of the process that runs when it is called. */
  readonly client: (identity: Identity) => AdminClient;
  /** Starts another process with the same settings, after the first has ended. */
  readonly restart: (environment?: AdminEnvironment) => Promise<RunningAdminProcess>;
  readonly stop: () => Promise<void>;
}

/** Stands an admin process up over the database and the root keys of a vault. What is in its folder already is kept. */
export async function standUpAdmin(
  standing: StandingVault,
  options: { readonly environment?: AdminEnvironment } = {},
): Promise<StandingAdmin> {
  const directory = await makePrivateDirectory(path.join(standing.directory, "vault-admin"));
  const file = (name: string): string => path.join(directory, name);
  const custodians = await issueCustodians(standing.pki);
  await writeRoster(file("custodians.yaml"), rosterOf(custodians));
  const transcriptKey = await keepPrivateFile(file("transcript-key.pem"), () =>
    generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }),
  );
  const transcriptPublicKeyFile = file("transcript-key.pub.pem");
  await replacePrivateFile(
    transcriptPublicKeyFile,
    createPublicKey(transcriptKey).export({ type: "spki", format: "pem" }),
  );
  const environment = { ...(await settingsOf(standing, file)), ...options.environment };
  const start = (changes: AdminEnvironment = {}): Promise<RunningAdminProcess> =>
    startAdminProcess({ directory, environment: { ...environment, ...changes } });
  let admin = await start();
  const clients = keptClients();
  const stop = async (): Promise<void> => {
    await admin.stop();
  };
  return {
    directory,
    custodians,
    rosterFile: file("custodians.yaml"),
    journalFile: file("share-journal"),
    transcriptPublicKeyFile,
    get admin() {
      return admin;
    },
    client: (identity) => clients(admin.url, identity),
    restart: async (changes) => (admin = await start(changes)),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function settingsOf(standing: StandingVault, file: (name: string) => string): Promise<AdminEnvironment> {
  const identity = await standing.pki.issue("cde/vault-admin", { server: true });
  await replacePrivateFile(file("database-url"), standing.urls.rotator);
  return {
    VAULT_ADMIN_DATABASE_URL_FILE: file("database-url"),
    VAULT_ADMIN_TLS_CERT_FILE: identity.certificateFile,
    VAULT_ADMIN_TLS_KEY_FILE: identity.keyFile,
    VAULT_ADMIN_TLS_CA_FILE: identity.caFile,
    VAULT_ADMIN_TRUST_DOMAIN: trustDomain,
    VAULT_ADMIN_CUSTODIANS_FILE: file("custodians.yaml"),
    VAULT_ADMIN_ROOT_KEYS: standing.rootKeys,
    VAULT_ADMIN_ROOT_KEY_PASSPHRASE_FILE: standing.rootKeyPassphraseFile,
    VAULT_ADMIN_TRANSCRIPT_KEY_FILE: file("transcript-key.pem"),
    VAULT_ADMIN_CHECKPOINT_PUBLIC_KEYS_FILE: standing.checkpointPublicKeyFile,
    VAULT_ADMIN_JOURNAL_FILE: file("share-journal"),
    VAULT_ADMIN_DEPLOYMENT: "sandbox",
    VAULT_ADMIN_JOB_INTERVAL: "200ms",
    VAULT_ADMIN_RETRY_INTERVAL: "200ms",
    VAULT_ADMIN_RATE: "100000",
    VAULT_ADMIN_BUILD: "sandbox",
    NODE_ENV: "production",
  };
}

/** One client for each certificate and process: each keeps its connections open. */
function keptClients(): (baseUrl: string, identity: Identity) => AdminClient {
  const kept = new Map<string, AdminClient>();
  return (baseUrl, identity) => {
    const name = baseUrl + identity.certificatePem;
    const client = kept.get(name) ?? adminClient(baseUrl, identity);
    kept.set(name, client);
    return client;
  };
}

function adminClient(baseUrl: string, identity: Identity): AdminClient {
  return createClient<paths>({
    baseUrl,
    fetch: createMtlsFetch({
      ca: identity.caPem,
      cert: identity.certificatePem,
      key: identity.keyPem,
      timeoutMs: 20_000,
    }),
  });
}
