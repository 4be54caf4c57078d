// Text with Ed25519 signatures under it: C2SP signed-note v1.0.0 (https://c2sp.org/signed-note), the format of Go's
// golang.org/x/mod/sumdb/note, so that tools which are not ours read and verify what we sign. Pure.
//
//   <text, ends with a line break>
//   <empty line>
//   — <key name> <base64 of: key id (4 bytes) ‖ Ed25519 signature over the text (64 bytes)>
//
// The key id is the beginning of SHA-256(key name ‖ 0x0A ‖ 0x01 ‖ public key): a hint which key to try, no proof of it.

import { createPublicKey, hash, sign, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** A public key and the name under which its signatures are expected. */
export interface VerifierKey {
  /** By convention an address without scheme, here the name of the log. No spaces, no `+`. */
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Buffer;
  /** Ed25519. */
  readonly publicKey: KeyObject;
}

/**
 * `malformed`: not a note. `unsigned`: no signature of the key asked for. `signature_invalid`: one that claims to be of
 * that key and is not. `key_malformed`: the key or its name cannot be used.
 */
export type NoteErrorCode = "malformed" | "unsigned" | "signature_invalid" | "key_malformed";

export class NoteError extends Error {
  override readonly name = "NoteError";
  readonly code: NoteErrorCode;

  constructor(code: NoteErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * The text of a note, once a signature of one of the keys was verified. Signatures of other keys are ignored, as the
 * format demands: witnesses may have signed too. Several keys may carry one name, so that a key can be succeeded. Throws
 * NoteError `malformed`, `unsigned` or `signature_invalid`; the text must not be used then.
 */
export function openNote(note: string, keys: readonly VerifierKey[]): string {
  const { text, signatures } = parseNote(note);
  const signed = Buffer.from(text);
  const verdicts = signatures.flatMap(({ name, keyId, signature }) => {
    const key = keys.find((each) => each.name === name && each.keyId.equals(keyId));
    return key === undefined ? [] : [verify(null, signed, key.publicKey, signature)];
  });
  if (verdicts.length === 0) throw new NoteError("unsigned", "the note is not signed with a known key");
  if (verdicts.includes(false)) throw new NoteError("signature_invalid", "a signature of the note does not verify");
  return text;
}

/** Signs a text, which must end with a line break and hold no other control character. Throws NoteError `malformed`. */
export function signNote(text: string, name: string, privateKey: KeyObject): string {
  if (!isNoteText(text)) throw new NoteError("malformed", "the text cannot be signed as a note");
  const { keyId } = verifierKey(name, createPublicKey(privateKey));
  const signature = Buffer.concat([keyId, sign(null, Buffer.from(text), privateKey)]);
  return `${text}\n— ${name} ${signature.toString("base64")}\n`;
}

/** Names a public key. Throws NoteError `key_malformed` unless it is Ed25519 and the name is fit for a signature line. */
export function verifierKey(name: string, publicKey: KeyObject): VerifierKey {
  if (!keyName.test(name)) throw new NoteError("key_malformed", "the key name is empty or holds a space or a plus");
  if (publicKey.asymmetricKeyType !== "ed25519") throw new NoteError("key_malformed", "the key is not Ed25519");
  const input = Buffer.concat([Buffer.from(`${name}\n`), encodedKey(publicKey)]);
  return { name, keyId: hash("sha256", input, "buffer").subarray(0, keyIdBytes), publicKey };
}

/** The text form in which verifier keys are handed around: `<name>+<key id in hex>+<base64 of 0x01 ‖ public key>`. */
export function formatVerifierKey({ name, keyId, publicKey }: VerifierKey): string {
  return `${name}+${keyId.toString("hex")}+${encodedKey(publicKey).toString("base64")}`;
}

/** Reads `formatVerifierKey` back. Throws NoteError `key_malformed`, also when the key id is not that of the key. */
export function parseVerifierKey(text: string): VerifierKey {
  const [, name = "", keyId = "", encoded = ""] = verifierKeyText.exec(text) ?? [];
  const bytes = decodeBase64(encoded);
  if (bytes?.length !== 1 + publicKeyBytes || bytes[0] !== ed25519) {
    throw new NoteError("key_malformed", "this is no Ed25519 verifier key");
  }
  const key = verifierKey(name, publicKeyFrom(bytes.subarray(1)));
  if (key.keyId.toString("hex") !== keyId) throw new NoteError("key_malformed", "the key id is not that of the key");
  return key;
}

interface NoteSignature {
  readonly name: string;
  readonly keyId: Buffer;
  readonly signature: Buffer;
}

/** The text ends at the last empty line: a text may hold others. */
function parseNote(note: string): { readonly text: string; readonly signatures: readonly NoteSignature[] } {
  const end = note.lastIndexOf("\n\n") + 1;
  const text = note.slice(0, end);
  const lines = note.slice(end + 1).split("\n");
  const isWhole = note.length <= maxNoteCharacters && isNoteText(note) && lines.pop() === "";
  if (end === 0 || !isWhole || lines.length === 0 || lines.length > maxSignatures) throw malformedNote();
  return { text, signatures: lines.map(parseSignature) };
}

function parseSignature(line: string): NoteSignature {
  const [, name = "", encoded = ""] = signatureLine.exec(line) ?? [];
  const bytes = decodeBase64(encoded);
  if (bytes === null || bytes.length <= keyIdBytes) throw malformedNote();
  return { name, keyId: bytes.subarray(0, keyIdBytes), signature: bytes.subarray(keyIdBytes) };
}

function malformedNote(): NoteError {
  return new NoteError("malformed", "the note is malformed");
}

function isNoteText(text: string): boolean {
  return text.endsWith("\n") && text.isWellFormed() && !otherControlCharacters.test(text);
}

/** Signature type and raw public key: what key ids and verifier keys are made of. */
function encodedKey(publicKey: KeyObject): Buffer {
  const { x = "" } = publicKey.export({ format: "jwk" });
  return Buffer.concat([Buffer.of(ed25519), Buffer.from(x, "base64url")]);
}

function publicKeyFrom(raw: Buffer): KeyObject {
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") }, format: "jwk" });
}

/** Null for anything but the one base64 text of some bytes: what Node ignores in it could differ between readers. */
function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64");
  return text !== "" && bytes.toString("base64") === text ? bytes : null;
}

/** Signature type of C2SP signed-note for Ed25519. */
const ed25519 = 0x01;
const keyIdBytes = 4;
const publicKeyBytes = 32;

/** As in Go's reader; the specification asks for at least 16. */
const maxSignatures = 100;
const maxNoteCharacters = 1_000_000;

const keyName = /^[^\s+]+$/u;
const signatureLine = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u;
const verifierKeyText = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u;
const otherControlCharacters = /[\0-\x09\x0b-\x1f]/;
