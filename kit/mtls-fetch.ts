/**
 * `fetch` over mutual TLS, for the typed clients that services call each other with.
 */
import { Agent } from "undici";

export interface MtlsFetchOptions {
  /** Authorities that servers' certificates must come from, in PEM. */
  readonly ca: string | Buffer;
  /** Our own chain in PEM, leaf first. */
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** For a whole call: connecting, sending, waiting and reading the answer. */
  readonly timeoutMs: number;
  /** The name that the server's certificate must carry, when it is not the host of the URL. */
  readonly serverName?: string;
  /** Default 4 MiB; a longer answer rejects. */
  readonly maxAnswerBytes?: number;
}

/** Per origin. More calls wait for one to end, within their own deadline. */
const maxConnections = 256;
/** Longer than any answer of our services but an export; a thousand cards in a batch take a fifth of it. */
const usualAnswerBytes = 4 * 1_024 * 1_024;

/**
 * Makes a `fetch` that shows our certificate and keeps connections open between calls. It follows no redirect, uses no
 * proxy of the environment, and rejects with a TimeoutError (as DOMException) at the deadline: whether the call had an
 * effect is then not known.
 */
export function createMtlsFetch(options: MtlsFetchOptions): typeof fetch {
  const { ca, cert, key, timeoutMs, serverName, maxAnswerBytes = usualAnswerBytes } = options;
  const agent = new Agent({
    connect: { ca, cert, key, timeout: timeoutMs, ...(serverName !== undefined && { servername: serverName }) },
    connections: maxConnections,
    pipelining: 1,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: maxAnswerBytes,
  });
  // Node types its fetch by the undici that it carries, a minor version behind this one; the tests prove that they fit.
  const dispatcher = agent as unknown as NonNullable<RequestInit["dispatcher"]>;
  return (input, init) => {
    const given = init?.signal ?? (input instanceof Request ? input.signal : null);
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = given === null ? deadline : AbortSignal.any([given, deadline]);
    return fetch(input, { ...init, signal, redirect: "error", dispatcher });
  };
}
