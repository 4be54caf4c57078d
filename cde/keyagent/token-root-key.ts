// A root key as an object in the token: how it is made, found, and known for what it is.
import pkcs11js, { type Handle, type Template } from "pkcs11js";
import { encodeFields } from "../vault/keys/fields.ts";
import { RootKeyError } from "../vault/keys/root/root-key.ts";
import { TAG_BYTES } from "./hsm-wrapped-key.ts";
import { gcmEncryptInToken } from "./token-gcm.ts";
import type { TokenSession } from "./token-session.ts";

/**
 * A root key that has shown that it is the one that its id names. Ids are `pkcs11:<UUIDv7>-<check value, 32 hex digits>`:
 * the UUID is the object's CKA_ID and the end of its label; the check value is computed by the key itself. So whoever
 * keeps an id (the vault's database, its audit log) can tell the key from any other that stands under its name, and the
 * agent needs no memory of its own and no data object in the token.
 */
export interface TokenRootKey {
  readonly id: string;
  /** The UUID in 16 bytes. */
  readonly name: Buffer;
  readonly handle: Handle;
}

const KEY_BYTES = 32;
const LABEL_PREFIX = "cofferdam-root-key ";
const MAX_OBJECTS = 1_000;
/** As many as a root key file holds; a status tells them all in one frame. */
const MAX_ROOT_KEYS = 64;

/** The UUID of an id; null when it is none of ours. */
export function uuidIn(rootKeyId: string): string | null {
  return /^pkcs11:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:-[0-9a-f]{32})?$/.exec(rootKeyId)?.[1] ?? null;
}

/** When a UUIDv7 was made, RFC 9562 §5.7: milliseconds since 1970. */
export function createdAtMs({ name }: TokenRootKey): number {
  return name.readUIntBE(0, 6);
}

/**
 * Makes a key under a new UUID; one that is there under it already is taken. Throws like `findRootKey`, and RootKeyError
 * `unsupported` when the token is full.
 */
export function makeRootKey(token: TokenSession, uuid: string): TokenRootKey {
  const existing = findRootKey(token, uuid);
  if (existing !== null) return existing;
  if (rootKeyNames(token).length >= MAX_ROOT_KEYS) {
    throw new RootKeyError("unsupported", `the token holds ${MAX_ROOT_KEYS} root keys, as many as it may`);
  }
  const template = [...searchTemplate(uuid), ...chosen.map(([type, value]) => ({ type, value }))];
  template.push({ type: pkcs11js.CKA_VALUE_LEN, value: KEY_BYTES });
  token.device.C_GenerateKey(token.session, { mechanism: pkcs11js.CKM_AES_KEY_GEN }, template);
  // Found anew as after every loss: what cannot be found again must not wrap anything.
  const made = findRootKey(token, uuid);
  if (made === null) throw new RootKeyError("unavailable", "the HSM does not find the key that it made");
  return made;
}

/**
 * The key with this UUID by label and id, checked; null when there is none. Throws RootKeyError `unsupported` when its
 * attributes are not those of a root key, `unavailable` when several have its name; and the library's errors.
 */
export function findRootKey(token: TokenSession, uuid: string): TokenRootKey | null {
  const [handle, second] = find(token, searchTemplate(uuid), 2);
  if (handle === undefined) return null;
  if (second !== undefined) throw new RootKeyError("unavailable", "the HSM has several keys of one name");
  return checked(token, uuid, handle);
}

/** Every root key of the token, checked, oldest first, among the first 1,000 AES keys. Throws like `findRootKey`. */
export function listRootKeys(token: TokenSession): readonly TokenRootKey[] {
  const uuids = rootKeyNames(token).toSorted();
  return uuids.flatMap((uuid) => findRootKey(token, uuid) ?? []);
}

/** The ends of labels that are a root key's. What stands there need not be one. */
function rootKeyNames(token: TokenSession): readonly string[] {
  return find(token, classTemplate, MAX_OBJECTS).flatMap((handle) => {
    const label = attribute(token, handle, pkcs11js.CKA_LABEL).toString("utf8");
    return label.startsWith(LABEL_PREFIX) ? [label.slice(LABEL_PREFIX.length)] : [];
  });
}

