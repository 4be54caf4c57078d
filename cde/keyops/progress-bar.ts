// How far something long is. On a terminal one line that is drawn again and again, at most ten times a second; elsewhere,
// in a log, a plain line every five seconds at most.
import type { Output } from "../vault/audit/progress.ts";

export interface ProgressBar {
  /** Tells how far it is. `total` is null while nobody knows. */
  readonly show: (done: number, total: number | null) => void;
  /** Leaves the terminal as it was. */
  readonly end: () => void;
}

export interface ProgressBarOptions {
  readonly output: Output;
  readonly label: string;
  /** What is counted, e.g. `rows`. */
  readonly unit: string;
  /** Milliseconds of any clock that only goes forward. */
  readonly now: () => number;
}

const terminalEveryMs = 100;
const plainEveryMs = 5_000;
const barCharacters = 24;

/** A bar that shows nothing, for `--json`. */
export const noProgressBar: ProgressBar = { show: () => undefined, end: () => undefined };

/** `label  [######------]  45 %  450 of 1,000 rows  120/s  5 s left`: the rate is that since the bar began. */
export function startProgressBar({ output, label, unit, now }: ProgressBarOptions): ProgressBar {
  const isTerminal = output.isTTY === true;
  const everyMs = isTerminal ? terminalEveryMs : plainEveryMs;
  let first: { readonly atMs: number; readonly done: number } | null = null;
  let shownMs = -Infinity;
  return {
    show: (done, total) => {
      const atMs = now();
      first ??= { atMs, done };
      if (atMs - shownMs < everyMs) return;
      shownMs = atMs;
      const perSecond = ((done - first.done) / Math.max(atMs - first.atMs, 1)) * 1_000;
      const line = [label, ...(total === null ? ["working"] : counted({ done, total, perSecond, unit }))].join("  ");
      output.write(isTerminal ? `\r${line}\u001b[K` : `${line}\n`);
    },
    end: () => {
      if (isTerminal && first !== null) output.write("\r\u001b[K");
    },
  };
}

interface Count {
  readonly done: number;
  readonly total: number;
  readonly perSecond: number;
  readonly unit: string;
}

function counted({ done, total, perSecond, unit }: Count): readonly string[] {
  const share = total === 0 ? 1 : Math.min(done / total, 1);
  const full = Math.floor(share * barCharacters);
  const bar = `[${"#".repeat(full)}${"-".repeat(barCharacters - full)}]`;
  const counts = `${number(done)} of ${number(total)} ${unit}`;
  const pace =
    perSecond > 0 ? [`${number(Math.round(perSecond))}/s`, `${durationText((total - done) / perSecond)} left`] : [];
  return [bar, `${Math.floor(share * 100)} %`, counts, ...pace];
}

/** `5 s`, `3 min 20 s`, `2 h 5 min`. */
export function durationText(seconds: number): string {
  const whole = Math.max(Math.ceil(seconds), 0);
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor((whole % 3_600) / 60)];
  if (hours > 0) return `${number(hours)} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

function number(value: number): string {
  return value.toLocaleString("en");
}
