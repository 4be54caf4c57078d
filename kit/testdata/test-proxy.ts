/**
 * For tests: a TCP proxy that can change, lose or hold back what a client sends.
 */
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** What becomes of bytes on their way to the server: they or others go on, both connections end, or nothing happens. */
export type Verdict = Buffer | "cut" | "hold";

export interface TestProxy extends AsyncDisposable {
  readonly port: number;
}

/** Listens on a free port of 127.0.0.1 and asks the judge about each chunk that a client sends. */
export async function createTestProxy(serverPort: number, judge: (chunk: Buffer) => Verdict): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(serverPort, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        client.destroy();
        upstream.destroy();
      });
    }
    upstream.pipe(client);
    client.on("data", (chunk: Buffer) => {
      const verdict = judge(chunk);
      if (verdict === "cut") client.destroy();
      else if (verdict !== "hold") upstream.write(verdict);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