/** Whether a handle still belongs to the key that it was found for: the same check value, computed now. */
export function isStill(token: TokenSession, { id, name, handle }: TokenRootKey): boolean {
  return idOf(token, uuidOf(name), handle) === id;
}

function checked(token: TokenSession, uuid: string, handle: Handle): TokenRootKey {
  const wrong = [...chosen, ...told].filter(([type, value]) => attribute(token, handle, type)[0] !== Number(value));
  const length = attribute(token, handle, pkcs11js.CKA_VALUE_LEN);
  if (wrong.length > 0 || length.readUInt8(0) !== KEY_BYTES) {
    throw new RootKeyError("unsupported", "the HSM holds a root key with attributes that a root key must not have");
  }
  return { id: idOf(token, uuid, handle), name: nameOf(uuid), handle };
}

// One fixed IV and one fixed text for all time: the result is the same each time, and no wrap uses that IV, for its own are
// random (one in 2^96 would, SP 800-38D §8.2.2).
const CHECK_IV = Buffer.from("cofferdam/kc");
const CHECK_TEXT = Buffer.alloc(32);

function idOf(token: TokenSession, uuid: string, key: Handle): string {
  const aad = encodeFields(["cofferdam/root-key-check/1", uuid]);
  const tag = gcmEncryptInToken(token, { key, iv: CHECK_IV, aad }, CHECK_TEXT).subarray(-TAG_BYTES);
  return `pkcs11:${uuid}-${tag.toString("hex")}`;
}

// AES-256, kept in the token, of no other use than to encrypt and decrypt (PCI DSS 3.6.1.2, 3.7.1).
const chosen: readonly (readonly [type: number, value: boolean])[] = [
  [pkcs11js.CKA_TOKEN, true],
  [pkcs11js.CKA_PRIVATE, true],
  [pkcs11js.CKA_MODIFIABLE, false],
  [pkcs11js.CKA_SENSITIVE, true],
  [pkcs11js.CKA_EXTRACTABLE, false],
  [pkcs11js.CKA_ENCRYPT, true],
  [pkcs11js.CKA_DECRYPT, true],
  [pkcs11js.CKA_WRAP, false],
  [pkcs11js.CKA_UNWRAP, false],
  [pkcs11js.CKA_SIGN, false],
  [pkcs11js.CKA_VERIFY, false],
  [pkcs11js.CKA_DERIVE, false],
];

// What the token sets itself: made inside, and never outside in any form.
const told: typeof chosen = [
  [pkcs11js.CKA_LOCAL, true],
  [pkcs11js.CKA_ALWAYS_SENSITIVE, true],
  [pkcs11js.CKA_NEVER_EXTRACTABLE, true],
];

const classTemplate: Template = [
  { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
  { type: pkcs11js.CKA_KEY_TYPE, value: pkcs11js.CKK_AES },
];

function searchTemplate(uuid: string): Template {
  return [
    ...classTemplate,
    { type: pkcs11js.CKA_LABEL, value: LABEL_PREFIX + uuid },
    { type: pkcs11js.CKA_ID, value: nameOf(uuid) },
  ];
}

function find({ device, session }: TokenSession, template: Template, max: number): readonly Handle[] {
  device.C_FindObjectsInit(session, template);
  try {
    return device.C_FindObjects(session, max);
  } finally {
    device.C_FindObjectsFinal(session);
  }
}

function attribute({ device, session }: TokenSession, object: Handle, type: number): Buffer {
  const [found] = device.C_GetAttributeValue(session, object, [{ type }]);
  if (found === undefined || !Buffer.isBuffer(found.value)) throw new Error("the HSM does not tell an attribute");
  return found.value;
}

function nameOf(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll("-", ""), "hex");
}

function uuidOf(name: Buffer): string {
  return name.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
