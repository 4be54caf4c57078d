// What can go wrong in a command, by what the exit code says of it. What the vault answers is in `admin-problem.ts`.

/** The command was not given as it must be. Nothing was done. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A file that cannot be read or made. Exit code 2. */
export class FileError extends Error {
  override readonly name = "FileError";
}

/** We do not do it, whatever the vault would say. Nothing was sent that changes anything. Exit code 1. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly hint: string;

  constructor(message: string, hint = "") {
    super(message);
    this.hint = hint;
  }
}

/** The vault did not answer, or did not say that it is over. Exit code 3. */
export class NotFinished extends Error {
  override readonly name = "NotFinished";
  readonly hint: string;

  constructor(message: string, hint = "", options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}
