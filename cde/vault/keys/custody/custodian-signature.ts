// Signatures by the key of a custodian's certificate, over text.
import { constants, createPublicKey, sign, verify, type KeyObject } from "node:crypto";

/**
 * Signs text (UTF-8): RSASSA-PSS with SHA-256 and 32 bytes of salt, ECDSA on P-256 with SHA-256 or P-384 with SHA-384
 * (DER), or Ed25519, as the key is.
 *
 * @returns base64
 * @throws RangeError for a key of another kind, or RSA below 2,048 bits
 */
export function signText(text: string, privateKey: KeyObject): string {
  const { digest, options } = schemeOf(privateKey);
  return sign(digest, Buffer.from(text, "utf8"), { key: privateKey, ...options }).toString("base64");
}

/** Whether that key signed the text; false too for a key of a kind that `signText` does not take. */
export function isSignedBy(publicKeyPem: string, text: string, signature: string): boolean {
  try {
    const key = createPublicKey(publicKeyPem);
    const { digest, options } = schemeOf(key);
    return verify(digest, Buffer.from(text, "utf8"), { key, ...options }, Buffer.from(signature, "base64"));
  } catch {
    return false;
  }
}

/** The key in its one form, SPKI in PEM; null for what is no public key that may sign here. */
export function readSigningKey(pem: string): string | null {
  try {
    // A private key would be read as its public half; it must not have come here, and goes no further.
    if (!pem.startsWith("-----BEGIN PUBLIC KEY-----")) return null;
    const key = createPublicKey(pem);
    schemeOf(key);
    return key.export({ type: "spki", format: "pem" });
  } catch {
    return null;
  }
}

interface Scheme {
  readonly digest: "sha256" | "sha384" | null;
  readonly options: { readonly padding?: number; readonly saltLength?: number };
}

function schemeOf(key: KeyObject): Scheme {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "ed25519") return { digest: null, options: {} };
  if (namedCurve === "prime256v1") return { digest: "sha256", options: {} };
  if (namedCurve === "secp384r1") return { digest: "sha384", options: {} };
  if (key.asymmetricKeyType === "rsa" && modulusLength >= 2_048) {
    return { digest: "sha256", options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } };
  }
  throw new RangeError("a custodian signs with RSA of at least 2048 bits, P-256, P-384 or Ed25519");
}
