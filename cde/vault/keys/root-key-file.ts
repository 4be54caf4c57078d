// A root key in a file: sealed under a passphrase, or in the clear for development alone.
import { argon2, createSecretKey, randomBytes, randomUUID, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { readFile, writeFile } from "node:fs/promises";
import { EnvelopeError, open, seal, type SealingKey } from "./envelope.ts";
import { encodeFields } from "./fields.ts";
import { RootKeyError, type RootKey } from "./root-key.ts";

const KEY_BYTES = 32;
const FORMAT = "cofferdam-root-key/1";
// RFC 9106 §4, second recommended option: 64 MiB, 3 passes. About 0.2 s once per start.
const ARGON2ID = { parallelism: 4, memory: 65_536, passes: 3, tagLength: KEY_BYTES } as const;
const MIN_PASSPHRASE_BYTES = 15;

interface RootKeyFile {
  readonly format: typeof FORMAT;
  readonly id: string;
  readonly created_at: string;
  /** `argon2id` carries a salt and a sealed key; `none` carries the key itself. Both base64. */
  readonly protection: "argon2id" | "none";
  readonly salt: string;
  readonly key: string;
}

/**
 * Makes a new root key and writes it, readable by its owner alone. Refuses to overwrite a file.
 *
 * @param passphrase at least 15 bytes; null writes a development key, which production refuses to load
 */
export async function createRootKeyFile(path: string, passphrase: string | null, now: Date): Promise<void> {
  const id = randomUUID();
  const secret = randomBytes(KEY_BYTES);
  const salt = randomBytes(16);
  const key = passphrase === null ? secret : seal(await passphraseKey(id, passphrase, salt), fileContext(id), secret);
  const file: RootKeyFile = {
    format: FORMAT,
    id,
    created_at: now.toISOString(),
    protection: passphrase === null ? "none" : "argon2id",
    salt: salt.toString("base64"),
    key: key.toString("base64"),
  };
  secret.fill(0);
  await writeFile(path, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600, flag: "wx" });
}

/**
 * Loads the root key of a file.
 *
 * @throws RootKeyError `malformed_file`, `wrong_passphrase`, or `development_key` when `production` is true and the
 * key lies there in the clear
 */
export async function openRootKeyFile(
  path: string,
  options: { readonly passphrase: string | null; readonly production: boolean },
): Promise<RootKey> {
  const file = parseFile(await readFile(path, "utf8"));
  const secret =
    file.protection === "none" ? developmentKey(file, options.production) : await unseal(file, options.passphrase);
  const key: SealingKey = { id: file.id, secret: createSecretKey(secret) };
  secret.fill(0);
  return rootKeyFrom(key);
}

function rootKeyFrom(key: SealingKey): RootKey {
  return {
    id: `file:${key.id}`,
    wrap: (secret, context) => Promise.resolve(seal(key, context, secret)),
    // eslint-disable-next-line @typescript-eslint/require-await -- other backends do wait; a refusal must be a rejection
    unwrap: async (wrapped, context) => {
      try {
        return open(key, context, wrapped);
      } catch (error) {
        if (error instanceof EnvelopeError) throw new RootKeyError("refused", `wrapped key refused: ${error.code}`);
        throw error;
      }
    },
  };
}

function developmentKey(file: RootKeyFile, production: boolean): Buffer {
  if (production) {
    throw new RootKeyError(
      "development_key",
      "this root key lies in its file unprotected: refused when NODE_ENV is production",
    );
  }
  return Buffer.from(file.key, "base64");
}

async function unseal(file: RootKeyFile, passphrase: string | null): Promise<Buffer> {
  if (passphrase === null) throw new RootKeyError("wrong_passphrase", "this root key needs a passphrase");
  const key = await passphraseKey(file.id, passphrase, Buffer.from(file.salt, "base64"));
  try {
    return open(key, fileContext(file.id), Buffer.from(file.key, "base64"));
  } catch {
    throw new RootKeyError("wrong_passphrase", "the passphrase does not open this root key, or the file was changed");
  }
}

async function passphraseKey(id: string, passphrase: string, salt: Buffer): Promise<SealingKey> {
  const message = Buffer.from(passphrase, "utf8");
  if (message.length < MIN_PASSPHRASE_BYTES) {
    throw new RootKeyError("wrong_passphrase", `a root key passphrase has at least ${MIN_PASSPHRASE_BYTES} bytes`);
  }
  const derived = await promisify(argon2)("argon2id", { message, nonce: salt, ...ARGON2ID });
  const secret: KeyObject = createSecretKey(derived);
  derived.fill(0);
  message.fill(0);
  return { id, secret };
}

function fileContext(id: string): Buffer {
  return encodeFields([FORMAT, id]);
}

function parseFile(text: string): RootKeyFile {
  const file = parseJson(text) as Partial<RootKeyFile> | null;
  const isWellFormed =
    file?.format === FORMAT &&
    typeof file.id === "string" &&
    typeof file.salt === "string" &&
    typeof file.key === "string" &&
    (file.protection === "argon2id" || file.protection === "none");
  if (!isWellFormed) throw new RootKeyError("malformed_file", "this is no Cofferdam root key file");
  if (file.protection === "none" && Buffer.from(file.key ?? "", "base64").length !== KEY_BYTES) {
    throw new RootKeyError("malformed_file", "a development root key has 32 bytes");
  }
  return file as RootKeyFile;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
