// Group commit: requests of one tenant that arrive while a transaction runs are written together by the next one.

export type QueueRefusal = "queue_full" | "deadline" | "closed";

/**
 * A command that was not even begun (`queue_full`, `closed`), or that had begun and whose answer did not come in time
 * (`deadline`): it may still be written.
 */
export class QueueError extends Error {
  readonly code: QueueRefusal;

  constructor(code: QueueRefusal) {
    super(`commit queue: ${code.replaceAll("_", " ")}`);
    this.name = "QueueError";
    this.code = code;
  }
}

export interface CommitQueueOptions<Command, Answer> {
  /** Writes commands of one tenant in one transaction; answers in their order. Runs once at a time for a tenant. */
  readonly commit: (tenantId: string, commands: readonly Command[]) => Promise<readonly Answer[]>;
  /** How much of a transaction a command takes: its number of items. */
  readonly weigh: (command: Command) => number;
  /** Called with an answer that nobody waits for any longer, so that it can be wiped. */
  readonly discard: (answer: Answer) => void;
  readonly maxBatchWeight: number;
  readonly maxQueuedWeightPerTenant: number;
  readonly maxQueuedWeight: number;
  /** Transactions at once, over all tenants; at most the connections of the pool. */
  readonly maxConcurrent: number;
  readonly deadlineMs: number;
}

export interface CommitQueue<Command, Answer> {
  /** Queues a command. Rejects with QueueError, or with what `commit` threw. */
  readonly submit: (tenantId: string, command: Command) => Promise<Answer>;
  /** Items that wait or run. */
  readonly depth: () => number;
  /** Takes no more commands and resolves when all are answered. */
  readonly close: () => Promise<void>;
}

interface Waiting<Command, Answer> {
  readonly command: Command;
  readonly weight: number;
  readonly answer: (answer: Answer) => void;
  readonly fail: (error: unknown) => void;
  stage: "queued" | "begun" | "late";
}

interface Lane<Command, Answer> {
  readonly tenantId: string;
  readonly waiting: Waiting<Command, Answer>[];
  weight: number;
}

/**
 * Makes a queue. No timer delays a command: a batch is whatever gathered while the tenant's former transaction ran.
 * Tenants take turns, so that a busy one does not keep the others waiting.
 */
export function createCommitQueue<Command, Answer>(
  options: CommitQueueOptions<Command, Answer>,
): CommitQueue<Command, Answer> {
  const queue = new GroupCommit(options);
  return {
    submit: (tenantId, command) => queue.submit(tenantId, command),
    depth: () => queue.depth,
    close: () => queue.close(),
  };
}

class GroupCommit<Command, Answer> {
  depth = 0;
  readonly #options: CommitQueueOptions<Command, Answer>;
  readonly #lanes = new Map<string, Lane<Command, Answer>>();
  /** Lanes with work and no transaction of their own, in the order of their turns. */
  readonly #turns: Lane<Command, Answer>[] = [];
  #running = 0;
  #onEmpty: (() => void) | null = null;

  constructor(options: CommitQueueOptions<Command, Answer>) {
    this.#options = options;
  }

  submit(tenantId: string, command: Command): Promise<Answer> {
    const { weigh, maxQueuedWeight, maxQueuedWeightPerTenant } = this.#options;
    const weight = weigh(command);
    const lane = this.#lanes.get(tenantId) ?? { tenantId, waiting: [], weight: 0 };
    if (this.#onEmpty !== null) return Promise.reject(new QueueError("closed"));
    if (lane.weight + weight > maxQueuedWeightPerTenant || this.depth + weight > maxQueuedWeight) {
      return Promise.reject(new QueueError("queue_full"));
    }
    return new Promise((answer, fail) => {
      lane.waiting.push(this.#withDeadline({ command, weight, answer, fail, stage: "queued" }));
      this.#take(lane, weight);
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
      if (this.depth === 0) resolve();
    });
  }

  #take(lane: Lane<Command, Answer>, weight: number): void {
    lane.weight += weight;
    this.depth += weight;
    if (!this.#lanes.has(lane.tenantId)) {
      this.#lanes.set(lane.tenantId, lane);
      this.#turns.push(lane);
    }
    // Requests that arrive in one turn of the event loop share a transaction.
    setImmediate(() => {
      this.#runNext();
    });
  }

  #withDeadline(waiting: Waiting<Command, Answer>): Waiting<Command, Answer> {
    const timer = setTimeout(() => {
      const hasBegun = timed.stage === "begun";
      timed.stage = "late";
      waiting.fail(new QueueError(hasBegun ? "deadline" : "queue_full"));
    }, this.#options.deadlineMs);
    const timed: Waiting<Command, Answer> = {
      ...waiting,
      answer: (value) => {
        clearTimeout(timer);
        if (timed.stage === "late") this.#options.discard(value);
        else waiting.answer(value);
      },
      fail: (error) => {
        clearTimeout(timer);
        waiting.fail(error);
      },
    };
    return timed;
  }

  #runNext(): void {
    if (this.#running >= this.#options.maxConcurrent) return;
    const lane = this.#turns.shift();
    if (lane === undefined) return;
    this.#running += 1;
    void this.#runBatch(lane).finally(() => {
      this.#finish(lane);
    });
    this.#runNext();
  }

  #finish(lane: Lane<Command, Answer>): void {
    this.#running -= 1;
    if (lane.waiting.length > 0) this.#turns.push(lane);
    else this.#lanes.delete(lane.tenantId);
    if (this.depth === 0) this.#onEmpty?.();
    this.#runNext();
  }

  async #runBatch(lane: Lane<Command, Answer>): Promise<void> {
    const batch = takeBatch(lane.waiting, this.#options.maxBatchWeight);
    const timely = batch.filter((waiting) => waiting.stage === "queued");
    try {
      for (const waiting of timely) waiting.stage = "begun";
      if (timely.length > 0) await this.#commitTogether(lane.tenantId, timely);
    } finally {
      const weight = batch.reduce((sum, waiting) => sum + waiting.weight, 0);
      lane.weight -= weight;
      this.depth -= weight;
    }
  }

  /** One bad command must not fail its neighbours: after a refused transaction each is tried alone. */
  async #commitTogether(tenantId: string, batch: readonly Waiting<Command, Answer>[]): Promise<void> {
    try {
      const answers = await this.#options.commit(
        tenantId,
        batch.map((waiting) => waiting.command),
      );
      batch.forEach((waiting, index) => {
        waiting.answer(answers[index] as Answer);
      });
    } catch (error) {
      if (batch.length === 1 || !isRetriable(error)) for (const waiting of batch) waiting.fail(error);
      // Whoever is late has been answered, and its cards may be wiped.
      else
        for (const waiting of batch.filter(({ stage }) => stage !== "late"))
          await this.#commitTogether(tenantId, [waiting]);
    }
  }
}

/** A transaction that surely rolled back. When its outcome is unknown, trying again could write twice. */
function isRetriable(error: unknown): boolean {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return code !== "outcome_unknown" && code !== "unavailable" && code !== "timeout";
}

function takeBatch<Item extends { readonly weight: number }>(waiting: Item[], maxWeight: number): readonly Item[] {
  let weight = 0;
  const end = waiting.findIndex((item) => (weight += item.weight) > maxWeight);
  // A command heavier than a whole batch goes alone.
  return waiting.splice(0, end === -1 ? waiting.length : Math.max(end, 1));
}
