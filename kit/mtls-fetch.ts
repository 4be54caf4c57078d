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
  /** 256 when absent. */
  readonly maxConnections?: number;
  /** Of an answer; 4 MiB when absent. */
  readonly maxAnswerBytes?: number;
}

export interface MtlsFetch {
  readonly fetch: typeof globalThis.fetch;
  /** Closes the idle connections and waits for running calls. */
  close(): Promise<void>;
}

const defaultMaxConnections = 256;
const defaultMaxAnswerBytes = 4 * 1024 * 1024;
