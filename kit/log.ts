/**
 * One JSON object per line on standard output, with nothing in it that was not foreseen.
 *
 * Two rules hold for every line, whoever writes it. Only the fields of `logFields` come through. And the finished line,
 * message, stack and all, passes the guard against card numbers just before it is written: filtering by field name
 * alone lets a number out in a message or a deep path. JSON escapes control characters, so no line can forge another.
 */
import { pino, stdTimeFunctions } from "pino";
import type { DestinationStream } from "pino";

import { scrubPans } from "./pan-guard.ts";

/** Every field a line may have, one per fact. A field that is not here is dropped and its name shown in `dropped`. */
const logFields = [
  // a request; its route is the template, such as `/v1/tokens/:token`, never the path that was sent
  "request_id",
  "route",
  "method",
  "status",
  "duration_ms",
  "origin",
  "problem",
  // a caller
  "client_id",
  "tenant_id",
  "workload",
  // what was done, how often, how it ended and why
  "migration",
  "count",
  "outcome",
  "reason",
  // the process
  "host",
  "port",
  "ops_port",
  "signal",
] as const;

export type LogField = (typeof logFields)[number];

export type LogFields = { readonly [field in LogField]?: string | number | boolean | null | undefined } & {
  /** Written as type, message, code, SQLSTATE, stack and causes. Other properties of an error may hold input. */
  readonly err?: unknown;
};

/** Messages are constant text; what varies goes into fields. */
export interface LogMethod {
  (message: string): void;
  (fields: LogFields, message: string): void;
}

export type LogLevel = "debug" | "info" | "warn" | "error" | "fatal";

export interface Logger extends Readonly<Record<LogLevel, LogMethod>> {
  /** A logger that adds these fields to each line. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  /** Name of the process, in every line. */
  readonly service: string;
  readonly level: LogLevel | "silent";
  /** Standard output when absent. Called once per line, line break included. */
  readonly destination?: DestinationStream;
}

const longestText = 512;
const longestStack = 4_096;
const deepestCause = 4;

/** Makes the logger of a process. Times are ISO 8601: thirteen digits of epoch milliseconds would look like a card. */
export function createLogger({ service, level, destination = pino.destination(1) }: LoggerOptions): Logger {
  const scrubber = {
    write(line: string): void {
      destination.write(scrubbedLine(line));
    },
  };
  const options = {
    level,
    base: { service },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: allowedFields, bindings: allowedBindings },
    serializers: { err: errorFacts },
  };
  return pino(options, scrubber);
}

/** Masks card numbers. A number outside quotes cannot be masked in JSON, so such a line is withheld whole. */
function scrubbedLine(line: string): string {
  const scrubbed = scrubPans(line);
  if (scrubbed === line) return line;
  try {
    JSON.parse(scrubbed);
    return scrubbed;
  } catch {
    const time = new Date().toISOString();
    return `${JSON.stringify({ level: "error", time, msg: "withheld a line with a card number outside a string" })}\n`;
  }
}

const allowed: ReadonlySet<string> = new Set<string>([...logFields, "err"]);

function allowedFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (!allowed.has(name)) dropped.push(cut(name, longestText));
    else kept[name] = name === "err" ? value : scalar(value);
  }
  return dropped.length === 0 ? kept : { ...kept, dropped };
}

function allowedBindings(bindings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { service, ...rest } = bindings;
  return { ...(service !== undefined && { service }), ...allowedFields(rest) };
}

/** Texts are cut, objects are not followed: depth is where surprises live. */
function scalar(value: unknown): unknown {
  if (typeof value === "string") return cut(value, longestText);
  return typeof value === "number" || typeof value === "boolean" || value === null ? value : undefined;
}

/** A card number cut in two would pass the guard, so it is masked before. */
function cut(text: string, length: number): string {
  return text.length <= length ? text : scrubPans(text).slice(0, length);
}

interface ErrorFacts {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly sql_state?: string;
  readonly stack?: string;
  readonly cause?: ErrorFacts;
}

/** What we keep of an error: libraries hang requests, headers and rows on theirs. */
function errorFacts(error: unknown, depth = 0): ErrorFacts {
  if (!(error instanceof Error)) return { type: typeof error, message: "thrown value that is no Error" };
  const { code, sqlState } = error as { readonly code?: unknown; readonly sqlState?: unknown };
  return {
    type: error.name,
    message: cut(error.message, longestText),
    ...(typeof code === "string" && { code: cut(code, longestText) }),
    ...(typeof sqlState === "string" && { sql_state: sqlState }),
    ...(error.stack !== undefined && { stack: cut(error.stack, longestStack) }),
    ...(error.cause !== undefined && depth < deepestCause && { cause: errorFacts(error.cause, depth + 1) }),
  };
}
