// What is said of a command that did not do what it was asked, and the exit code that goes with it. Never a stack, and never
// what somebody sent. Pure.
import { NoteError } from "../vault/audit/signed-note.ts";
import { CeremonyFileError } from "../vault/keys/ceremony/ceremony-file.ts";
import { StatementError } from "../vault/keys/ceremony/ceremony-statement.ts";
import { InventoryError } from "../vault/keys/inventory/inventory-overlap.ts";
import { CustodyError } from "../vault/keys/custody/custody-error.ts";
import { KeyCertificateError } from "../vault/keys/ceremony/key-certificate.ts";
import { AdminProblem, hintFor, isPassing } from "./admin-problem.ts";
import type { ExitCode, Outcome } from "./command.ts";
import { FileError, NotFinished, Refusal, UsageError } from "./errors.ts";

/** An error as an outcome, `ok` false in its JSON. */
export function failureOf(error: unknown, commandName: string): Outcome & { readonly exitCode: ExitCode } {
  const { exitCode, hint, fields = {} } = told(error);
  const message = error instanceof AdminProblem ? problemText(error) : messageOf(error);
  const next = hint === "" ? "" : `Next: ${hint}\n`;
  return {
    exitCode,
    text: `keyops${commandName === "" ? "" : ` ${commandName}`}: ${message}\n${next}`,
    json: { error: { message: message.split("\n")[0], ...fields, ...(hint !== "" && { hint }) } },
  };
}

interface Told {
  readonly exitCode: ExitCode;
  readonly hint: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

function told(error: unknown): Told {
  if (error instanceof AdminProblem) {
    return { exitCode: isPassing(error) ? 3 : 1, hint: hintFor(error), fields: { ...error.problem } };
  }
  if (error instanceof NotFinished) return { exitCode: 3, hint: error.hint };
  if (error instanceof Refusal) return { exitCode: 1, hint: error.hint };
  if (inputs.some((kind) => error instanceof kind)) return { exitCode: 2, hint: "" };
  if (error instanceof UsageError || isOfParseArgs(error)) return { exitCode: 2, hint: "Try --help." };
  return { exitCode: 1, hint: "" };
}

/** Errors of what was given to the command, in a file or as one. */
const inputs = [FileError, CeremonyFileError, InventoryError];

/** Title, detail, each field, and the id to ask for help with. */
function problemText({ problem }: AdminProblem): string {
  const fields = (problem.errors ?? []).map(
    ({ pointer, keyword, detail }) => `  ${pointer || "/"}  ${keyword}: ${detail}\n`,
  );
  const detail = problem.detail === undefined ? "" : `: ${problem.detail}`;
  return `${problem.title}${detail}\n${fields.join("")}  request ${problem.request_id}`;
}

/** Errors whose messages are made for people and hold no input. Of any other only the kind is told. */
const speaking = [
  UsageError,
  FileError,
  Refusal,
  NotFinished,
  CeremonyFileError,
  StatementError,
  CustodyError,
  KeyCertificateError,
  NoteError,
  InventoryError,
  RangeError,
];

function messageOf(error: unknown): string {
  // What Node says of an option it does not know goes on with advice that is not ours.
  if (isOfParseArgs(error)) return (error as Error).message.split(". ")[0] ?? "";
  if (speaking.some((kind) => error instanceof kind)) return (error as Error).message;
  return `this should not have happened (${error instanceof Error ? error.name : typeof error})`;
}

function isOfParseArgs(error: unknown): boolean {
  return error instanceof Error && String((error as { code?: unknown }).code).startsWith("ERR_PARSE_ARGS");
}
