import type { Metrics } from "@cofferdam/kit/metrics.ts";
import type { RootKeyObserver } from "./keys/root/root-keys.ts";

// An HSM answers in milliseconds, a key service in tens of them; the deadline is 2.5 s.
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Times and counts every call to a root-key store. */
export function watchRootKeys(metrics: Metrics): RootKeyObserver {
  const duration = metrics.histogram({
    name: "cofferdam_root_key_call_seconds",
    help: "Time of a call to a root-key store, by outcome; refused ones were answered by the store, unavailable ones not",
    labelNames: ["scheme", "call", "outcome"],
    buckets,
  });
  return ({ scheme, call, outcome, seconds }) => {
    duration.observe({ scheme, call, outcome }, seconds);
  };
}
