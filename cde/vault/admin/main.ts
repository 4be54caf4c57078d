// The admin process: reads its settings, puts the parts together, listens in the management zone, and drains when told to
// end. One at a time: a second would carry out the same operations.
import { createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Config } from "@cofferdam/kit/config.ts";
import { openDatabase, type Database } from "@cofferdam/kit/database.ts";
import { startServer, type ServerTls } from "@cofferdam/kit/http-server.ts";
import type { Logger } from "@cofferdam/kit/log.ts";
import { createMetrics } from "@cofferdam/kit/metrics.ts";
import { startOpsServer, type Health } from "@cofferdam/kit/ops-server.ts";
import { firstSignal, runProcess } from "@cofferdam/kit/run-process.ts";
import { createRateLimiter } from "../http/rate-limits.ts";
import { readCryptoperiodFile } from "../keys/cryptoperiods.ts";
import { openRootKeys } from "../keys/root/open-root-keys.ts";
import { readPublicKeys } from "../public-keys-file.ts";
import { watchRootKeys } from "../root-key-metrics.ts";
import { openKeyAgents } from "./agent-metrics.ts";
import { startAdmin, type AdminParts } from "./admin.ts";
import { createAdminApp } from "./app.ts";
import { loadKeyAuthorizer } from "./authorize.ts";
import { adminSettings } from "./config.ts";
import { openCustodyClients } from "./custody-sockets.ts";
import { openRoster } from "./custodians.ts";

type Settings = Config<typeof adminSettings>;

const help = `The Cofferdam admin process: key ceremonies under dual control, for custodians of the management zone.
Settings come from the environment; secrets from files that it names. Run one at a time.

Usage: node --permission … cde/vault/admin/main.ts        Ends on SIGTERM after draining. Exit codes: 0 drained, 1 failed, 2 settings.

`;

// A bundle of 16 MB over a slow line of the management zone.
const REQUEST_TIMEOUT_MS = 60_000;

async function run(settings: Settings, log: Logger): Promise<void> {
  const metrics = createMetrics({ service: "vault-admin", build: settings.VAULT_ADMIN_BUILD });
  const database = openAdminDatabase(settings);
  const admin = startAdmin(await partsOf(settings, { database, metrics, log, now: Date.now }));
  let isDraining = false;
  const edge = {
    plane: admin.plane,
    onRefusal: admin.onRefusal,
    onChange: admin.onChange,
    trustDomain: settings.VAULT_ADMIN_TRUST_DOMAIN,
    rate: createRateLimiter(settings.VAULT_ADMIN_RATE, true),
  };
  const app = createAdminApp({ log, metrics, edge, problemPages: settings.VAULT_ADMIN_PROBLEM_PAGES });
  const ops = await startOpsServer({
    host: settings.VAULT_ADMIN_OPS_HOST,
    port: settings.VAULT_ADMIN_OPS_PORT,
    metrics,
    readiness: () => readinessOf(database, isDraining),
  });
  const { VAULT_ADMIN_HOST: host, VAULT_ADMIN_PORT: port, VAULT_ADMIN_DRAIN_DEADLINE: deadlineMs } = settings;
  const limits = { requestTimeoutMs: REQUEST_TIMEOUT_MS, connections: 100 };
  const server = await startServer({ app, host, port, tls: await tlsOf(settings), limits, log });
  log.info({ host, port: server.port, ops_port: ops.port }, "vault admin ready");

  const signal = await firstSignal();
  isDraining = true;
  log.info({ signal }, "vault admin draining");
  await server.drain(deadlineMs);
  await admin.stop(deadlineMs);
  await ops.drain(1_000);
  await database.close();
  log.info("vault admin stopped");
}

