import type { Metrics } from "@cofferdam/kit/metrics.ts";
import type { RootKeyObserver, RootKeys } from "./keys/root/root-keys.ts";

// An HSM answers in milliseconds, a key service in tens of them; the deadline is 2.5 s.
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** How often every store is asked whether it is there. */
const ASK_MS = 60_000;

/**
 * Asks every store each minute whether it is there and open: one that serves nobody now, because another opens the keys
 * first, must not be found dead on the day when it is needed.
 */
export function watchStores(metrics: Metrics, rootKeys: RootKeys): { readonly stop: () => void } {
  const up = metrics.gauge({
    name: "cofferdam_root_key_store_up",
    help: "1 when a store of root keys answers and is open, at the last asking; 0 needs somebody",
    labelNames: ["scheme"],
  });
  const ask = async (): Promise<void> => {
    for (const store of rootKeys.stores) {
      const isUp = await store.status().then(
        ({ isSealed }) => !isSealed,
        () => false,
      );
      up.set({ scheme: store.scheme }, isUp ? 1 : 0);
    }
  };
  void ask();
  const timer = setInterval(() => void ask(), ASK_MS);
  return {
    stop: () => {
      clearInterval(timer);
    },
  };
}

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
