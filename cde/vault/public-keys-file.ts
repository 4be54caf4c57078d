import { createPublicKey, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";

/**
 * The public keys of a file with one PEM block (SPKI) after the other, in its order; none without a file. Throws the
 * system's error when it cannot be read, and that of node:crypto for a block that is no key.
 */
export async function readPublicKeys(path: string | undefined): Promise<readonly KeyObject[]> {
  const text = path === undefined ? "" : await readFile(path, "utf8");
  const blocks = text.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? [];
  return blocks.map((block) => createPublicKey(block));
}
