// Why a PostgreSQL of the sandbox could not be started.

/**
 * `in-use`: a living process runs a server on the folder. `wrong-version`: another major version made the cluster.
 * `password-lost`: the data is there without its password. `not-created`: initdb failed. `not-started`: the server
 * ended at start or was not ready in time.
 */
export type PostgresErrorCode = "in-use" | "wrong-version" | "password-lost" | "not-created" | "not-started";

/** A cluster could not be started; nothing of it is left running. */
export class PostgresError extends Error {
  override readonly name = "PostgresError";
  readonly code: PostgresErrorCode;

  constructor(code: PostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
