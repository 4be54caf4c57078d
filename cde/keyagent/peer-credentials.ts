// Who is at the other end of a Unix socket, by the kernel's word. Node has no function for it, so libc is asked.
import { dlopen } from "node:ffi";
import type { Socket } from "node:net";

// Linux on x64 and arm64, <asm-generic/socket.h>; struct ucred of socket(7) is pid, uid, gid, four bytes each.
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const UCRED_BYTES = 12;
const UID_OFFSET = 4;

const libc = dlopen("libc.so.6", {
  getsockopt: { arguments: ["i32", "i32", "i32", "pointer", "pointer"], return: "i32" },
});

/** What Node's sockets have and do not document: the number of the file descriptor. */
interface SocketWithHandle {
  readonly _handle?: { readonly fd?: number } | null;
}

/** The user id that the peer's process had when it connected. Throws when it cannot be had: then nobody is let in. */
export function peerUserId(socket: Socket): number {
  const descriptor = (socket as unknown as SocketWithHandle)._handle?.fd;
  if (descriptor === undefined || descriptor < 0) throw new Error("a connection has no descriptor to ask about");
  const credentials = Buffer.alloc(UCRED_BYTES);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(UCRED_BYTES);
  const result = libc.functions.getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, credentials, length);
  if (result !== 0 || length.readUInt32LE() !== UCRED_BYTES) throw new Error("the kernel does not say who a peer is");
  return credentials.readUInt32LE(UID_OFFSET);
}
