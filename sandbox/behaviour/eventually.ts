import { setTimeout as delay } from "node:timers/promises";

const pollMs = 20;

/** Waits until what `look` returns satisfies `holds`, and returns it. Throws after `withinMs` with what was seen last. */
export async function eventually<Seen>(
  look: () => Promise<Seen>,
  holds: (seen: Seen) => boolean,
  withinMs: number,
): Promise<Seen> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (performance.now() > deadlineMs)
      throw new Error(`not within ${withinMs} ms; seen last: ${JSON.stringify(seen)}`);
    await delay(pollMs);
  }
}