function openAdminDatabase(settings: Settings): Database {
  return openDatabase({
    url: settings.VAULT_ADMIN_DATABASE_URL_FILE,
    applicationName: "cofferdam-vault-admin",
    maxConnections: settings.VAULT_ADMIN_DATABASE_CONNECTIONS,
    connectTimeoutMs: 2_000,
    checkoutTimeoutMs: 5_000,
    // A census counts every row under a key.
    statementTimeoutMs: 120_000,
    lockTimeoutMs: 5_000,
  });
}

async function partsOf(
  settings: Settings,
  process: Pick<AdminParts, "database" | "metrics" | "log" | "now">,
): Promise<AdminParts> {
  const access = {
    passphrase: settings.VAULT_ADMIN_ROOT_KEY_PASSPHRASE_FILE ?? null,
    production: settings.NODE_ENV === "production",
    now: process.now,
  };
  return {
    ...process,
    rootKeys: await openRootKeys(settings.VAULT_ADMIN_ROOT_KEYS, access, watchRootKeys(process.metrics)),
    custodyClients: openCustodyClients(settings.VAULT_ADMIN_CUSTODY_SOCKETS),
    keyAgents: openKeyAgents(settings.VAULT_ADMIN_ROOT_KEYS),
    cryptoperiods: await readCryptoperiodFile(settings.VAULT_ADMIN_CRYPTOPERIODS_FILE),
    authorize: await loadKeyAuthorizer(settings.VAULT_ADMIN_POLICY_DIRECTORY),
    roster: await openRoster(settings.VAULT_ADMIN_CUSTODIANS_FILE, process.log),
    transcriptKey: createPrivateKey(settings.VAULT_ADMIN_TRANSCRIPT_KEY_FILE),
    earlierTranscriptKeys: await readPublicKeys(settings.VAULT_ADMIN_TRANSCRIPT_EARLIER_KEYS_FILE),
    checkpointKeys: await readPublicKeys(settings.VAULT_ADMIN_CHECKPOINT_PUBLIC_KEYS_FILE),
    journalFile: settings.VAULT_ADMIN_JOURNAL_FILE,
    trustDomain: settings.VAULT_ADMIN_TRUST_DOMAIN,
    inventory: { deployment: settings.VAULT_ADMIN_DEPLOYMENT, owner: settings.VAULT_ADMIN_KEY_OWNER },
    scheduleIntervalMs: settings.VAULT_ADMIN_SCHEDULE_INTERVAL,
    jobIntervalMs: settings.VAULT_ADMIN_JOB_INTERVAL,
    retryIntervalMs: settings.VAULT_ADMIN_RETRY_INTERVAL,
    defaultRowsPerSecond: settings.VAULT_ADMIN_JOB_ROWS_PER_SECOND,
    build: settings.VAULT_ADMIN_BUILD,
  };
}

/** A vault that is sealed or whose HSM is away is ready all the same: it is here that custodians bring it back. */
async function readinessOf(database: Database, isDraining: boolean): Promise<Health> {
  const isReachable = await database.ping().then(
    () => true,
    () => false,
  );
  const checks = [
    { name: "database", ok: isReachable },
    { name: "accepting", ok: !isDraining },
  ];
  return { status: checks.every(({ ok }) => ok) ? "ok" : "unavailable", checks };
}

async function tlsOf(settings: Settings): Promise<ServerTls> {
  const { VAULT_ADMIN_TLS_CRL_FILE: revoked } = settings;
  return {
    ...(revoked === undefined ? {} : { crl: await readFile(revoked) }),
    cert: await readFile(settings.VAULT_ADMIN_TLS_CERT_FILE),
    key: settings.VAULT_ADMIN_TLS_KEY_FILE,
    ca: await readFile(settings.VAULT_ADMIN_TLS_CA_FILE),
  };
}

// Whatever failed may have left a pool or a timer behind that would keep the process alive.
process.exit(
  await runProcess({
    service: "vault-admin",
    name: "vault admin",
    help,
    settings: adminSettings,
    logLevel: (settings) => settings.VAULT_ADMIN_LOG_LEVEL,
    run,
  }),
);
