// The root-key stores of one process, and the wraps that any of them opens.
import { RootKeyError, isRootKeyOutage, schemeOf } from "./root-key.ts";
import type { DestructibleRootKeyStore, RootKeyErrorCode, RootKeyScheme, RootKeyStore } from "./root-key.ts";

/** A key as one root key wrapped it. */
export interface KeyWrap {
  readonly rootKeyId: string;
  readonly wrapped: Buffer;
}

/** Told of every call to a store, with its outcome and how long it took. */
export type RootKeyObserver = (call: {
  readonly scheme: RootKeyScheme;
  readonly call: "wrap" | "unwrap" | "generate" | "status";
  readonly outcome: RootKeyErrorCode | "ok" | "failed";
  readonly seconds: number;
}) => void;

export interface RootKeys {
  /** In the order of preference. */
  readonly stores: readonly RootKeyStore[];
  /** The store of a scheme. Throws RootKeyError `malformed_reference` when the process has none. */
  readonly store: (scheme: string) => RootKeyStore;
  /** Wraps under one root key. Throws RootKeyError. */
  readonly wrap: (rootKeyId: string, secret: Uint8Array, context: Uint8Array) => Promise<Buffer>;
  /**
   * Opens a key by whichever of its wraps can be opened, in the order of the stores. The caller wipes the buffer.
   * Throws RootKeyError: an outage when another try may succeed, `refused` when every wrap that could be tried was
   * refused, `unknown_key` when there is no wrap that any store of this process made.
   */
  readonly unwrap: (wraps: readonly KeyWrap[], context: Uint8Array) => Promise<Buffer>;
}

/** Puts stores together, one for each scheme. Throws RootKeyError `malformed_reference` for two of one scheme. */
export function createRootKeys(stores: readonly RootKeyStore[], observe: RootKeyObserver = () => undefined): RootKeys {
  const watched = stores.map((store) => observed(store, observe));
  const byScheme = new Map(watched.map((store) => [store.scheme as string, store]));
  if (byScheme.size < stores.length) {
    throw new RootKeyError("malformed_reference", "two root-key stores of one scheme cannot be told apart");
  }
  const store = (scheme: string): RootKeyStore => {
    const found = byScheme.get(scheme);
    if (found === undefined) throw new RootKeyError("malformed_reference", "this process has no such root-key store");
    return found;
  };
  return {
    stores: watched,
    store,
    wrap: async (rootKeyId, secret, context) => store(schemeOf(rootKeyId) ?? "").wrap(rootKeyId, secret, context),
    unwrap: (wraps, context) => unwrapAny(watched, wraps, context),
  };
}

async function unwrapAny(
  stores: readonly RootKeyStore[],
  wraps: readonly KeyWrap[],
  context: Uint8Array,
): Promise<Buffer> {
  let failure: unknown = new RootKeyError("unknown_key", "no root-key store of this process made a wrap of the key");
  for (const store of stores) {
    for (const { rootKeyId, wrapped } of wraps.filter((wrap) => schemeOf(wrap.rootKeyId) === store.scheme)) {
      try {
        return await store.unwrap(rootKeyId, wrapped, context);
      } catch (error) {
        failure = graver(failure, error);
      }
    }
  }
  throw failure;
}

/** What an outage hides may still open the key later, so it outweighs a refusal; a refusal outweighs absence. */
function graver(one: unknown, other: unknown): unknown {
  if (isRootKeyOutage(one)) return one;
  const isAbsence = other instanceof RootKeyError && other.code === "unknown_key";
  return isAbsence ? one : other;
}

function observed(store: RootKeyStore, observe: RootKeyObserver): RootKeyStore {
  const timed = async <Value>(
    call: Parameters<RootKeyObserver>[0]["call"],
    work: () => Promise<Value>,
  ): Promise<Value> => {
    const startedAtMs = performance.now();
    const tell = (outcome: RootKeyErrorCode | "ok" | "failed"): void => {
      observe({ scheme: store.scheme, call, outcome, seconds: (performance.now() - startedAtMs) / 1_000 });
    };
    try {
      const value = await work();
      tell("ok");
      return value;
    } catch (error) {
      tell(error instanceof RootKeyError ? error.code : "failed");
      throw error;
    }
  };
  return {
    scheme: store.scheme,
    wrap: (id, secret, context) => timed("wrap", () => store.wrap(id, secret, context)),
    unwrap: (id, wrapped, context) => timed("unwrap", () => store.unwrap(id, wrapped, context)),
    generate: () => timed("generate", () => store.generate()),
    status: () => timed("status", () => store.status()),
    ...("destroy" in store && { destroy: (id: string) => (store as DestructibleRootKeyStore).destroy(id) }),
  };
}
