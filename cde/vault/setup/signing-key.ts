import { generateKeyPairSync } from "node:crypto";
import { open, rm } from "node:fs/promises";

/** Where the halves of the key go. */
export interface SigningKeyFiles {
  /** PKCS#8 PEM, for the process that signs alone: mode 0600. */
  readonly privateFile: string;
  /** SPKI PEM, for whoever verifies: mode 0644. */
  readonly publicFile: string;
}

/**
 * Makes an Ed25519 key that signs notes: audit checkpoints, or ceremony transcripts and key certificates. Overwrites
 * nothing: when either file exists, neither is written.
 *
 * @throws the system's error, e.g. EEXIST
 */
export async function createSigningKey({ privateFile, publicFile }: SigningKeyFiles): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519", {
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  await writeNew(privateFile, privateKey, 0o600);
  try {
    await writeNew(publicFile, publicKey, 0o644);
  } catch (error) {
    await rm(privateFile);
    throw error;
  }
}

/** Lasting when it returns: logs signed with a key that a power cut took cannot be continued. */
async function writeNew(path: string, text: string, mode: number): Promise<void> {
  await using file = await open(path, "wx", mode);
  await file.writeFile(text);
  await file.chmod(mode); // A umask may have taken the public half from its readers.
  await file.sync();
}
