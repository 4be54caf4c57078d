// The root keys of a file as a store. The file is the truth: whoever changes it is noticed at the next call.
import { stat } from "node:fs/promises";
import { EnvelopeError, open, seal, type SealingKey } from "../envelope.ts";
import { formatRootKeyFile, parseRootKeyFile, type RootKeyFile } from "./root-key-file-format.ts";
import { newFileRootKey, openRootKeys, sealRootKeys, type FileRootKey } from "./root-key-file-seal.ts";
import { readKeyFile, replaceKeyFile } from "./root-key-file-write.ts";
import { RootKeyError, type DestructibleRootKeyStore, type RootKeyFacts } from "./root-key.ts";

/** A file that can be opened. */
export interface OpenableKeyFile {
  readonly path: string;
  readonly scheme: "file" | "custodians";
  /** For the inventory; names no path. */
  readonly location: string;
  /** What opens the file as it stands; null where the keys lie in the clear. Throws RootKeyError when there is none. */
  readonly protectionKeyOf: (file: RootKeyFile) => SealingKey | null;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * The store over a file's keys. Each call looks whether the file was replaced, and then reads it again: a key that
 * another process made is found, one that it destroyed works no longer. A file that cannot be read is `unavailable`.
 */
export function createKeyFileStore(file: OpenableKeyFile): DestructibleRootKeyStore {
  const keys = watchKeys(file);
  const factsOf = (key: FileRootKey): RootKeyFacts => ({
    id: `${file.scheme}:${key.sealing.id}`,
    createdAtMs: Date.parse(key.createdAt),
  });
  const find = async (rootKeyId: string): Promise<SealingKey> => {
    const found = (await keys()).find((key) => factsOf(key).id === rootKeyId);
    if (found === undefined) throw new RootKeyError("unknown_key", "the file does not hold this root key");
    return found.sealing;
  };
  return {
    scheme: file.scheme,
    wrap: async (rootKeyId, secret, context) => seal(await find(rootKeyId), context, secret),
    unwrap: async (rootKeyId, wrapped, context) => openWrap(await find(rootKeyId), wrapped, context),
    generate: async () => {
      const made = newFileRootKey(new Date(file.now()));
      await changeKeys(file, (present) => [...present, made]);
      return factsOf(made);
    },
    destroy: (rootKeyId) =>
      changeKeys(file, (present) => {
        const kept = present.filter((key) => factsOf(key).id !== rootKeyId);
        return kept.length === present.length ? present : kept;
      }),
    status: async () => ({ isSealed: false, keys: (await keys()).map(factsOf), location: file.location }),
  };
}

function openWrap(key: SealingKey, wrapped: Buffer, context: Uint8Array): Buffer {
  try {
    return open(key, context, wrapped);
  } catch (error) {
    if (error instanceof EnvelopeError) throw new RootKeyError("refused", `wrapped key refused: ${error.code}`);
    throw error;
  }
}

/** Rewrites the file with other keys; the list it got, returned as it is, leaves the file alone. */
async function changeKeys(
  { path, protectionKeyOf }: OpenableKeyFile,
  change: (keys: readonly FileRootKey[]) => readonly FileRootKey[],
): Promise<void> {
  await replaceKeyFile(path, (text) => {
    const file = parseRootKeyFile(text);
    const protectionKey = protectionKeyOf(file);
    const before = openRootKeys(file, protectionKey);
    const after = change(before);
    return after === before ? text : formatRootKeyFile(sealRootKeys({ ...file, keys: after }, protectionKey));
  });
}

function watchKeys({ path, protectionKeyOf }: OpenableKeyFile): () => Promise<readonly FileRootKey[]> {
  let held: { readonly stamp: string; readonly keys: readonly FileRootKey[] } | null = null;
  return async () => {
    try {
      // The stamp comes first: a file replaced in between is read once too often, not once too rarely.
      const { ino, mtimeNs, size } = await stat(path, { bigint: true });
      const stamp = [ino, mtimeNs, size].join();
      if (held?.stamp !== stamp) {
        const present = parseRootKeyFile(await readKeyFile(path));
        held = { stamp, keys: openRootKeys(present, protectionKeyOf(present)) };
      }
      return held.keys;
    } catch (error) {
      if (error instanceof RootKeyError) throw error;
      throw new RootKeyError("unavailable", "the root key file cannot be read", { cause: error });
    }
  };
}
