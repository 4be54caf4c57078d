// A free TCP port of 127.0.0.1.
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Returns a port that was free a moment ago. Somebody may take it before it is used: whoever binds it must be ready
 * to ask again.
 */
export async function freePort(): Promise<number> {
  await using server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a listening socket has no port");
  return address.port;
}
