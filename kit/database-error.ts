/**
 * What can go wrong between us and PostgreSQL, in five words.
 */
import pg from "pg";

/**
 * - `unavailable`: no connection, or it was lost before COMMIT was sent. Nothing was written.
 * - `timeout`: a deadline passed (checkout, lock, statement). Nothing was written.
 * - `conflict`: a serialization failure or deadlock that outlived its retries. Nothing was written.
 * - `refused`: the server refused the statement: constraint, permission, data or syntax. Nothing was written.
 * - `outcome_unknown`: COMMIT was sent and its answer never came. Read back by your own key before you try again.
 */
export type DatabaseErrorCode = "unavailable" | "timeout" | "conflict" | "refused" | "outcome_unknown";

/** What the server told, as far as it cannot hold a parameter: never its `detail`, `where` or `hint`. */
export interface ServerFacts {
  /** Five characters, PostgreSQL appendix A, for example `23505`. */
  readonly sqlState?: string;
  /** Name of the constraint that refused, where one did. */
  readonly constraint?: string;
}

export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  readonly code: DatabaseErrorCode;
  readonly sqlState?: string;
  readonly constraint?: string;

  constructor(code: DatabaseErrorCode, message: string, options: ServerFacts & { readonly cause?: unknown } = {}) {
    const { sqlState, constraint, ...rest } = options;
    super(message, rest);
    this.code = code;
    if (sqlState !== undefined) this.sqlState = sqlState;
    if (constraint !== undefined) this.constraint = constraint;
  }
}

const codeOfSqlState: ReadonlyMap<string, DatabaseErrorCode> = new Map([
  ["40001", "conflict"], // serialization_failure
  ["40P01", "conflict"], // deadlock_detected
  ["57014", "timeout"], // query_canceled: statement_timeout
  ["55P03", "timeout"], // lock_not_available: lock_timeout
  ["25P03", "timeout"], // idle_in_transaction_session_timeout
]);

/** Connection, resources, operator intervention, system and internal errors: later, the server may be healthy. */
const unavailableClasses: ReadonlySet<string> = new Set(["08", "53", "57", "58", "XX"]);

/** Data exceptions, the only messages that quote parameters: `invalid input syntax for type uuid: "…"`. */
const quotingClass = "22";

/** Turns whatever `pg` rejected with into a DatabaseError that quotes no parameter. */
export function translated(error: unknown): DatabaseError {
  if (error instanceof DatabaseError) return error;
  if (error instanceof pg.DatabaseError) return serverError(error);
  const message = error instanceof Error ? error.message : String(error);
  if (message === "Query read timeout") return new DatabaseError("timeout", "no answer before the deadline");
  const ours = error instanceof TypeError || error instanceof RangeError;
  return ours
    ? new DatabaseError("refused", `value cannot be carried: ${message}`)
    : new DatabaseError("unavailable", `connection failed: ${message}`, { cause: error });
}

function serverError(error: pg.DatabaseError): DatabaseError {
  const sqlState = error.code ?? "XX000";
  const sqlClass = sqlState.slice(0, 2);
  const code = codeOfSqlState.get(sqlState) ?? (unavailableClasses.has(sqlClass) ? "unavailable" : "refused");
  const said = sqlClass === quotingClass ? "a value does not fit its type or rule" : error.message;
  const { constraint } = error;
  return new DatabaseError(code, `${said} (SQLSTATE ${sqlState})`, {
    sqlState,
    ...(constraint !== undefined && { constraint }),
  });
}
