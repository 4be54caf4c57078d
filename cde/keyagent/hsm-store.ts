// The root keys of a token as a store, inside the HSM's process. Calls block: this process does nothing else.
import { randomUUIDv7 } from "node:crypto";
import type { PKCS11 } from "pkcs11js";
import { RootKeyError, type DestructibleRootKeyStore } from "../vault/keys/root/root-key.ts";
import { assertSecretSize, hsmWrapAad, joinHsmWrappedKey, splitHsmWrappedKey } from "./hsm-wrapped-key.ts";
import { gcmDecryptInToken, gcmEncryptInToken, newIv } from "./token-gcm.ts";
import { assertMechanisms } from "./token-mechanisms.ts";
import { createdAtMs, findRootKey, isStill, listRootKeys, makeRootKey, uuidIn } from "./token-root-key.ts";
import type { TokenRootKey } from "./token-root-key.ts";
import { closeToken, openToken, type TokenAccess, type TokenSession } from "./token-session.ts";

export interface HsmStoreOptions extends TokenAccess {
  readonly device: PKCS11;
  /** Told when a session was given up, and after which error: the library's name of it, or ours. */
  readonly onReset: (cause: string) => void;
}

/** A logged-in session with the keys that were found in it, by UUID. Handles mean nothing outside it. */
interface Work {
  readonly token: TokenSession;
  readonly keys: Map<string, TokenRootKey>;
  /** False for a session that served earlier calls: what it does not find may be there all the same. */
  readonly isFresh: boolean;
}

/**
 * A store that believes no handle and few error codes. A wrap counts when the same handle shows afterwards that it is the
 * named key. A decryption that failed is a refusal when the handle shows that too and then fails again: libraries answer
 * a wrong tag, a hiccup and a dead session with the same code. Whatever else goes wrong costs the session, and the call is
 * done once more in a new one.
 */
export function createHsmStore({ device, onReset, ...access }: HsmStoreOptions): DestructibleRootKeyStore {
  let open: Pick<Work, "token" | "keys"> | null = null;
  let areMechanismsKnown = false;

  const openAnew = (): Pick<Work, "token" | "keys"> => {
    try {
      const token = openToken(device, access);
      if (!areMechanismsKnown) assertMechanisms(token);
      areMechanismsKnown = true;
      return { token, keys: new Map() };
    } catch (error) {
      closeToken(device);
      throw error;
    }
  };
  const drop = (error: unknown): void => {
    if (open !== null) onReset(nameOf(error));
    open = null;
    closeToken(device);
  };
  const inSession = <Value>(use: (work: Work) => Value): Value => {
    const isFresh = open === null;
    try {
      return use({ ...(open ??= openAnew()), isFresh });
    } catch (error) {
      if (isAnswer(error)) throw error;
      drop(error);
    }
    try {
      return use({ ...(open = openAnew()), isFresh: true });
    } catch (error) {
      if (isAnswer(error)) throw error;
      drop(error);
      throw new RootKeyError("unavailable", "the HSM does not work, in a new session either", { cause: error });
    }
  };
  return asStore(inSession);
}

type InSession = <Value>(use: (work: Work) => Value) => Value;

/* eslint-disable @typescript-eslint/require-await -- the library blocks, and a refusal must be a rejection all the same */
function asStore(inSession: InSession): DestructibleRootKeyStore {
  return {
    scheme: "pkcs11",
    wrap: async (id, secret, context) => inSession((work) => wrap(work, id, secret, context)),
    unwrap: async (id, wrapped, context) => inSession((work) => unwrap(work, id, wrapped, context)),
    generate: async () => {
      const uuid = randomUUIDv7();
      const key = inSession(({ token }) => makeRootKey(token, uuid));
      return { id: key.id, createdAtMs: createdAtMs(key) };
    },
    destroy: async (id) => {
      inSession((work) => {
        destroy(work, id);
      });
    },
    status: async () =>
      inSession(({ token, isFresh }) => {
        const keys = listRootKeys(token);
        if (keys.length === 0 && !isFresh) throw new StaleSessionError();
        return {
          isSealed: false,
          location: token.location,
          keys: keys.map((key) => ({ id: key.id, createdAtMs: createdAtMs(key) })),
        };
      }),
  };
}
/* eslint-enable @typescript-eslint/require-await */

