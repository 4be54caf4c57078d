// All wrapped keys of a vault in one file, for the day when its database comes back from a backup: keys that were wrapped
// anew since then, and root keys that have been replaced. No key in it is in the clear. Pure.
//
// A file of two lines: the bundle as JSON, and, as a JSON string, a signed note over
//
//   cofferdam/key-bundle/1
//   <SHA-256 of the first line, hex>
import { hash } from "node:crypto";
import { uuid } from "@cofferdam/kit/uuid.ts";
import type { RootKeyScheme } from "../keys/root/root-key.ts";
import { schemeOf } from "../keys/root/root-key.ts";

export interface BundledKey {
  readonly key_id: string;
  readonly purpose: string;
  readonly version: number;
  readonly wraps: readonly { readonly root_key_id: string; readonly wrapped: string }[];
}

/** What a bundle holds. Bytes are base64. */
export interface KeyBundle {
  readonly issued_at: string;
  readonly root_keys: readonly { readonly id: string; readonly scheme: RootKeyScheme }[];
  readonly tenants: readonly { readonly tenant_id: string; readonly keys: readonly BundledKey[] }[];
}

/** A file that is no bundle, or not one that was signed here. */
export class KeyBundleError extends Error {
  override readonly name = "KeyBundleError";
}

const format = "cofferdam/key-bundle/1";

/** Writes a bundle and signs it. */
export function formatKeyBundle(bundle: KeyBundle, sign: (text: string) => string): string {
  const line = JSON.stringify(bundle);
  return `${line}\n${JSON.stringify(sign(signedText(line)))}\n`;
}

/**
 * Reads a bundle once its signature was verified.
 *
 * @param verify gives the text of a signed note, or throws
 * @throws KeyBundleError; nothing in the file must be used then
 */
export function openKeyBundle(file: string, verify: (note: string) => string): KeyBundle {
  const [line = "", note = "", rest] = file.split("\n");
  try {
    if (rest === "" && verify(JSON.parse(note) as string) === signedText(line)) return shaped(JSON.parse(line));
  } catch (error) {
    throw new KeyBundleError("this is no key bundle that this vault signed", { cause: error });
  }
  throw new KeyBundleError("this is no key bundle that this vault signed");
}

/** SHA-256 of a bundle file, hex: what a ceremony file names it by. */
export function bundleDigest(file: string): string {
  return hash("sha256", file, "hex");
}

function signedText(line: string): string {
  return `${format}\n${hash("sha256", line, "hex")}\n`;
}

/** The signature vouches for who wrote it; this for what later code relies on. */
function shaped(value: unknown): KeyBundle {
  const bundle = value as KeyBundle;
  const isShaped =
    bundle.root_keys.every(({ id, scheme }) => schemeOf(id) === scheme) &&
    bundle.tenants.every(
      ({ tenant_id: tenantId, keys }) =>
        uuid.test(tenantId) && keys.every(({ key_id: keyId, wraps }) => uuid.test(keyId) && Array.isArray(wraps)),
    );
  if (!isShaped) throw new KeyBundleError("the bundle lacks what a bundle holds");
  return bundle;
}
