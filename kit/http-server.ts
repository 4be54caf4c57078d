/**
 * An HTTP/1.1 server with a limit on everything, and an orderly end.
 */
import { constants } from "node:crypto";
import { createServer as createPlainServer } from "node:http";
import type { IncomingMessage, RequestListener, Server, ServerOptions, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { SecureVersion } from "node:tls";

import type { Logger } from "./log.ts";
import { Problem } from "./problem.ts";
import type { ProblemType } from "./problem.ts";
import { newRequestId } from "./request-facts.ts";

/**
 * SSL_OP_CLEANSE_PLAINTEXT: OpenSSL zeroes a decrypted record once it has been handed over, instead of leaving a card in
 * a buffer that it frees. Node has no name for it.
 */
const cleansePlaintext = 0x2;

export interface ServerTls {
  /** Chain in PEM, leaf first. */
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** Authorities that clients' certificates must come from, in PEM. `null` serves the public without certificates. */
  readonly ca: string | Buffer | null;
  /** Revoked certificates, in PEM, one list per authority. */
  readonly crl?: string | Buffer;
  /** TLSv1.3 when absent. */
  readonly minVersion?: SecureVersion;
}

export interface ServerLimits {
  /** For the head of a request. */
  readonly headersTimeoutMs: number;
  /** For a request with its body. */
  readonly requestTimeoutMs: number;
  /** Between the requests of one connection. */
  readonly keepAliveTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  readonly headerBytes: number;
  readonly connections: number;
  /** After so many a connection is closed, so that balancers spread load again. */
  readonly requestsPerConnection: number;
}

export const defaultLimits: ServerLimits = {
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 60_000,
  handshakeTimeoutMs: 5_000,
  headerBytes: 16_384,
  connections: 2_000,
  requestsPerConnection: 100_000,
};

export interface StartOptions {
  readonly app: RequestListener;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Plain HTTP when absent: for listeners that only this machine reaches. */
  readonly tls?: ServerTls;
  readonly limits?: Partial<ServerLimits>;
  /** For requests that never became one. */
  readonly log?: Logger;
}

export interface RunningServer {
  readonly port: number;
  /**
   * Takes no more connections, answers what is in flight with `connection: close`, and at the deadline destroys what is
   * left. Resolves when every connection is closed. A second call waits for the same end.
   */
  drain(deadlineMs: number): Promise<void>;
}

/** Listens. Rejects when the address is taken or the certificate cannot be used. */
export async function startServer({ app, host, port, tls, limits, log }: StartOptions): Promise<RunningServer> {
  const server = openServer({ ...defaultLimits, ...limits }, tls);
  const inFlight = new Set<ServerResponse>();
  const newestAnswers = new WeakMap<Socket, ServerResponse>();
  let drained: Promise<void> | undefined;

  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    // What follows an answer that closes the connection would be carried out and never answered (RFC 9112 §9.6).
    if (newestAnswers.get(request.socket)?.getHeader("connection") === "close") return;
    newestAnswers.set(request.socket, response);
    inFlight.add(response);
    response.once("close", () => inFlight.delete(response));
    if (drained !== undefined) response.setHeader("connection", "close");
    app(request, response);
  };
  server.on("request", serve);
  // Unheard, an unknown expectation would be answered by Node; the app has an answer of its own.
  server.on("checkExpectation", serve);
  server.on("clientError", (error: Error, socket: Socket) => {
    refuseConnection(error, socket, inFlight, log);
  });
  // A refused or expired certificate, or an expired revocation list, ends here: without this line nobody would know.
  server.on("tlsClientError", (error: Error, socket: Socket) => {
    const origin = socket.remoteAddress ?? null;
    log?.warn({ origin, reason: "code" in error ? String(error.code) : "unknown" }, "tls handshake failed");
  });
  await listening(server, host, port);

  return {
    port: (server.address() as AddressInfo).port,
    drain: (deadlineMs) => (drained ??= drain(server, inFlight, deadlineMs)),
  };
}

function openServer(limits: ServerLimits, tls: ServerTls | undefined): Server {
  const options: ServerOptions = {
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: limits.headerBytes,
    insecureHTTPParser: false,
    requireHostHeader: false, // Node would answer without a problem document; the app's checks require it.
  };
  const server =
    tls === undefined ? createPlainServer(options) : createTlsServer({ ...options, ...tlsOptions(limits, tls) });
  server.maxConnections = limits.connections;
  server.maxRequestsPerSocket = limits.requestsPerConnection;
  return server;
}

function tlsOptions(limits: ServerLimits, { cert, key, ca, crl, minVersion = "TLSv1.3" }: ServerTls): object {
  return {
    cert,
    key,
    ...(ca !== null && { ca, requestCert: true, rejectUnauthorized: true }),
    ...(crl !== undefined && { crl }),
    minVersion,
    handshakeTimeout: limits.handshakeTimeoutMs,
    // A resumed session would skip the look at certificate and revocation list.
    secureOptions: constants.SSL_OP_NO_TICKET | cleansePlaintext,
    ALPNProtocols: ["http/1.1"],
  };
}

async function listening(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  server.once("error", reject);
  server.listen(port, host, () => {
    resolve(undefined);
  });
  await promise;
  server.off("error", reject);
}

async function drain(server: Server, inFlight: ReadonlySet<ServerResponse>, deadlineMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  // Closes idle connections too.
  server.close(() => {
    resolve(undefined);
  });
  for (const response of inFlight) {
    if (!response.headersSent) response.setHeader("connection", "close");
    // An answer that had begun before promised to keep its connection.
    response.once("close", () =>
      setImmediate(() => {
        server.closeIdleConnections();
      }),
    );
  }
  const deadline = setTimeout(() => {
    server.closeAllConnections();
  }, deadlineMs);
  await promise;
  clearTimeout(deadline);
}

const problemOfParser: ReadonlyMap<string, ProblemType> = new Map([
  ["HPE_HEADER_OVERFLOW", "headers-too-large"],
  ["ERR_HTTP_REQUEST_TIMEOUT", "request-timeout"],
]);

/** Bytes that are no HTTP request get one answer, if no other is on its way over the same connection, and the end. */
function refuseConnection(error: Error, socket: Socket, inFlight: ReadonlySet<ServerResponse>, log?: Logger): void {
  // Of the error only its code is read: Node hangs the raw bytes on it.
  const code = String((error as NodeJS.ErrnoException).code);
  const busy = [...inFlight].some((response) => response.socket === socket);
  if (busy || !socket.writable || !(code.startsWith("HPE_") || problemOfParser.has(code))) {
    socket.destroy();
    return;
  }
  const problem = new Problem(problemOfParser.get(code) ?? "malformed-request");
  const id = newRequestId();
  log?.warn(
    { request_id: id, status: problem.status, problem: problem.type, reason: code },
    "bytes that are no request",
  );
  socket.end(rawAnswer(problem, id), () => socket.destroy());
}

function rawAnswer(problem: Problem, id: string): string {
  const document = problem.toDocument(id);
  const body = JSON.stringify(document);
  const head = [
    `HTTP/1.1 ${document.status} ${document.title}`,
    "content-type: application/problem+json",
    `content-length: ${Buffer.byteLength(body)}`,
    "cache-control: no-store",
    `request-id: ${id}`,
    "connection: close",
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}
