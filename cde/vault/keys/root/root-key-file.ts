// Root keys in a file: sealed under a passphrase, or in the clear for development alone. Other parts of the matter:
// `-format` (what is in the file), `-seal` (how), `-write` (onto the disk), `-store` (at work).
import { argon2, createSecretKey, randomBytes, randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { KEY_BYTES } from "../aes-256-gcm.ts";
import type { SealingKey } from "../envelope.ts";
import {
  formatRootKeyFile,
  parseRootKeyFile,
  type RootKeyFile,
  type RootKeyProtection,
} from "./root-key-file-format.ts";
import { newFileRootKey, sealRootKeys } from "./root-key-file-seal.ts";
import { createKeyFileStore } from "./root-key-file-store.ts";
import { createKeyFile, readKeyFile } from "./root-key-file-write.ts";
import { RootKeyError, type DestructibleRootKeyStore } from "./root-key.ts";

// RFC 9106 §4, second recommended option: 64 MiB, 3 passes. About 0.2 s once per start.
const ARGON2ID = { parallelism: 4, memory: 65_536, passes: 3, tagLength: KEY_BYTES } as const;
const MIN_PASSPHRASE_BYTES = 15;

/**
 * Makes a file with one new root key and writes it, readable by its owner alone. Refuses to overwrite a file.
 *
 * @param passphrase at least 15 bytes; null writes a development key, which production refuses to load
 */
export async function createRootKeyFile(path: string, passphrase: string | null, now: Date): Promise<void> {
  const id = randomUUID();
  const protection: RootKeyProtection =
    passphrase === null ? { kind: "none" } : { kind: "argon2id", salt: randomBytes(16).toString("base64") };
  const protectionKey = protection.kind === "none" ? null : await passphraseKey(id, passphrase, protection.salt);
  const file = sealRootKeys({ id, protection, keys: [newFileRootKey(now)] }, protectionKey);
  await createKeyFile(path, formatRootKeyFile(file));
}

/**
 * Opens the root keys of a file, of format 1 too: its one key keeps its id, and the first key that is made beside it
 * writes the file anew in format 2.
 *
 * @param options `now` is in milliseconds since 1970
 * @throws RootKeyError `malformed_file`, `wrong_passphrase`, or `development_key` when `production` is true and the
 * keys lie there in the clear
 */
export async function openRootKeyFile(
  path: string,
  options: { readonly passphrase: string | null; readonly production: boolean; readonly now: () => number },
): Promise<DestructibleRootKeyStore> {
  const file = parseRootKeyFile(await readKeyFile(path));
  if (file.protection.kind === "none" && options.production) {
    throw new RootKeyError(
      "development_key",
      "this root key lies in its file unprotected: refused when NODE_ENV is production",
    );
  }
  const protectionKey = await protectionKeyOf(file, options.passphrase);
  const store = createKeyFileStore({
    path,
    scheme: "file",
    location: file.protection.kind === "none" ? "file in the clear, for development" : "file sealed under a passphrase",
    protectionKeyOf: () => protectionKey,
    now: options.now,
  });
  await store.status();
  return store;
}

async function protectionKeyOf(file: RootKeyFile, passphrase: string | null): Promise<SealingKey | null> {
  if (file.protection.kind === "none") return null;
  if (file.protection.kind === "shares") {
    throw new RootKeyError("wrong_passphrase", "this root key file needs its custodians, not a passphrase");
  }
  return passphraseKey(file.id, passphrase, file.protection.salt);
}

async function passphraseKey(id: string, passphrase: string | null, salt: string): Promise<SealingKey> {
  const message = Buffer.from(passphrase ?? "", "utf8");
  if (message.length < MIN_PASSPHRASE_BYTES) {
    throw new RootKeyError("wrong_passphrase", `a root key passphrase has at least ${MIN_PASSPHRASE_BYTES} bytes`);
  }
  const derived = await promisify(argon2)("argon2id", { message, nonce: Buffer.from(salt, "base64"), ...ARGON2ID });
  try {
    return { id, secret: createSecretKey(derived) };
  } finally {
    derived.fill(0);
    message.fill(0);
  }
}
