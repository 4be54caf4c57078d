import { createPublicKey, type KeyObject } from "node:crypto";
import { openNote, signNote, verifierKey } from "../audit/signed-note.ts";
import { ceremonySigner } from "../keys/ceremony/ceremony-transcript.ts";
import type { OperationContext } from "../rotation/operation.ts";

/**
 * Signs transcripts, certificates and bundles as `<trust domain>/key-ceremonies`, and believes those that it or an earlier
 * key of this vault signed. Throws NoteError `key_malformed` for a key that is not Ed25519.
 */
export function createNoteSigner(
  trustDomain: string,
  privateKey: KeyObject,
  earlierKeys: readonly KeyObject[],
): Pick<OperationContext, "sign" | "verify"> {
  const name = ceremonySigner(trustDomain);
  const verifiers = [createPublicKey(privateKey), ...earlierKeys].map((key) => verifierKey(name, key));
  return {
    sign: (text) => signNote(text, name, privateKey),
    verify: (note) => openNote(note, verifiers),
  };
}
