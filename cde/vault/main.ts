// The vault process: reads its settings, puts the parts together, listens, and drains when told to end.
import { createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createTokenVerifier } from "@cofferdam/kit/access-token.ts";
import type { Config } from "@cofferdam/kit/config.ts";
import { openDatabase, type Database } from "@cofferdam/kit/database.ts";
import { startServer, type ServerTls } from "@cofferdam/kit/http-server.ts";
import type { Logger } from "@cofferdam/kit/log.ts";
import { createMetrics } from "@cofferdam/kit/metrics.ts";
import { startOpsServer } from "@cofferdam/kit/ops-server.ts";
import { firstSignal, runProcess } from "@cofferdam/kit/run-process.ts";
import type { PublicJwk } from "@cofferdam/kit/token-signature.ts";
import { vaultSettings } from "./config.ts";
import { createVaultApp } from "./http/app.ts";
import { loadAuthorizer } from "./http/authorize.ts";
import { createRateLimiter } from "./http/rate-limits.ts";
import { createReadiness } from "./http/readiness.ts";
import type { Edge } from "./http/serve-route.ts";
import { readCryptoperiods } from "./keys/cryptoperiods.ts";
import { openRootKeys, type RootKeyAccess } from "./keys/root/open-root-keys.ts";
import { readPublicKeys } from "./public-keys-file.ts";
import { watchRootKeys } from "./root-key-metrics.ts";
import { SYSTEM_TENANT_ID } from "./tenants/system-tenant.ts";
import { startVault, type RunningParts, type VaultParts } from "./vault.ts";

type Settings = Config<typeof vaultSettings>;

// For masked reads, readiness, checkpoints and retention, which must not wait for commits.
const RESERVED_CONNECTIONS = 2;

const help = `The Cofferdam vault: swaps cards for tokens. Settings come from the environment; secrets from files that it names.

Usage: node --permission … cde/vault/main.ts        Ends on SIGTERM after draining. Exit codes: 0 drained, 1 failed, 2 settings.

`;

async function run(settings: Settings, log: Logger): Promise<void> {
  const metrics = createMetrics({ service: "vault", build: settings.VAULT_BUILD });
  const database = openVaultDatabase(settings);
  const parts = await startVault(await partsOf(settings, { database, metrics, log, now: Date.now }));
  let isDraining = false;
  const readiness = createReadiness({
    database,
    tenants: parts.vault.tenants,
    isAuditIntact: () => parts.checkpoints.state().alarms.size === 0,
    isDraining: () => isDraining,
  });
  const edge = await createEdge(settings, parts, Date.now);
  const app = createVaultApp({ log, metrics, edge, readiness, problemPages: settings.VAULT_PROBLEM_PAGES });
  const { VAULT_HOST: host, VAULT_PORT: port, VAULT_OPS_HOST: opsHost, VAULT_OPS_PORT: opsPort } = settings;
  const ops = await startOpsServer({ host: opsHost, port: opsPort, metrics, readiness });
  const server = await startServer({ app, host, port, tls: await tlsOf(settings), log });
  log.info({ host, port: server.port, ops_port: ops.port }, "vault ready");

  const signal = await firstSignal();
  isDraining = true;
  log.info({ signal }, "vault draining");
  await server.drain(settings.VAULT_DRAIN_DEADLINE);
  await parts.stop();
  await ops.drain(1_000);
  await database.close();
  log.info("vault stopped");
}

function openVaultDatabase(settings: Settings): Database {
  return openDatabase({
    url: settings.VAULT_DATABASE_URL_FILE,
    applicationName: "cofferdam-vault",
    maxConnections: settings.VAULT_DATABASE_CONNECTIONS,
    connectTimeoutMs: 2_000,
    checkoutTimeoutMs: 3_000,
    statementTimeoutMs: 4_000,
    lockTimeoutMs: 3_000,
  });
}

async function partsOf(
  settings: Settings,
  process: Pick<VaultParts, "database" | "metrics" | "log" | "now">,
): Promise<VaultParts> {
  return {
    ...process,
    rootKeys: await openRootKeys(settings.VAULT_ROOT_KEYS, accessOf(settings), watchRootKeys(process.metrics)),
    cryptoperiods: await readCryptoperiods(settings.VAULT_CRYPTOPERIODS_FILE),
    authorize: await loadAuthorizer(settings.VAULT_POLICY_DIRECTORY),
    checkpointKey: createPrivateKey(settings.VAULT_CHECKPOINT_KEY_FILE),
    earlierCheckpointKeys: await readPublicKeys(settings.VAULT_CHECKPOINT_EARLIER_KEYS_FILE),
    checkpointDirectory: settings.VAULT_CHECKPOINT_DIRECTORY,
    concurrentCommits: Math.max(settings.VAULT_DATABASE_CONNECTIONS - RESERVED_CONNECTIONS, 1),
    checkpointIntervalMs: settings.VAULT_CHECKPOINT_INTERVAL,
    retentionIntervalMs: settings.VAULT_RETENTION_INTERVAL,
    trustDomain: settings.VAULT_TRUST_DOMAIN,
    build: settings.VAULT_BUILD,
  };
}

function accessOf(settings: Settings): RootKeyAccess {
  return {
    passphrase: settings.VAULT_ROOT_KEY_PASSPHRASE_FILE ?? null,
    production: settings.NODE_ENV === "production",
    now: Date.now,
  };
}

async function createEdge(settings: Settings, parts: RunningParts, now: () => number): Promise<Edge> {
  const { keys } = JSON.parse(await readFile(settings.VAULT_TOKEN_KEYS_FILE, "utf8")) as {
    readonly keys: readonly PublicJwk[];
  };
  return {
    vault: parts.vault,
    trustDomain: settings.VAULT_TRUST_DOMAIN,
    tokens: createTokenVerifier({
      issuer: settings.VAULT_TOKEN_ISSUER,
      audience: settings.VAULT_TOKEN_AUDIENCE,
      keys,
      maxLifetimeSeconds: settings.VAULT_TOKEN_MAX_LIFETIME,
      clockToleranceSeconds: 5,
      cacheEntries: 10_000,
      now,
    }),
    attempts: createRateLimiter(settings.VAULT_RATE_ATTEMPTS, false),
    tenantLimit: createRateLimiter(settings.VAULT_RATE_TENANT, false),
    limits: {
      read: createRateLimiter(settings.VAULT_RATE_READ, true),
      write: createRateLimiter(settings.VAULT_RATE_WRITE, true),
      detokenize: createRateLimiter(settings.VAULT_RATE_DETOKENIZE, true),
      batch: createRateLimiter(settings.VAULT_RATE_BATCH, true),
    },
    systemTenantId: SYSTEM_TENANT_ID,
    bodyDeadlineMs: 5_000,
  };
}

async function tlsOf(settings: Settings): Promise<ServerTls> {
  const { VAULT_TLS_CRL_FILE: revoked } = settings;
  return {
    ...(revoked === undefined ? {} : { crl: await readFile(revoked) }),
    cert: await readFile(settings.VAULT_TLS_CERT_FILE),
    key: settings.VAULT_TLS_KEY_FILE,
    ca: await readFile(settings.VAULT_TLS_CA_FILE),
  };
}

// Whatever failed may have left a pool or a timer behind that would keep the process alive.
process.exit(
  await runProcess({
    service: "vault",
    name: "vault",
    help,
    settings: vaultSettings,
    logLevel: (settings) => settings.VAULT_LOG_LEVEL,
    run,
  }),
);
