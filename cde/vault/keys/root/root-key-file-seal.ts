// What a root key file holds, sealed and opened. Every key is bound to file, id and date; the proof binds the whole file, so
// that no part of it can be exchanged for a part of another, or of an older self.
import { createSecretKey, randomBytes, randomUUID } from "node:crypto";
import { KEY_BYTES } from "../aes-256-gcm.ts";
import { EnvelopeError, open, seal, type SealingKey } from "../envelope.ts";
import { encodeFields } from "../fields.ts";
import { MAX_KEYS, type RootKeyFile, type RootKeyProtection, type SealedRootKey } from "./root-key-file-format.ts";
import { RootKeyError } from "./root-key.ts";

/** A root key of a file, in memory. */
export interface FileRootKey {
  /** Its id is that of the root key, a UUID. */
  readonly sealing: SealingKey;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** What a file holds, apart from how it is written. */
export interface RootKeyFileContents {
  readonly id: string;
  readonly protection: RootKeyProtection;
  readonly keys: readonly FileRootKey[];
}

/** Makes a root key. It is nowhere but in memory yet. */
export function newFileRootKey(now: Date): FileRootKey {
  const secret = randomBytes(KEY_BYTES);
  try {
    return { sealing: { id: randomUUID(), secret: createSecretKey(secret) }, createdAt: now.toISOString() };
  } finally {
    secret.fill(0);
  }
}

/**
 * Opens every key of a file.
 *
 * @param protectionKey null for a file whose keys lie in the clear, and for no other
 * @throws RootKeyError `wrong_passphrase` when the key is not the one, or any part of the file was changed; `malformed_file`
 */
export function openRootKeys(file: RootKeyFile, protectionKey: SealingKey | null): readonly FileRootKey[] {
  if ((protectionKey === null) !== (file.protection.kind === "none")) throw notOpened();
  try {
    if (protectionKey !== null && file.format === "cofferdam-root-key/2") {
      open(protectionKey, proofContext(file), Buffer.from(file.proof ?? "", "base64"));
    }
    return file.keys.map((key) => openRootKey(file, key, protectionKey));
  } catch (error) {
    if (error instanceof EnvelopeError) throw notOpened();
    throw error;
  }
}

/** Seals contents as a file of format 2. Throws RootKeyError `unsupported` above 64 keys. */
export function sealRootKeys(contents: RootKeyFileContents, protectionKey: SealingKey | null): RootKeyFile {
  if (contents.keys.length > MAX_KEYS) {
    throw new RootKeyError("unsupported", `a root key file holds at most ${MAX_KEYS} keys`);
  }
  const { id, protection } = contents;
  const keys = contents.keys.map((key) => sealRootKey(id, key, protectionKey));
  const file: RootKeyFile = { format: "cofferdam-root-key/2", id, protection, proof: null, keys };
  if (protectionKey === null) return file;
  return { ...file, proof: seal(protectionKey, proofContext(file), Buffer.of(1)).toString("base64") };
}

function openRootKey(file: RootKeyFile, key: SealedRootKey, protectionKey: SealingKey | null): FileRootKey {
  const bytes = Buffer.from(key.key, "base64");
  const secret = protectionKey === null ? bytes : open(protectionKey, keyContext(file, key), bytes);
  try {
    if (secret.length !== KEY_BYTES) throw new RootKeyError("malformed_file", `a root key has ${KEY_BYTES} bytes`);
    return { sealing: { id: key.id, secret: createSecretKey(secret) }, createdAt: key.created_at };
  } finally {
    secret.fill(0);
  }
}

function sealRootKey(fileId: string, key: FileRootKey, protectionKey: SealingKey | null): SealedRootKey {
  const facts = { id: key.sealing.id, created_at: key.createdAt };
  const secret = key.sealing.secret.export();
  try {
    const context = keyContext({ format: "cofferdam-root-key/2", id: fileId }, facts);
    const bytes = protectionKey === null ? secret : seal(protectionKey, context, secret);
    return { ...facts, key: bytes.toString("base64") };
  } finally {
    secret.fill(0);
  }
}

function keyContext(file: Pick<RootKeyFile, "format" | "id">, key: Pick<SealedRootKey, "id" | "created_at">): Buffer {
  if (file.format === "cofferdam-root-key/1") return encodeFields([file.format, file.id]);
  return encodeFields([file.format, "key", file.id, key.id, key.created_at]);
}

function proofContext({ format, id, protection, keys }: RootKeyFile): Buffer {
  return encodeFields([format, "proof", id, JSON.stringify(protection), JSON.stringify(keys)]);
}

function notOpened(): RootKeyError {
  return new RootKeyError(
    "wrong_passphrase",
    "what was given does not open this root key file, or the file was changed",
  );
}
