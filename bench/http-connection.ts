// A keep-alive HTTP/1.1 client of a few lines: on two cores a full client would cost more than the vault it measures.
import { connect, type TLSSocket } from "node:tls";

export interface Credentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

const HEAD_END = "\r\n\r\n";

/** One connection that has one request in flight at a time. Answers must carry content-length, as the vault's do. */
export class HttpConnection {
  readonly #socket: TLSSocket;
  #received = "";
  #waiting: { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void } | null = null;

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      this.#take(text);
    });
    socket.on("error", (error: Error) => this.#waiting?.reject(error));
    socket.on("close", () => this.#waiting?.reject(new Error("connection closed")));
  }

  static open(url: URL, credentials: Credentials): Promise<HttpConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: url.hostname, port: Number(url.port), ...credentials }, () => {
        resolve(new HttpConnection(socket));
      });
      socket.once("error", reject);
    });
  }

  /** Sends a request as it stands and waits for its answer. */
  send(request: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#waiting = null;
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#received += text;
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd === -1) return;
    const length = Number(/content-length: (\d+)/i.exec(this.#received.slice(0, headEnd))?.[1] ?? 0);
    const bodyStart = headEnd + HEAD_END.length;
    if (Buffer.byteLength(this.#received) - Buffer.byteLength(this.#received.slice(0, bodyStart)) < length) return;
    const answer = { status: Number(this.#received.slice(9, 12)), body: this.#received.slice(bodyStart) };
    this.#received = "";
    this.#waiting?.resolve(answer);
  }
}
