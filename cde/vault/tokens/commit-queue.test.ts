import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { QueueError, createCommitQueue, type CommitQueue, type CommitQueueOptions } from "./commit-queue.ts";

interface Batch {
  readonly tenantId: string;
  readonly commands: readonly number[];
}

function queueOf(changes: Partial<CommitQueueOptions<number, number>> = {}): {
  queue: CommitQueue<number, number>;
  batches: Batch[];
  discarded: number[];
} {
  const batches: Batch[] = [];
  const discarded: number[] = [];
  const queue = createCommitQueue<number, number>({
    commit: async (tenantId, commands) => {
      batches.push({ tenantId, commands });
      await sleep(20);
      return commands.map((command) => command * 10);
    },
    weigh: () => 1,
    discard: (answer) => {
      discarded.push(answer);
    },
    maxBatchWeight: 100,
    maxQueuedWeightPerTenant: 1_000,
    maxQueuedWeight: 2_000,
    maxConcurrent: 4,
    deadlineMs: 1_000,
    ...changes,
  });
  return { queue, batches, discarded };
}

const isCode = (code: string) => (error: unknown) => error instanceof QueueError && error.code === code;
const numbers = (count: number): number[] => [...Array(count).keys()];

test("commands that arrive while a transaction runs share the next one, and each gets its own answer", async () => {
  const { queue, batches } = queueOf();
  const first = queue.submit("a", 0);
  await nextTurn();
  const rest = numbers(50).map((command) => queue.submit("a", command));
  assert.deepEqual(
    await Promise.all(rest),
    numbers(50).map((command) => command * 10),
  );
  assert.equal(await first, 0);
  assert.deepEqual(
    batches.map((batch) => batch.commands.length),
    [1, 50],
  );
});

test("transactions of one tenant follow one another, those of others run beside them", async () => {
  let running = 0;
  const most = new Map<string, number>();
  const { queue } = queueOf({
    maxBatchWeight: 1,
    commit: async (tenantId, commands) => {
      running += 1;
      most.set(tenantId, Math.max(most.get(tenantId) ?? 0, running));
      await sleep(2);
      running -= 1;
      return commands;
    },
  });
  await Promise.all(numbers(6).map((command) => queue.submit("alone", command)));
  assert.equal(most.get("alone"), 1);
  await Promise.all(["b", "c"].flatMap((tenant) => numbers(3).map((command) => queue.submit(tenant, command))));
  assert.equal(Math.max(most.get("b") ?? 0, most.get("c") ?? 0), 2);
});

test("a tenant with a long queue does not keep another waiting for all of it", async () => {
  const { queue, batches } = queueOf({ maxConcurrent: 1, maxBatchWeight: 10 });
  const busy = numbers(100).map((command) => queue.submit("busy", command));
  await queue.submit("quiet", 1);
  assert.ok(batches.length <= 3, `answered after ${batches.length} transactions`);
  await Promise.all(busy);
});

test("one command that fails does not fail its neighbours", async () => {
  const { queue } = queueOf({
    commit: (_tenantId, commands) =>
      commands.includes(3) ? Promise.reject(new Error("bad row")) : Promise.resolve(commands),
  });
  const settled = await Promise.allSettled(numbers(5).map((command) => queue.submit("a", command)));
  assert.deepEqual(
    settled.map(({ status }) => status),
    ["fulfilled", "fulfilled", "fulfilled", "rejected", "fulfilled"],
  );
});

test("a transaction whose outcome is unknown is never tried again", async () => {
  let commits = 0;
  const lost = Object.assign(new Error("connection lost at commit"), { code: "outcome_unknown" });
  const { queue } = queueOf({
    commit: () => {
      commits += 1;
      return Promise.reject(lost);
    },
  });
  const settled = await Promise.allSettled(numbers(5).map((command) => queue.submit("a", command)));
  assert.ok(settled.every((result) => result.status === "rejected" && result.reason === lost));
  assert.equal(commits, 1);
});

test("a full queue refuses at once, a tenant's share before the whole", async () => {
  const { queue } = queueOf({ maxQueuedWeightPerTenant: 2, maxQueuedWeight: 3 });
  const taken = [queue.submit("a", 1), queue.submit("a", 2)];
  await assert.rejects(queue.submit("a", 3), isCode("queue_full"));
  taken.push(queue.submit("b", 4));
  await assert.rejects(queue.submit("b", 5), isCode("queue_full"));
  await Promise.all(taken);
  assert.equal(queue.depth(), 0);
});

test("an answer that comes after its deadline is discarded, and the caller is told that the outcome is unknown", async () => {
  const { queue, discarded } = queueOf({
    deadlineMs: 5,
    commit: async (_tenantId, commands) => {
      await sleep(20);
      return commands;
    },
  });
  await assert.rejects(queue.submit("a", 7), isCode("deadline"));
  await sleep(30);
  assert.deepEqual(discarded, [7]);
});

test("a command still queued at its deadline is never begun", async () => {
  const { queue, batches } = queueOf({
    deadlineMs: 10,
    maxConcurrent: 1,
    commit: async (_tenantId, commands) => {
      batches.push({ tenantId: "", commands });
      await sleep(30);
      return commands;
    },
  });
  const first = queue.submit("a", 1).catch(() => undefined);
  await nextTurn();
  await assert.rejects(queue.submit("a", 2), isCode("queue_full"));
  await first;
  await sleep(40);
  assert.deepEqual(
    batches.flatMap((batch) => batch.commands),
    [1],
  );
});

test("closing answers what waits and takes no more", async () => {
  const { queue } = queueOf();
  const waiting = numbers(5).map((command) => queue.submit("a", command));
  const closed = queue.close();
  await assert.rejects(queue.submit("a", 9), isCode("closed"));
  await closed;
  assert.equal((await Promise.all(waiting)).length, 5);
});
