// One connection of the database administrator, for work that no service may do.
import { Client, escapeIdentifier } from "pg";

/** Connects, does `work`, and disconnects whatever happens. `database` replaces the one that the URL names. */
export async function asAdmin<Result>(
  adminUrl: string,
  work: (client: Client) => Promise<Result>,
  database?: string,
): Promise<Result> {
  const client = new Client({ connectionString: database === undefined ? adminUrl : urlOf(adminUrl, { database }) });
  // A connection lost between two statements shows at the next one; without a listener it would end the process.
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** `url` with another database, and with another login when given. */
export function urlOf(url: string, change: { database: string; user?: string; password?: string }): string {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(change.database)}`;
  if (change.user !== undefined) changed.username = encodeURIComponent(change.user);
  if (change.password !== undefined) changed.password = encodeURIComponent(change.password);
  return changed.href;
}

/** Fills the places `%I` of a statement with quoted names, in order: names cannot be parameters. */
export function withNames(statement: string, ...names: readonly string[]): string {
  const rest = [...names];
  return statement.replaceAll("%I", () => escapeIdentifier(rest.shift() ?? ""));
}

/**
 * Does `work` while no other caller of this function on the same database does: across processes, and released by the
 * server when we die.
 */
export async function alone<Result>(client: Client, work: () => Promise<Result>): Promise<Result> {
  await client.query("select pg_advisory_lock($1)", [sandboxLock]);
  try {
    return await work();
  } finally {
    await client.query("select pg_advisory_unlock($1)", [sandboxLock]);
  }
}

const sandboxLock = 0x0c0ffe4d; // Any number that nobody else locks.
