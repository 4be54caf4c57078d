// A standing vault for one test file: a database of its own on the suite's cluster, a folder of its own.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { openDatabase, type Database } from "@cofferdam/kit/database.ts";
import { createLogger } from "@cofferdam/kit/log.ts";
import { migrateVault } from "@cofferdam/cde/vault/migrate-vault.ts";
import { sandboxTenants, type sandboxCallers, type SandboxTenant } from "./callers.ts";
import { standUpVault, type StandingVault, type StandingVaultOptions } from "./standing-vault.ts";
import { createTestDatabase } from "./test-database.ts";
import { vaultClient, type VaultClient } from "./vault-client.ts";

export interface TestBed extends AsyncDisposable {
  readonly standing: StandingVault;
  /** The database as a superuser sees it: past every grant and policy, as an attacker with the disk would. */
  readonly adminUrl: string;
  /** One connection there, open as long as the bed. For work of its own, `asAdmin` opens another. */
  readonly admin: Client;
  /** A client of a caller; of Harbour Coffee unless another tenant is given. */
  client(caller: keyof typeof sandboxCallers, tenant?: SandboxTenant): Promise<VaultClient>;
  /** The database under one of the vault's own roles. */
  databaseAs(role: "api" | "auditor" | "rotator" | "owner"): Database;
}

/**
 * Opens a test bed. The suite's runner names the cluster in TEST_DATABASE_URL, and in TEST_EVIDENCE_DIRECTORY the folder
 * where databases, logs and checkpoints stay for the search that follows the suite.
 */
export async function openTestBed(
  options: Pick<StandingVaultOptions, "environment" | "vault" | "rootKeys"> = {},
): Promise<TestBed> {
  const clusterUrl = process.env["TEST_DATABASE_URL"];
  if (clusterUrl === undefined) throw new Error("TEST_DATABASE_URL names no cluster: run `make test`, or `npm test`");
  const evidence = process.env["TEST_EVIDENCE_DIRECTORY"];
  const directory = await mkdtemp(path.join(evidence ?? tmpdir(), "vault-"));
  const database = await createTestDatabase({
    adminUrl: clusterUrl,
    passwordFile: path.join(evidence ?? path.dirname(directory), "database-passwords.json"),
    template: "vault",
    migrate: (ownerUrl) => migrateVault(ownerUrl, createLogger({ service: "test", level: "error" })),
  });
  const opened: Database[] = [];
  const standing = await standUpVault({ directory, urls: database.urls, ...options });
  const adminUrl = new URL(clusterUrl);
  adminUrl.pathname = `/${database.name}`;
  const admin = new Client({ connectionString: adminUrl.href });
  await admin.connect();
  return {
    standing,
    adminUrl: adminUrl.href,
    admin,
    client: (caller, tenant = sandboxTenants.harbourCoffee) => vaultClient(standing, caller, tenant),
    databaseAs: (role) => {
      const connection = connect(database.urls[role]);
      opened.push(connection);
      return connection;
    },
    [Symbol.asyncDispose]: async () => {
      await keepMetrics(standing.vault.opsUrl, directory);
      await standing.stop();
      await Promise.all([admin.end(), ...opened.map((connection) => connection.close())]);
      if (evidence !== undefined) return;
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Metrics are searched for card numbers as well. A vault that a test has ended has none. */
async function keepMetrics(opsUrl: string, directory: string): Promise<void> {
  const metrics = await fetch(`${opsUrl}/metrics`).then(
    (response) => response.text(),
    () => "",
  );
  await writeFile(path.join(directory, "metrics.txt"), metrics);
}

function connect(url: string): Database {
  return openDatabase({
    url,
    applicationName: "cofferdam-test",
    maxConnections: 4,
    connectTimeoutMs: 5_000,
    checkoutTimeoutMs: 5_000,
    statementTimeoutMs: 10_000,
    lockTimeoutMs: 5_000,
  });
}
