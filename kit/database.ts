/**
 * PostgreSQL: transactions over a bounded pool, every wait with a deadline.
 *
 * Connections run in pg's pipeline mode: statements that are issued without awaiting each other travel together and run
 * in order. `asTenant` uses it to send BEGIN, the tenant and the first statement of the work in one round trip.
 */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

import { DatabaseError, translated } from "./database-error.ts";
import { openPool } from "./database-pool.ts";
import type { PoolOptions } from "./database-pool.ts";

export { DatabaseError } from "./database-error.ts";

/** One SQL statement. It is prepared once per connection under its name (at most 63 bytes, unique in the process). */
export interface Statement {
  readonly name: string;
  /** Schema-qualified: the search path holds `pg_catalog` only. */
  readonly text: string;
}

export interface Transaction {
  /**
   * Runs one statement and returns its rows, keyed by column name.
   *
   * `bigint` arrives as a number (an unsafe integer is an error), `timestamptz` as a Date, `bytea` as a Buffer; `date`
   * and `numeric` stay text. Throws DatabaseError; after any error the transaction can only be rolled back.
   */
  rows<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]>;
}

/** Connections of the pool: all, those idle, and requests that wait for one. */
export interface PoolState {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

export interface Database {
  /**
   * Runs the work in one transaction: COMMIT when it returns, ROLLBACK when it throws, and its error is rethrown.
   *
   * On SQLSTATE 40001 and 40P01 the work runs again, up to three times, so it must have no effect but through `tx`.
   * Throws DatabaseError; only `outcome_unknown` leaves open whether anything was written.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** The same with `app.tenant_id` set for this transaction, which is what row-level security compares rows with. */
  asTenant<T>(tenantId: string, work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Resolves when the server answers a query within the deadlines. */
  ping(): Promise<void>;
  /** Waits for running transactions, then ends every connection. */
  close(): Promise<void>;
  poolState(): PoolState;
}

/** First attempt and three more. */
const maxAttempts = 4;
const retryJitterMs = 20;

const tenantStatement: Statement = {
  name: "kit_set_tenant",
  text: "select pg_catalog.set_config('app.tenant_id', $1, true)",
};

/** Opens a pool. No connection is made until one is needed. Throws TypeError for a URL that sets session parameters. */
export function openDatabase(options: PoolOptions): Database {
  const pool = openPool(options);
  const run = <T>(tenantId: string | null, work: Work<T>): Promise<T> =>
    retried(() => withSession(pool, (session) => transact(session, tenantId, work)));
  return {
    transaction: (work) => run(null, work),
    asTenant: (tenantId, work) => run(tenantId, work),
    ping: () => withSession(pool, answered),
    close: () => pool.end(),
    poolState: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
  };
}

async function answered(session: pg.PoolClient): Promise<void> {
  try {
    await session.query("select 1");
  } catch (error) {
    throw translated(error);
  }
}

type Work<T> = (tx: Transaction) => Promise<T>;

async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (let number = 1; ; number++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof DatabaseError && error.code === "conflict") || number === maxAttempts) throw error;
      await sleep(Math.random() * retryJitterMs * number);
    }
  }
}

/** Lends a connection to the work. It goes back to the pool only when it is certainly fit for the next request. */
async function withSession<T>(pool: pg.Pool, work: (session: pg.PoolClient) => Promise<T>): Promise<T> {
  const session = await checkout(pool);
  let fit = false;
  try {
    const result = await work(session);
    fit = true;
    return result;
  } catch (error) {
    fit = await rolledBack(session);
    throw error;
  } finally {
    session.release(!fit || session.getTransactionStatus() !== "I");
  }
}

async function checkout(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    const exhausted = error instanceof Error && error.message === "timeout exceeded when trying to connect";
    throw exhausted ? new DatabaseError("timeout", "no connection became free in time") : translated(error);
  }
}

async function transact<T>(session: pg.PoolClient, tenantId: string | null, work: Work<T>): Promise<T> {
  const tx = new OpenTransaction(session);
  try {
    const result = tenantId === null ? await begun(tx, work) : await begunFor(tenantId, tx, work);
    await commit(session);
    return result;
  } finally {
    tx.close();
  }
}

/** Waits for BEGIN: without a tenant, nothing else would stop a first statement from committing on its own. */
async function begun<T>(tx: OpenTransaction, work: Work<T>): Promise<T> {
  await tx.send({ text: "begin" });
  return work(tx);
}

/**
 * Sends BEGIN, the tenant and the first statement together. Should BEGIN fail on a connection that lives on, the tenant
 * is unset again before the first statement runs, so row-level security refuses it: nothing commits on its own.
 */
async function begunFor<T>(tenantId: string, tx: OpenTransaction, work: Work<T>): Promise<T> {
  const opening = [tx.send({ text: "begin" }), tx.send({ ...tenantStatement, values: [tenantId] })];
  const working = (async () => work(tx))();
  await Promise.all([...opening, working]);
  return working;
}

class OpenTransaction implements Transaction {
  readonly #session: pg.PoolClient;
  #open = true;

  constructor(session: pg.PoolClient) {
    this.#session = session;
  }

  async rows<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]> {
    if (!this.#open) throw new DatabaseError("refused", "the transaction is over");
    const { name, text } = statement;
    const result = await this.send<Row>({ name, text, values: [...values] });
    return result.rows;
  }

  async send<Row extends object>(query: pg.QueryConfig<unknown[]>): Promise<pg.QueryResult<Row>> {
    try {
      return await this.#session.query<Row, unknown[]>(query);
    } catch (error) {
      throw translated(error);
    }
  }

  close(): void {
    this.#open = false;
  }
}

/**
 * Commits, or says that nobody knows. An error from a server that goes on serving the session is a definite no; a lost
 * connection is not, and neither is a warning: `canceling wait for synchronous replication` means that only this server
 * has the rows.
 */
async function commit(session: pg.PoolClient): Promise<void> {
  const warnings: string[] = [];
  const onNotice = ({ code = "01000" }: { readonly code: string | undefined }): void => {
    if (!code.startsWith("00")) warnings.push(code);
  };
  session.on("notice", onNotice);
  try {
    const { command } = await session.query("commit");
    if (command !== "COMMIT") throw new DatabaseError("refused", "a statement had failed, so COMMIT rolled back");
  } catch (error) {
    const definite =
      error instanceof DatabaseError || (error instanceof pg.DatabaseError && (await rolledBack(session)));
    throw definite
      ? translated(error)
      : new DatabaseError("outcome_unknown", "no answer to COMMIT", { cause: translated(error) });
  } finally {
    session.off("notice", onNotice);
  }
  if (warnings.length > 0) throw new DatabaseError("outcome_unknown", "the server warned while it committed");
}

/** Whether the server confirmed that no transaction is open on this session. */
async function rolledBack(session: pg.PoolClient): Promise<boolean> {
  try {
    await session.query("rollback");
    return true;
  } catch {
    return false;
  }
}
