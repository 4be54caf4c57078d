// How far a long command is, on the stream beside its output: one line that is rewritten on a terminal, a plain line now
// and then elsewhere.

/** Where a command writes; the streams of a process, or a test's. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export interface Progress {
  /** Counts work that was done. Cheap: for each record. */
  add(count: number): void;
  /** Ends the line. */
  end(): void;
}

const terminalEveryMs = 200;
const plainEveryMs = 10_000;
/** The clock is read once in so many records. */
const lookEvery = 4_096;

/** Shows `<label>  1,234,567 <unit>  123,456/s`. `now` is milliseconds of any clock that only goes forward. */
export function startProgress(output: Output, label: string, unit: string, now: () => number): Progress {
  const everyMs = output.isTTY === true ? terminalEveryMs : plainEveryMs;
  const startedMs = now();
  let [done, unseen, shownMs] = [0, 0, startedMs];
  const line = (): string => {
    const perSecond = Math.round((done / Math.max(now() - startedMs, 1)) * 1_000);
    return `${label}  ${done.toLocaleString("en")} ${unit}  ${perSecond.toLocaleString("en")}/s`;
  };
  const show = (): void => {
    output.write(output.isTTY === true ? `\r${line()}\u001b[K` : `${line()}\n`);
    shownMs = now();
  };
  return {
    add: (count) => {
      done += count;
      unseen += count;
      if (unseen < lookEvery) return;
      unseen = 0;
      if (now() - shownMs >= everyMs) show();
    },
    end: () => {
      if (output.isTTY === true) output.write("\r\u001b[K");
    },
  };
}
