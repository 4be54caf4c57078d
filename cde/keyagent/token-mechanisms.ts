// Whether a token can do what root keys need, tried with a key that is gone afterwards: what a device lists and what it
// does are not always the same.
import pkcs11js, { type Handle } from "pkcs11js";
import { RootKeyError } from "../vault/keys/root/root-key.ts";
import { gcmDecryptInToken, gcmEncryptInToken, newIv } from "./token-gcm.ts";
import type { TokenSession } from "./token-session.ts";

const needed = [
  [pkcs11js.CKM_AES_KEY_GEN, "AES key generation (CKM_AES_KEY_GEN)"],
  [pkcs11js.CKM_AES_GCM, "AES-GCM (CKM_AES_GCM)"],
] as const;

/** Throws RootKeyError `unsupported` that names what is missing; and the library's errors. */
export function assertMechanisms(token: TokenSession): void {
  const mechanisms = token.device.C_GetMechanismList(token.slot);
  for (const [mechanism, name] of needed) if (!mechanisms.includes(mechanism)) throw lacks(name);
  const key = token.device.C_GenerateKey(token.session, { mechanism: pkcs11js.CKM_AES_KEY_GEN }, [
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
    { type: pkcs11js.CKA_KEY_TYPE, value: pkcs11js.CKK_AES },
    { type: pkcs11js.CKA_VALUE_LEN, value: 32 },
    { type: pkcs11js.CKA_TOKEN, value: false },
    { type: pkcs11js.CKA_ENCRYPT, value: true },
    { type: pkcs11js.CKA_DECRYPT, value: true },
  ]);
  try {
    assertBinding(token, key);
  } finally {
    token.device.C_DestroyObject(token.session, key);
  }
}

function assertBinding(token: TokenSession, key: Handle): void {
  const iv = newIv(token);
  const text = Buffer.alloc(32, 0xa5);
  const sealed = gcmEncryptInToken(token, { key, iv, aad: Buffer.from("one") }, text);
  if (!gcmDecryptInToken(token, { key, iv, aad: Buffer.from("one") }, sealed).equals(text)) {
    throw lacks("an AES-GCM that opens what it sealed");
  }
  if (opens(() => gcmDecryptInToken(token, { key, iv, aad: Buffer.from("two") }, sealed))) {
    throw lacks("an AES-GCM that binds additional data");
  }
}

function opens(decrypt: () => Buffer): boolean {
  try {
    decrypt();
    return true;
  } catch {
    return false;
  }
}

function lacks(what: string): RootKeyError {
  return new RootKeyError("unsupported", `the HSM lacks ${what}`);
}
