// Publishes the checkpoints of all tenants, again and again: so an attacker who owns the database has no more than one
// interval, or a thousand entries, to rewrite unseen. PCI DSS 10.3.4, and the alarm that 10.7.2 asks for.

import type { Logger } from "@cofferdam/kit/log.ts";
import { TamperingError, publishCheckpoint } from "./publish-checkpoint.ts";
import type { Newest, Publication, PublishedCheckpoint, TamperingSign } from "./publish-checkpoint.ts";

/** The longest time between two looks at a log. */
export const maxIntervalMs = 10_000;
/** So many entries without a checkpoint are published at once, whatever the interval. */
export const maxUnpublishedEntries = 1_000;
/** Tenants whose checkpoints are made at the same time: each takes a database connection for some milliseconds. */
const concurrentTenants = 2;
const defaultDeadlineMs = 5_000;

export interface PublisherOptions extends Publication {
  /** The ids of all tenants. */
  readonly tenants: () => Promise<readonly string[]>;
  /** At most `maxIntervalMs`. */
  readonly intervalMs: number;
  /** For one tenant, database and disk together. A tenant that takes longer counts as failing until it is done. */
  readonly deadlineMs?: number;
  readonly log: Logger;
  /** Told after each change, for gauges. Must not throw. */
  readonly report?: (state: PublisherState) => void;
}

/** What there is to worry about. */
export interface PublisherState {
  /** Logs that contradict their checkpoints. Stays until a look at the log finds the contradiction gone. */
  readonly alarms: ReadonlyMap<string, TamperingSign>;
  /** Tenants whose checkpoint could not be made the last time, for the database or the disk. */
  readonly failing: ReadonlySet<string>;
  /** When all tenants were last gone through without an alarm or a failure. Milliseconds since 1970. */
  readonly lastCleanPassMs: number | null;
}

export interface CheckpointPublisher {
  /** The newest checkpoint of a tenant's log, a signed note, as this process last saw it. */
  latest(tenantId: string): string | null;
  /** Tells that a log has grown to a size. Cheap: for the hot path, after commit. */
  noteGrowth(tenantId: string, size: number): void;
  state(): PublisherState;
  /** Goes through all tenants now. Never rejects; for tests and for the moment before a handover. */
  publishAll(): Promise<void>;
  /** Publishes what is left, within the deadline, and ends. */
  stop(): Promise<void>;
}

/**
 * Goes through all tenants once, so that a process learns of tampering before it serves, and then every interval. Throws
 * RangeError for an interval above `maxIntervalMs`; whatever else fails is in the state and in the log.
 */
export async function createCheckpointPublisher(options: PublisherOptions): Promise<CheckpointPublisher> {
  if (options.intervalMs > maxIntervalMs) throw new RangeError(`checkpoints are published every ${maxIntervalMs} ms`);
  const publisher = new IntervalPublisher(options);
  await publisher.publishAll();
  publisher.start();
  return publisher;
}

class IntervalPublisher implements CheckpointPublisher {
  readonly #options: PublisherOptions;
  readonly #deadlineMs: number;
  readonly #published = new Map<string, PublishedCheckpoint>();
  readonly #alarms = new Map<string, TamperingSign>();
  readonly #failing = new Set<string>();
  readonly #underway = new Map<string, Promise<void>>();
  #lastCleanPassMs: number | null = null;
  #wasBusy = false;
  #pass: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#deadlineMs = options.deadlineMs ?? defaultDeadlineMs;
  }

  start(): void {
    this.#timer = setInterval(() => void this.publishAll(), this.#options.intervalMs);
  }

  latest(tenantId: string): string | null {
    return this.#published.get(tenantId)?.note ?? null;
  }

  noteGrowth(tenantId: string, size: number): void {
    const unpublished = size - (this.#published.get(tenantId)?.size ?? 0);
    const isTroubled = this.#alarms.has(tenantId) || this.#failing.has(tenantId);
    if (unpublished >= maxUnpublishedEntries && !isTroubled && !this.#underway.has(tenantId))
      void this.#publish(tenantId);
  }

  state(): PublisherState {
    return { alarms: this.#alarms, failing: this.#failing, lastCleanPassMs: this.#lastCleanPassMs };
  }

  publishAll(): Promise<void> {
    this.#pass ??= this.#goThroughTenants().finally(() => (this.#pass = null));
    return this.#pass;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    try {
      await withinDeadline(
        Promise.resolve(this.#pass).then(() => this.publishAll()),
        this.#deadlineMs,
      );
    } catch (error) {
      this.#options.log.error({ err: error }, "the last audit checkpoints may not be published");
    }
  }

  async #goThroughTenants(): Promise<void> {
    const { tenants, log, now, report } = this.#options;
    try {
      const waiting = [...(await withinDeadline(tenants(), this.#deadlineMs))];
      const work = async (): Promise<void> => {
        for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await this.#publish(next);
      };
      await Promise.all(Array.from({ length: concurrentTenants }, work));
      if (this.#alarms.size === 0 && this.#failing.size === 0 && !this.#wasBusy) this.#lastCleanPassMs = now();
      this.#wasBusy = false;
    } catch (error) {
      log.error({ err: error }, "tenants could not be listed for their checkpoints");
    }
    report?.(this.state());
  }

  /** One attempt for a tenant at a time: one that hangs is waited for again, never started twice. */
  async #publish(tenantId: string): Promise<void> {
    const attempt = this.#underway.get(tenantId) ?? this.#attempt(tenantId);
    try {
      await withinDeadline(attempt, this.#deadlineMs);
    } catch (error) {
      this.#failed(tenantId, error);
    }
  }

  /** Settles when the attempt has ended, however long that takes; its failures are kept, not thrown. */
  #attempt(tenantId: string): Promise<void> {
    const attempt = publishCheckpoint(this.#options, tenantId)
      .then(
        (newest) => {
          this.#looked(tenantId, newest);
        },
        (error: unknown) => {
          this.#failed(tenantId, error);
        },
      )
      .finally(() => this.#underway.delete(tenantId));
    this.#underway.set(tenantId, attempt);
    return attempt;
  }

  #looked(tenantId: string, newest: Newest | "busy"): void {
    // Another process publishes, or somebody holds its lock: known is only that this look has shown nothing.
    if (newest === "busy") {
      this.#wasBusy = true;
      return;
    }
    this.#failing.delete(tenantId);
    this.#alarms.delete(tenantId);
    if (newest !== null) this.#published.set(tenantId, newest);
  }

  #failed(tenantId: string, error: unknown): void {
    const { log, report } = this.#options;
    if (!(error instanceof TamperingError)) {
      this.#failing.add(tenantId);
      log.error({ tenant_id: tenantId, err: error }, "an audit checkpoint could not be published");
    } else if (this.#alarms.get(tenantId) !== error.sign) {
      this.#alarms.set(tenantId, error.sign);
      log.error({ tenant_id: tenantId, reason: error.sign, err: error }, "an audit log was tampered with");
    }
    report?.(this.state());
  }
}

class LateError extends Error {
  override readonly name = "LateError";
}

async function withinDeadline<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new LateError("the deadline has passed"));
    }, deadlineMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
