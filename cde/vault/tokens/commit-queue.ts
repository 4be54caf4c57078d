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
  submit(tenantId: string, command: Command): Promise<Answer>;
  /** Items that wait or run. */
  depth(): number;
  /** Takes no more commands and resolves when all are answered. */
  close(): Promise<void>;
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
  const lanes = new Map<string, Lane<Command, Answer>>();
  const turns: Lane<Command, Answer>[] = [];
  let running = 0;
  let depth = 0;
  let onEmpty: (() => void) | null = null;

  function submit(tenantId: string, command: Command): Promise<Answer> {
    const weight = options.weigh(command);
    const lane = lanes.get(tenantId) ?? { tenantId, waiting: [], weight: 0 };
    if (onEmpty !== null) return Promise.reject(new QueueError("closed"));
    if (lane.weight + weight > options.maxQueuedWeightPerTenant || depth + weight > options.maxQueuedWeight) {
      return Promise.reject(new QueueError("queue_full"));
    }
    const answered = new Promise<Answer>((answer, fail) => {
      lane.waiting.push(withDeadline({ command, weight, answer, fail, stage: "queued" }));
    });
    lane.weight += weight;
    depth += weight;
    if (!lanes.has(tenantId)) {
      lanes.set(tenantId, lane);
      turns.push(lane);
    }
    // Requests that arrive in one turn of the event loop share a transaction.
    setImmediate(runNext);
    return answered;
  }

  function withDeadline(waiting: Waiting<Command, Answer>): Waiting<Command, Answer> {
    const timer = setTimeout(() => {
      const hasBegun = timed.stage === "begun";
      timed.stage = "late";
      waiting.fail(new QueueError(hasBegun ? "deadline" : "queue_full"));
    }, options.deadlineMs);
    const timed: Waiting<Command, Answer> = {
      ...waiting,
      answer: (value) => {
        clearTimeout(timer);
        if (timed.stage === "late") options.discard(value);
        else waiting.answer(value);
      },
      fail: (error) => {
        clearTimeout(timer);
        waiting.fail(error);
      },
    };
    return timed;
  }

  function runNext(): void {
    if (running >= options.maxConcurrent) return;
    const lane = turns.shift();
    if (lane === undefined) return;
    running += 1;
    void runBatch(lane).finally(() => {
      running -= 1;
      if (lane.waiting.length > 0) turns.push(lane);
      else lanes.delete(lane.tenantId);
      if (depth === 0) onEmpty?.();
      runNext();
    });
    runNext();
  }

  async function runBatch(lane: Lane<Command, Answer>): Promise<void> {
    const batch = takeBatch(lane.waiting, options.maxBatchWeight);
    const timely = batch.filter((waiting) => waiting.stage === "queued");
    try {
      for (const waiting of timely) waiting.stage = "begun";
      if (timely.length > 0) await commitTogether(lane.tenantId, timely);
    } finally {
      const weight = batch.reduce((sum, waiting) => sum + waiting.weight, 0);
      lane.weight -= weight;
      depth -= weight;
    }
  }

  /** One bad command must not fail its neighbours: after a refused transaction each is tried alone. */
  async function commitTogether(tenantId: string, batch: readonly Waiting<Command, Answer>[]): Promise<void> {
    try {
      const answers = await options.commit(tenantId, batch.map((waiting) => waiting.command));
      batch.forEach((waiting, index) => { waiting.answer(answers[index] as Answer); });
    } catch (error) {
      if (batch.length === 1 || !isRetriable(error)) for (const waiting of batch) waiting.fail(error);
      else for (const waiting of batch) await commitTogether(tenantId, [waiting]);
    }
  }

  return {
    submit,
    depth: () => depth,
    close: () =>
      new Promise((resolve) => {
        onEmpty = resolve;
        if (depth === 0) resolve();
      }),
  };
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
