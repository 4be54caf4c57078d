// Where a key stands in its cryptoperiod. Pure: the keyring refuses a key that is over, a scheduler replaces one that is
// due, and a gauge shows how much of its time is gone.
import type { RotationPeriod } from "./cryptoperiods.ts";

/** What is known of a key in use. Times are milliseconds since 1970. */
export interface KeyUseFacts {
  readonly activatedAtMs: number;
  /** Records it has protected so far; 0 where nobody counts. */
  readonly uses: number;
  readonly nowMs: number;
}

/** Where a key stands. The dates follow from its age alone: uses may bring state and alert forward. */
export interface KeyStanding {
  /** `due`: replace it; it still protects new data. `over`: it does not. */
  readonly state: "fresh" | "due" | "over";
  /** It should have been replaced by now, and somebody must be told. */
  readonly isOverdue: boolean;
  readonly dueAtMs: number;
  readonly endsAtMs: number;
  /** Age over the longest age: 0 when it was activated, 1 at its end. Never below 0. */
  readonly ageRatio: number;
  /** Uses over the most uses, likewise; 0 where uses do not wear the key out. */
  readonly useRatio: number;
}

const DAY_MS = 86_400_000;

/** Answers where a key stands. `over` is exactly what `isPastCryptoperiod` of the keyring refuses. */
export function standingOf(period: RotationPeriod, { activatedAtMs, uses, nowMs }: KeyUseFacts): KeyStanding {
  const endsAtMs = activatedAtMs + period.maxAgeDays * DAY_MS;
  const dueAtMs = endsAtMs - period.rotateBeforeDays * DAY_MS;
  const isOver = nowMs >= endsAtMs || (period.maxUses !== null && uses >= period.maxUses);
  const isDue = nowMs >= dueAtMs || (period.rotateAtUses !== null && uses >= period.rotateAtUses);
  return {
    state: isOver ? "over" : isDue ? "due" : "fresh",
    isOverdue: isOver || nowMs >= endsAtMs - period.alertBeforeDays * DAY_MS || isNearLastUse(period, uses),
    dueAtMs,
    endsAtMs,
    ageRatio: Math.max(0, (nowMs - activatedAtMs) / (endsAtMs - activatedAtMs)),
    useRatio: period.maxUses === null ? 0 : uses / period.maxUses,
  };
}

/** Halfway from the uses at which it is due to those that end it. */
function isNearLastUse({ maxUses, rotateAtUses }: RotationPeriod, uses: number): boolean {
  return maxUses !== null && rotateAtUses !== null && uses >= (rotateAtUses + maxUses) / 2;
}
