// HTTP as bytes over mutual TLS, for requests that no client library would send.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import type { StandingVault } from "../standing-vault.ts";
import type { Answer, Certificate } from "./connection.ts";

/** What came back on one connection. */
export interface RawExchange {
  /** In order. Interim answers (1xx) are left out. */
  readonly answers: readonly Answer[];
  /** Everything that came. */
  readonly text: string;
  /** Whether the vault closed the connection. */
  readonly closed: boolean;
}

const chunkBytes = 16_384;

/**
 * Sends a byte for each character, leaves its own end open, and reads until the vault closes the connection or has been silent for
 * `silenceMs` since the last byte in either direction. Stops sending when an answer comes.
 */
export async function sendRaw(
  { vault, pki }: StandingVault,
  { certificatePem, keyPem }: Certificate,
  request: string,
  silenceMs = 400,
): Promise<RawExchange> {
  const { hostname, port } = new URL(vault.url);
  const socket = connect({ host: hostname, port: Number(port), ca: pki.caPem, cert: certificatePem, key: keyPem });
  const chunks: Buffer[] = [];
  let closed = false;
  const { promise: ended, resolve: end } = Promise.withResolvers<undefined>();
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => undefined);
  socket.on("end", () => {
    closed = true;
  });
  socket.on("close", () => {
    closed ||= socket.errored !== null;
    end(undefined);
  });
  await once(socket, "secureConnect");
  socket.setTimeout(silenceMs, () => socket.destroy());
  await write(socket, Buffer.from(request, "latin1"), () => chunks.length > 0);
  await ended;
  const received = Buffer.concat(chunks);
  return { answers: answersIn(received), text: received.toString("utf8"), closed };
}

/** In pieces, and no further once the vault has spoken: what was sent after its last word would reset the connection. */
async function write(socket: TLSSocket, bytes: Buffer, isAnswered: () => boolean): Promise<void> {
  for (let at = 0; at < bytes.length && !isAnswered() && socket.writable; at += chunkBytes) {
    socket.write(bytes.subarray(at, at + chunkBytes));
    if (bytes.length > chunkBytes) await sleep(1);
  }
}

function answersIn(bytes: Buffer): readonly Answer[] {
  const answers: Answer[] = [];
  let rest = bytes;
  for (let end = rest.indexOf("\r\n\r\n"); end !== -1; end = rest.indexOf("\r\n\r\n")) {
    const [statusLine = "", ...lines] = rest.subarray(0, end).toString("latin1").split("\r\n");
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.replace(/^[^:]*: ?/, "")]),
    );
    const status = Number(statusLine.split(" ")[1]);
    // Without a length an answer ends with its connection, as HTTP/1.0 had it.
    const bodyEnd = status < 200 ? end + 4 : end + 4 + Number(headers.get("content-length") ?? Infinity);
    if (status >= 200) answers.push({ status, headers, body: rest.subarray(end + 4, bodyEnd).toString("utf8") });
    rest = rest.subarray(bodyEnd);
  }
  return answers;
}
