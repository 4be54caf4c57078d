/**
 * For tests: HTTP as bytes, for requests that no client would send.
 */
import { connect } from "node:net";

export interface RawAnswer {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Everything that came until the server closed the connection. */
  readonly text: string;
}

/** Sends the bytes, leaves its end open, and reads until the server closes or has been silent for `silenceMs`. */
export async function sendRaw(port: number, request: string | Buffer, silenceMs = 200): Promise<RawAnswer> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const chunks: Buffer[] = [];
  const socket = connect(port, "127.0.0.1");
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => undefined);
  socket.on("close", () => {
    resolve(undefined);
  });
  socket.setTimeout(silenceMs, () => {
    socket.destroy();
  });
  socket.write(typeof request === "string" ? Buffer.from(request, "latin1") : request);
  await promise;
  return readAnswer(Buffer.concat(chunks).toString("utf8"));
}

function readAnswer(text: string): RawAnswer {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [statusLine = "", ...lines] = head.split("\r\n");
  const headers = new Map(
    lines.map((line) => [line.split(": ", 1)[0]?.toLowerCase() ?? "", line.replace(/^[^:]*: /, "")]),
  );
  return { status: Number(statusLine.split(" ")[1]), headers, body: rest.join("\r\n\r\n"), text };
}
