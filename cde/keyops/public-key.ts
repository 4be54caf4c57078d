// The vault's public key, as operators hand it around.
import { createPublicKey, type KeyObject } from "node:crypto";
import { parseVerifierKey } from "../vault/audit/signed-note.ts";
import { FileError } from "./errors.ts";
import { readText } from "./files.ts";

/** Reads PEM, or the text form of a verifier key. Throws FileError. */
export async function readPublicKey(path: string): Promise<KeyObject> {
  const text = await readText(path);
  try {
    const key = text.includes("-----BEGIN PUBLIC KEY-----")
      ? createPublicKey(text)
      : parseVerifierKey(text.trim()).publicKey;
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // Which of the two forms it was meant to be, nobody can tell.
  }
  throw new FileError(`${path} is no Ed25519 public key, in PEM or as a verifier key`);
}
