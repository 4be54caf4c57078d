// AES-256-GCM inside the HSM (CKM_AES_GCM, SP 800-38D): 96-bit IV, 128-bit tag.
import pkcs11js, { type AesGCM, type Handle, type Mechanism } from "pkcs11js";
import { IV_BYTES, TAG_BYTES } from "./hsm-wrapped-key.ts";
import type { TokenSession } from "./token-session.ts";

/** One operation's inputs besides the text. */
export interface GcmInputs {
  readonly key: Handle;
  readonly iv: Buffer;
  readonly aad: Buffer;
}

/** Ciphertext and tag, `plaintext.length` + 16 bytes. Throws the library's errors. */
export function gcmEncryptInToken({ device, session }: TokenSession, inputs: GcmInputs, plaintext: Buffer): Buffer {
  device.C_EncryptInit(session, gcm(inputs), inputs.key);
  return device.C_Encrypt(session, plaintext, Buffer.alloc(plaintext.length + TAG_BYTES));
}

/**
 * The plaintext, in a buffer that the caller wipes. Throws the library's errors, and those do not say whether the tag was
 * wrong or the device is: SoftHSM answers CKR_GENERAL_ERROR to a wrong tag.
 */
export function gcmDecryptInToken({ device, session }: TokenSession, inputs: GcmInputs, sealed: Buffer): Buffer {
  // Some libraries use the room for the tag too.
  const room = Buffer.alloc(sealed.length);
  try {
    device.C_DecryptInit(session, gcm(inputs), inputs.key);
    return device.C_Decrypt(session, sealed, room);
  } catch (error) {
    room.fill(0);
    throw error;
  }
}

/** A new IV from the HSM's own generator. */
export function newIv({ device, session }: TokenSession): Buffer {
  return device.C_GenerateRandom(session, Buffer.alloc(IV_BYTES));
}

function gcm({ iv, aad }: GcmInputs): Mechanism {
  const parameter: AesGCM = {
    type: pkcs11js.CK_PARAMS_AES_GCM,
    iv,
    aad,
    ivBits: IV_BYTES * 8,
    tagBits: TAG_BYTES * 8,
  };
  return { mechanism: pkcs11js.CKM_AES_GCM, parameter };
}
