// A PostgreSQL for one test file: fast, in a temporary folder, gone with its folder at the end.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startPostgres, type Cluster } from "./postgres.ts";
import type { PostgresVersion } from "./postgres-binaries.ts";

/**
 * Starts a cluster that is not crash-safe; disposing of it stops it and removes its folder. Takes about a second, so
 * a test file starts one and gives each test a database of its own.
 */
export async function startTestCluster(version: PostgresVersion = "embedded"): Promise<Cluster> {
  const directory = await mkdtemp(path.join(tmpdir(), "cofferdam-postgres-"));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const cluster = await startPostgres({ directory, version, durable: false });
    const stop = async (): Promise<void> => {
      await cluster.stop();
      await remove();
    };
    return { ...cluster, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await remove();
    throw error;
  }
}
