/**
 * The connection pool: how a session is opened and what it may never exceed.
 */
import pg from "pg";

export interface PoolOptions {
  /** `postgresql://…`; of its parameters only those of TLS and the host are allowed, the rest is set here. */
  readonly url: string;
  readonly applicationName: string;
  readonly maxConnections: number;
  /** To open a connection, TLS and authentication included. */
  readonly connectTimeoutMs: number;
  /** For a request to get a connection, opening included. */
  readonly checkoutTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
}

/** The server ends a slow statement itself; this much later we stop waiting for a server that no longer can. */
const answerMarginMs = 1_000;
/** A transaction of ours never waits for anything but the database, so an idle one is a defect. */
const idleInTransactionTimeoutMs = 10_000;
const keepAliveDelayMs = 10_000;

/**
 * A prepared statement keeps the plan it got while its table was small: a sequential scan, which then grows with the
 * table until statistics come by. Every statement of ours that runs often has an index, so scans are the last resort.
 */
const sessionSettings = "-c search_path=pg_catalog -c enable_seqscan=off";

/** What a URL may say about the connection. Everything about the session is ours to set. */
const urlParameters: ReadonlySet<string> = new Set(["host", "sslmode", "sslrootcert", "sslcert", "sslkey"]);

/** Makes a pool; connections open when they are needed. Throws TypeError for a URL that sets session parameters. */
export function openPool(options: PoolOptions): pg.Pool {
  for (const name of new URL(options.url).searchParams.keys()) {
    if (!urlParameters.has(name)) throw new TypeError(`database URL: parameter ${name} is not allowed`);
  }
  const pool = new pg.Pool({
    Client: clientWithConnectTimeout(options.connectTimeoutMs),
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.maxConnections,
    connectionTimeoutMillis: options.checkoutTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    lock_timeout: options.lockTimeoutMs,
    query_timeout: options.statementTimeoutMs + answerMarginMs,
    idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
    options: sessionSettings,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveDelayMs,
    pipeline: true,
    types: { getTypeParser: typeParser },
  });
  // A lost connection is met by whoever uses it next or now; unheard, these events would end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (session) => session.on("error", () => undefined));
  return pool;
}

/** The pool knows one deadline, that of the checkout; the client keeps its own for the connection. */
function clientWithConnectTimeout(connectionTimeoutMillis: number): new (config?: pg.ClientConfig) => pg.Client {
  return class extends pg.Client {
    constructor(config?: pg.ClientConfig) {
      super({ ...config, connectionTimeoutMillis });
    }
  };
}

/** Object ids of PostgreSQL's `pg_type` catalogue. */
const int8Oid = 20;
const dateOid = 1082;

type TypeParser = (text: string) => unknown;
type TypeParsers = (oid: number, format?: "text" | "binary") => TypeParser;

const parserOfDriver: TypeParsers = pg.types.getTypeParser;

const typeParser: TypeParsers = (oid, format) => {
  if (oid === int8Oid) return safeInteger;
  // As a Date it would be midnight in the machine's own time zone, which is another day elsewhere.
  if (oid === dateOid) return (text) => text;
  return parserOfDriver(oid, format);
};

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError("bigint beyond 2^53");
  return value;
}