/** A session that may be dead without an error: logged out, or at a token that is gone. */
class StaleSessionError extends Error {
  override readonly name = "StaleSessionError";
}

/** What stays true in any session. An outage does not: it may be this session's own. */
function isAnswer(error: unknown): boolean {
  return error instanceof RootKeyError && error.code !== "unavailable";
}

function nameOf(error: unknown): string {
  const { name, message } = error instanceof Error ? error : { name: "thrown value", message: "" };
  return /CKR_[A-Z0-9_]+/.exec(message)?.[0] ?? name;
}

function keyOf(work: Work, rootKeyId: string): TokenRootKey {
  const key = presentKey(work, rootKeyId);
  if (key === null) throw new RootKeyError("unknown_key", "the HSM holds no root key of this id");
  if (key.id !== rootKeyId) throw wrongKey();
  return key;
}

/** The key under an id's UUID; null when a session that was opened for this call finds none. */
function presentKey({ token, keys, isFresh }: Work, rootKeyId: string): TokenRootKey | null {
  const uuid = uuidIn(rootKeyId);
  if (uuid === null) return null;
  const key = keys.get(uuid) ?? findRootKey(token, uuid);
  if (key !== null) keys.set(uuid, key);
  else if (!isFresh) throw new StaleSessionError();
  return key;
}

function wrongKey(): RootKeyError {
  return new RootKeyError("unavailable", "the HSM offers another key under a root key's name");
}

function wrap(work: Work, rootKeyId: string, secret: Uint8Array, context: Uint8Array): Buffer {
  const key = keyOf(work, rootKeyId);
  assertSecretSize(secret);
  const iv = newIv(work.token);
  const inputs = { key: key.handle, iv, aad: hsmWrapAad(rootKeyId, context) };
  const sealed = gcmEncryptInToken(work.token, inputs, Buffer.from(secret.buffer, secret.byteOffset, secret.length));
  if (!isStill(work.token, key)) throw wrongKey();
  return joinHsmWrappedKey(key.name, { iv, sealed });
}

function unwrap(work: Work, rootKeyId: string, wrapped: Buffer, context: Uint8Array): Buffer {
  const key = keyOf(work, rootKeyId);
  const { iv, sealed } = splitHsmWrappedKey(key.name, wrapped);
  const inputs = { key: key.handle, iv, aad: hsmWrapAad(rootKeyId, context) };
  const decrypt = (): Buffer => gcmDecryptInToken(work.token, inputs, sealed);
  try {
    return decrypt();
  } catch (error) {
    if (isOfDevice(error)) throw error;
  }
  if (!isStill(work.token, key)) throw wrongKey();
  try {
    return decrypt();
  } catch (error) {
    if (isOfDevice(error)) throw error;
    throw new RootKeyError("refused", "wrapped key refused: it was changed, or belongs elsewhere", { cause: error });
  }
}

/** Errors that say nothing of what was to be decrypted. Of the others nobody can know. */
function isOfDevice(error: unknown): boolean {
  return /^CKR_(SESSION|DEVICE|OBJECT_HANDLE|KEY_HANDLE|CRYPTOKI|TOKEN|USER|HOST)_/.test(nameOf(error));
}

/** The key shows who it is before: destroying cannot be undone, and afterwards it must be gone. */
function destroy(work: Work, rootKeyId: string): void {
  const key = presentKey(work, rootKeyId);
  if (key === null) return;
  if (key.id !== rootKeyId || !isStill(work.token, key)) throw wrongKey();
  const { device, session } = work.token;
  const uuid = uuidIn(rootKeyId) ?? "";
  work.keys.delete(uuid);
  device.C_DestroyObject(session, key.handle);
  if (findRootKey(work.token, uuid) !== null) throw new RootKeyError("unavailable", "the HSM still has the key");
}
