/**
 * For tests: a database of one's own in the cluster that the test runner started.
 */
import { randomUUID } from "node:crypto";
import pg from "pg";

export interface TestDatabase extends AsyncDisposable {
  /** URL of the superuser in the new database. */
  readonly url: string;
  /** Runs SQL as the superuser, several statements at once if need be. */
  execute(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** Makes an empty database in the cluster of `TEST_DATABASE_URL`, a superuser's URL; dropped when disposed of. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const clusterUrl = process.env["TEST_DATABASE_URL"];
  if (clusterUrl === undefined) {
    throw new Error(
      "TEST_DATABASE_URL is not set: run the tests through npm test, or point it at a superuser of a PostgreSQL",
    );
  }
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  await execute(clusterUrl, `create database ${name}`);
  const url = withDatabase(clusterUrl, name);
  return {
    url,
    execute: (sql) => execute(url, sql),
    [Symbol.asyncDispose]: async () => {
      await execute(clusterUrl, `drop database ${name} with (force)`);
    },
  };
}

function withDatabase(clusterUrl: string, name: string): string {
  const url = new URL(clusterUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function execute(url: string, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Readonly<Record<string, unknown>>>(sql);
    return rows;
  } finally {
    await client.end();
  }
}
