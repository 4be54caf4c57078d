// A Unix socket that only known users may use: its folder is the agent's, its mode shuts out everybody but owner and group,
// and the kernel says of each connection whose it is.
import { once } from "node:events";
import { lstat, rm, stat } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import path from "node:path";
import type { Logger } from "@cofferdam/kit/log.ts";
import { peerUserId } from "./peer-credentials.ts";
import { createPlaces } from "./places.ts";

export interface PrivateSocketOptions {
  readonly path: string;
  readonly allowedUserIds: readonly number[];
  /** Each allowed user has so many of their own, and none of another's. */
  readonly maxConnectionsPerUser: number;
  /** Told of each connection that was let in. It handles the socket's errors. */
  readonly onConnection: (socket: Socket) => void;
  readonly log: Logger;
}

export interface PrivateSocket {
  /** Ends every connection and removes the socket. */
  readonly close: () => Promise<void>;
}

/** Listens. Throws when the folder is not the agent's alone to write, or another agent listens there already. */
export async function listenPrivately(options: PrivateSocketOptions): Promise<PrivateSocket> {
  await assertOwnFolder(path.dirname(options.path));
  await removeRemains(options.path);
  const connections = new Set<Socket>();
  const places = createPlaces(options.maxConnectionsPerUser);
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    const userId = allowedUser(socket, options);
    if (userId === null) return void socket.destroy();
    if (!places.take(userId)) {
      options.log.warn({ origin: `uid ${userId}`, outcome: "denied" }, "connection of a user who has too many");
      return void socket.destroy();
    }
    connections.add(socket);
    socket.once("close", () => {
      connections.delete(socket);
      places.giveBack(userId);
    });
    options.onConnection(socket);
  });
  await listening(server, options.path);
  return {
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
}

/** Null for whoever is not, or cannot be named. */
function allowedUser(socket: Socket, { allowedUserIds, log }: PrivateSocketOptions): number | null {
  try {
    const userId = peerUserId(socket);
    if (allowedUserIds.includes(userId)) return userId;
    log.warn({ origin: `uid ${userId}`, outcome: "denied" }, "connection of a user who may not");
  } catch (error) {
    log.error({ err: error, outcome: "denied" }, "connection of an unknown user");
  }
  return null;
}

/** Whoever may write a folder may put another socket in place of ours. */
async function assertOwnFolder(folder: string): Promise<void> {
  const { uid, mode } = await stat(folder);
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) {
    throw new Error("the folder of a socket must belong to the agent's user and be writable by nobody else");
  }
}

/** A socket file outlives the process that was killed; one that answers belongs to somebody. */
async function removeRemains(file: string): Promise<void> {
  const remains = await lstat(file).catch(() => null);
  if (remains === null) return;
  if (!remains.isSocket()) throw new Error("there is a file where a socket is to be");
  const isAlive = await new Promise<boolean>((resolve) => {
    const probe = connect(file, () => {
      resolve(true);
      probe.destroy();
    });
    probe.once("error", () => {
      resolve(false);
    });
  });
  if (isAlive) throw new Error("another process listens on this socket");
  await rm(file);
}

async function listening(server: Server, file: string): Promise<void> {
  const before = process.umask(0o117);
  server.listen(file);
  process.umask(before);
  await once(server, "listening");
}
