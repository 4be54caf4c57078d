// The options of one call, each read as what it must be. Pure.
import { durationMs } from "@cofferdam/kit/config.ts";
import { uuid } from "@cofferdam/kit/uuid.ts";
import { UsageError } from "./errors.ts";

/** What `parseArgs` gives. */
export type OptionValues = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

/** Reads options. All throw UsageError, which names the option and never holds its value. */
export interface Options {
  readonly has: (name: string) => boolean;
  readonly flag: (name: string) => boolean;
  readonly text: (name: string) => string;
  readonly texts: (name: string) => readonly string[];
  readonly id: (name: string) => string;
  readonly integer: (name: string, bounds: { readonly min: number; readonly max: number }) => number;
  readonly choice: <Choice extends string>(name: string, choices: readonly Choice[]) => Choice;
  readonly durationMs: (name: string) => number;
}

export function readOptions(values: OptionValues): Options {
  const text = (name: string): string => {
    const value = values[name];
    if (typeof value === "string" && value !== "") return value;
    throw new UsageError(`--${name} is needed`);
  };
  const read = <Value>(name: string, form: string, of: (given: string) => Value | undefined): Value => {
    const value = of(text(name));
    if (value === undefined) throw new UsageError(`--${name} must be ${form}`);
    return value;
  };
  return {
    has: (name) => values[name] !== undefined && values[name] !== false,
    flag: (name) => values[name] === true,
    text,
    texts: (name) => (Array.isArray(values[name]) ? values[name].map(String) : []),
    id: (name) => read(name, "a UUID in lower case", (given) => (uuid.test(given) ? given : undefined)),
    integer: (name, { min, max }) =>
      read(name, `a whole number from ${min} to ${max}`, (given) => {
        const number = /^\d{1,15}$/.test(given) ? Number(given) : NaN;
        return number >= min && number <= max ? number : undefined;
      }),
    choice: (name, choices) =>
      read(name, `one of ${choices.join(", ")}`, (given) => choices.find((each) => each === given)),
    durationMs: (name) => {
      const { form, read: readDuration } = durationMs("");
      return read(name, form, readDuration);
    },
  };
}
