/**
 * Configuration from environment variables: declared in one place, read once at start, complained about all at once.
 *
 * Secrets come from files only, named by variables that end in `_FILE`: an environment is inherited by children and
 * shown by process listings.
 */
import { accessSync, constants, readFileSync } from "node:fs";

/** One variable: what it is for, the form its text must have, and what holds when it is absent. */
export interface Setting<T> {
  readonly description: string;
  /** Completes "must be …". */
  readonly form: string;
  /** Without this property the variable must be set. */
  readonly fallback?: T;
  /** @returns undefined when the text does not have the form. */
  readonly read: (text: string) => T | undefined;
}

export type ConfigSpec = Readonly<Record<string, Setting<unknown>>>;

export type Config<Spec extends ConfigSpec> = {
  readonly [Name in keyof Spec]: Spec[Name] extends Setting<infer T> ? T : never;
};

/** Every variable that is missing or malformed, by name and rule; values are never quoted. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`configuration is not usable:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

/** Reads every variable of the spec. An empty variable counts as absent. Throws one ConfigError for all of them. */
export function readConfig<Spec extends ConfigSpec>(
  spec: Spec,
  environment: Readonly<Record<string, string | undefined>>,
): Config<Spec> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(spec)) {
    const text = environment[name] ?? "";
    const value = text === "" ? setting.fallback : setting.read(text);
    const absent = text === "" && !("fallback" in setting);
    if (absent) problems.push(`${name} must be set: ${setting.description}`);
    else if (text !== "" && value === undefined) problems.push(`${name} must be ${setting.form}`);
    values[name] = value;
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return values as Config<Spec>;
}

/** A table for `--help`: one variable per line with its description, form and default. */
export function describeConfig(spec: ConfigSpec): string {
  const width = Math.max(...Object.keys(spec).map((name) => name.length));
  const lines = Object.entries(spec).map(([name, setting]) => {
    const otherwise = "fallback" in setting ? `default: ${shown(setting.fallback)}` : "required";
    return `${name.padEnd(width)}  ${setting.description} (${setting.form}; ${otherwise})`;
  });
  return `${lines.join("\n")}\n`;
}

function shown(value: unknown): string {
  if (value === undefined) return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}

type Fallback<T> = readonly [] | readonly [fallback: T];

function setting<T>(
  description: string,
  form: string,
  fallback: Fallback<T>,
  read: (text: string) => T | undefined,
): Setting<T> {
  return { description, form, read, ...(fallback.length === 1 && { fallback: fallback[0] }) };
}

/** The same setting, undefined when the variable is absent. */
export function optional<T>({ description, form, read }: Setting<T>): Setting<T | undefined> {
  return { description, form, read, fallback: undefined };
}

export function text(description: string, ...fallback: Fallback<string>): Setting<string> {
  return setting(description, "text", fallback, (value) => value);
}

export function choice<const T extends string>(
  description: string,
  choices: readonly T[],
  ...fallback: Fallback<NoInfer<T>>
): Setting<T> {
  return setting(description, `one of ${choices.join(", ")}`, fallback, (value) =>
    choices.find((each) => each === value),
  );
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

export function integer(description: string, { min, max }: Range, ...fallback: Fallback<number>): Setting<number> {
  return setting(description, `a whole number from ${min} to ${max}`, fallback, (value) => {
    const number = /^-?\d{1,15}$/.test(value) ? Number(value) : NaN;
    return number >= min && number <= max ? number : undefined;
  });
}

/** A TCP port; 0 lets the system choose. */
export function port(description: string, ...fallback: Fallback<number>): Setting<number> {
  return integer(description, { min: 0, max: 65_535 }, ...fallback);
}

/** What a timer takes: beyond 2^31-1 ms Node would fire it at once. */
const longestTimerMs = 2_147_483_647;
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `250ms`, `5s`, `10m`, `24h` or `20d`, at most 24 days; the value and the fallback are milliseconds. */
export function durationMs(description: string, ...fallback: Fallback<number>): Setting<number> {
  return setting(description, "a duration such as 250ms, 5s, 10m, 24h or 20d", fallback, (value) => {
    const [, count, unit = ""] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(value) ?? [];
    const durationMs = Number(count) * (unitMs[unit] ?? NaN);
    return durationMs >= 1 && durationMs <= longestTimerMs ? durationMs : undefined;
  });
}

/** An absolute URL with one of the schemes, such as `https:`, and no password in it: use a secretFile for those. */
export function url(description: string, schemes: readonly string[], ...fallback: Fallback<string>): Setting<string> {
  const form = `a URL with ${schemes.join(" or ")} and no password`;
  return setting(description, form, fallback, (value) => {
    const parsed = URL.parse(value);
    return parsed !== null && schemes.includes(parsed.protocol) && parsed.password === "" ? value : undefined;
  });
}

/** The path of a file that this process may read. */
export function file(description: string, ...fallback: Fallback<string>): Setting<string> {
  return setting(description, "the path of a readable file", fallback, (path) => {
    try {
      accessSync(path, constants.R_OK);
      return path;
    } catch {
      return undefined;
    }
  });
}

/** The content of the file that the variable names, without the white space around it. There is no default secret. */
export function secretFile(description: string): Setting<string> {
  return setting(description, "the path of a readable file that is not empty", [], (path) => {
    try {
      return readFileSync(path, "utf8").trim() || undefined;
    } catch {
      return undefined;
    }
  });
}
