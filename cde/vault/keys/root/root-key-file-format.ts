// The form of a root key file. This file knows no cryptography; `root-key-file-seal.ts` fills it.
import { RootKeyError } from "./root-key.ts";
import type { ShareHolding, ShareRecord, SharingRecord } from "../custody/share-custody.ts";

/** What keeps the keys of a file secret. `none` is for development alone. */
export type RootKeyProtection =
  | { readonly kind: "argon2id"; readonly salt: string }
  | { readonly kind: "none" }
  /** Oldest sharing first; the last is the present one. */
  | { readonly kind: "shares"; readonly sharings: readonly SharingRecord[] };

/** A root key in its file. */
export interface SealedRootKey {
  /** UUID. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly created_at: string;
  /** Base64: the key sealed under the file's protection key, or the key itself where the protection is `none`. */
  readonly key: string;
}

/**
 * A root key file, JSON. Format 1 held one key, had no proof, and named protection and salt side by side; it is read into
 * this form and written in it.
 */
export interface RootKeyFile {
  readonly format: "cofferdam-root-key/1" | "cofferdam-root-key/2";
  /** UUID. */
  readonly id: string;
  readonly protection: RootKeyProtection;
  /** Base64: one byte sealed under the protection key in the context of everything above and below; null where there is none. */
  readonly proof: string | null;
  readonly keys: readonly SealedRootKey[];
}

/** Far above what 64 keys and a hundred sharings need. */
export const MAX_FILE_BYTES = 1_048_576;
/** Most root keys of one file: one a year wraps for a lifetime. */
export const MAX_KEYS = 64;

type Json = Readonly<Record<string, unknown>>;

/** Writes the file as text. Throws RootKeyError `unsupported`, `malformed_file` for what could not be read again. */
export function formatRootKeyFile(file: RootKeyFile): string {
  const { format, id, protection, proof, keys } = file;
  const text = `${JSON.stringify({ format, id, protection, proof, keys }, null, 2)}\n`;
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) {
    throw new RootKeyError("unsupported", "a root key file with its history of custody has at most 1 MiB");
  }
  parseRootKeyFile(text);
  return text;
}

/** Reads a file of format 1 or 2. Throws RootKeyError `malformed_file`. */
export function parseRootKeyFile(text: string): RootKeyFile {
  const file = parseJson(text);
  if (file["format"] === "cofferdam-root-key/1") return readFormat1(file);
  const keys = listOf(file["keys"], MAX_KEYS, isSealedRootKey);
  const isWellFormed =
    file["format"] === "cofferdam-root-key/2" &&
    isUuid(file["id"]) &&
    isProtection(file["protection"]) &&
    (file["proof"] === null || typeof file["proof"] === "string") &&
    keys !== null &&
    new Set(keys.map(({ id }) => id)).size === keys.length;
  if (!isWellFormed) throw malformed();
  return file as unknown as RootKeyFile;
}

function readFormat1(file: Json): RootKeyFile {
  const { id, created_at, protection, salt, key } = file;
  const sealed = { id, created_at, key };
  const kept = protection === "none" ? { kind: protection } : { kind: protection, salt };
  if (!isUuid(id) || !isSealedRootKey(sealed) || !isProtection(kept)) throw malformed();
  return { format: "cofferdam-root-key/1", id, protection: kept, proof: null, keys: [sealed] };
}

function isProtection(value: unknown): value is RootKeyProtection {
  const { kind, salt, sharings } = (value ?? {}) as Json;
  if (kind === "argon2id") return typeof salt === "string" && Buffer.from(salt, "base64").length === 16;
  if (kind === "shares") return (listOf(sharings, 1_000, isSharing)?.length ?? 0) > 0;
  return kind === "none";
}

function isSealedRootKey(value: Json): value is Json & SealedRootKey {
  return isUuid(value["id"]) && isTime(value["created_at"]) && typeof value["key"] === "string";
}

function isSharing(value: Json): value is Json & SharingRecord {
  const shares = listOf(value["shares"], 15, isShare);
  return (
    isUuid(value["id"]) &&
    isTime(value["created_at"]) &&
    (value["ended_at"] === null || isTime(value["ended_at"])) &&
    typeof value["ceremony_digest"] === "string" &&
    shares !== null &&
    Number.isInteger(value["threshold"]) &&
    (value["threshold"] as number) >= 2 &&
    (value["threshold"] as number) <= shares.length &&
    new Set(shares.map(({ index }) => index)).size === shares.length
  );
}

function isShare(value: Json): value is Json & ShareRecord {
  const holdings = listOf(value["held_by"], 100, isHolding);
  return Number.isInteger(value["index"]) && typeof value["check"] === "string" && (holdings?.length ?? 0) > 0;
}

function isHolding(value: Json): value is Json & ShareHolding {
  return typeof value["custodian"] === "string" && typeof value["signing_key"] === "string" && isTime(value["since"]);
}

function listOf<Item>(
  value: unknown,
  limit: number,
  isItem: (item: Json) => item is Json & Item,
): readonly Item[] | null {
  if (!Array.isArray(value) || value.length > limit) return null;
  const items = value.map((item) => (item ?? {}) as Json);
  return items.every(isItem) ? items : null;
}

function isUuid(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
}

function isTime(value: unknown): value is string {
  return typeof value === "string" && Number.isFinite(Date.parse(value));
}

function parseJson(text: string): Json {
  try {
    return (JSON.parse(text) ?? {}) as Json;
  } catch {
    return {};
  }
}

function malformed(): RootKeyError {
  return new RootKeyError("malformed_file", "this is no Cofferdam root key file");
}
