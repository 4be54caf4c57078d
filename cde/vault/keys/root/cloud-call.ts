// What every call to a cloud's key service has in common: an SDK that may not be installed, a deadline, and errors whose
// text stays here.
import { RootKeyError, type RootKeyErrorCode } from "./root-key.ts";

/** Longest wait for one call of a store, retries and credentials included. */
const DEADLINE_MS = 2_500;

/**
 * Loads an SDK when a root key's reference first asks for it. It is an optional dependency: most deployments use none.
 *
 * @throws RootKeyError `unsupported` when it is not installed
 */
export async function loadSdk<Sdk>(name: string, load: () => Promise<Sdk>): Promise<Sdk> {
  try {
    return await load();
  } catch (cause) {
    throw new RootKeyError("unsupported", `the optional dependency ${name} is not installed`, { cause });
  }
}

/** Runs a call; its signal aborts, and it rejects with RootKeyError `unavailable`, once the deadline has passed. */
export async function withinDeadline<Answer>(call: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const late = Promise.withResolvers<never>();
  // An SDK hands the signal to its requests, not always to its search for credentials.
  signal.addEventListener("abort", () => {
    late.reject(new RootKeyError("unavailable", `the key service gave no answer in ${DEADLINE_MS} ms`));
  });
  return Promise.race([call(signal), late.promise]);
}

/** What a key service's refusal can mean. */
export type CloudErrorCode = Extract<RootKeyErrorCode, "refused" | "unknown_key" | "unsupported" | "unavailable">;

/**
 * An SDK's error as one of ours. Of the SDK's words only the name of the error is kept, for whoever looks into an
 * outage: its text may hold what was sent.
 */
export function cloudError(code: CloudErrorCode, error: unknown): RootKeyError {
  if (error instanceof RootKeyError) return error;
  const name = error instanceof Error && /^[A-Za-z]{1,60}$/.test(error.name) ? error.name : "unnamed error";
  return new RootKeyError(code, `the key service answered: ${name}`);
}

/** Moves bytes that an SDK returned into a buffer outside V8's heap, which the caller wipes, and zeroes the SDK's. */
export function takeSecret(bytes: Uint8Array): Buffer {
  const secret = Buffer.allocUnsafeSlow(bytes.length);
  secret.set(bytes);
  bytes.fill(0);
  return secret;
}
