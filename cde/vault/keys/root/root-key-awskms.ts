// Root keys in AWS KMS. Tested for the shape of its calls only, through the real SDK against a stub of ours
// (sandbox/kms-stub.ts), never with the cloud. Why it is as it is: docs/decisions/0013-cloud-root-keys.md.
import type { KMS, KeyMetadata } from "@aws-sdk/client-kms";
import { cloudError, type CloudErrorCode, loadSdk, takeSecret, withinDeadline } from "./cloud-call.ts";
import { RootKeyError, type RootKeyFacts, type RootKeyStore } from "./root-key.ts";

const SCHEME = "awskms";
/** The one field of the encryption context. CloudTrail shows it in clear: tenant, purpose, key id and version. */
const CONTEXT_FIELD = "cofferdam-context";
const MAX_CIPHERTEXT_BYTES = 4_096;
// Two years of monthly root keys fit in one page; ten pages are an account that uses aliases for something else too.
const ALIASES_PER_PAGE = 100;
const MAX_ALIAS_PAGES = 10;

/** The parts of a key's ARN, `arn:<partition>:kms:<region>:<account>:key/<key id>`. */
interface KeyArn {
  /** Everything before the key id. */
  readonly base: string;
  readonly region: string;
  readonly account: string;
  readonly keyId: string;
}

/**
 * Opens the root keys of one AWS account and region.
 *
 * The store holds the key that the reference names, and every key with an alias
 * `alias/cofferdam/<key id of the reference>/…`; `generate` makes such a key and alias. No other key is ever used,
 * whatever a caller or a ciphertext names (PCI DSS 3.7.7). Region, endpoint and credentials: the first is the ARN's, the
 * others come from the SDK's own environment. Nothing is asked of KMS yet.
 *
 * @param location ARN of a symmetric key, without alias
 * @throws RootKeyError `malformed_reference`, or `unsupported` when the SDK is not installed
 */
export async function openAwsKms(location: string): Promise<RootKeyStore> {
  const arn = parseArn(location);
  const sdk = await loadSdk("@aws-sdk/client-kms", () => import("@aws-sdk/client-kms"));
  const kms = new sdk.KMS({ region: arn.region, maxAttempts: 2 });
  // Root keys that were found to be this store's and fit to wrap. A new one is, before KMS lists its alias.
  const fit = new Set<string>();
  const use = async (rootKeyId: string, signal: AbortSignal): Promise<string> => {
    if (!fit.has(rootKeyId)) await checkKey(kms, arn, rootKeyId, signal);
    fit.add(rootKeyId);
    return rootKeyId.slice(`${SCHEME}:`.length);
  };
  return {
    scheme: SCHEME,
    wrap: (rootKeyId, secret, context) =>
      ask(async (signal) => wrap(kms, await use(rootKeyId, signal), secret, context, signal)),
    unwrap: (rootKeyId, wrapped, context) =>
      ask(async (signal) => unwrap(kms, await use(rootKeyId, signal), wrapped, context, signal)),
    generate: async () => {
      const made = await generate(kms, arn);
      fit.add(made.id);
      return made;
    },
    status: async () => ({
      isSealed: false,
      keys: await ask((signal) => listKeys(kms, arn, signal)),
      location: `AWS KMS, region ${arn.region}, account ${arn.account}`,
    }),
  };
}

async function wrap(
  kms: KMS,
  keyArn: string,
  secret: Uint8Array,
  context: Uint8Array,
  abortSignal: AbortSignal,
): Promise<Buffer> {
  const { CiphertextBlob: wrapped } = await kms.encrypt(
    { KeyId: keyArn, Plaintext: secret, EncryptionContext: encryptionContext(context) },
    { abortSignal },
  );
  if (wrapped === undefined) throw new RootKeyError("unavailable", "the key service answered without a ciphertext");
  return Buffer.from(wrapped);
}

/** Names the key itself: KMS would otherwise read from the ciphertext which key opens it. */
async function unwrap(
  kms: KMS,
  keyArn: string,
  wrapped: Buffer,
  context: Uint8Array,
  abortSignal: AbortSignal,
): Promise<Buffer> {
  if (wrapped.length === 0 || wrapped.length > MAX_CIPHERTEXT_BYTES) {
    throw new RootKeyError("refused", "no wrapped key of this store has that length");
  }
  const answer = await kms.decrypt(
    { KeyId: keyArn, CiphertextBlob: wrapped, EncryptionContext: encryptionContext(context) },
    { abortSignal },
  );
  if (answer.Plaintext === undefined || answer.KeyId !== keyArn) {
    answer.Plaintext?.fill(0);
    throw new RootKeyError("refused", "the key service answered for another key");
  }
  return takeSecret(answer.Plaintext);
}

/** Makes a key under the account's default key policy, and the alias that makes it one of this store's. */
function generate(kms: KMS, arn: KeyArn): Promise<RootKeyFacts> {
  return ask(async (abortSignal) => {
    const { KeyMetadata: made } = await kms.createKey(
      {
        KeySpec: "SYMMETRIC_DEFAULT",
        KeyUsage: "ENCRYPT_DECRYPT",
        Description: "Cofferdam root key",
        MultiRegion: arn.keyId.startsWith("mrk-"),
      },
      { abortSignal },
    );
    const keyId = made?.KeyId;
    if (keyId === undefined) throw new RootKeyError("unavailable", "the key service answered without a key");
    await kms.createAlias({ AliasName: `${aliasPrefix(arn)}${keyId}`, TargetKeyId: keyId }, { abortSignal });
    return factsOf(arn, keyId, made);
  });
}

async function checkKey(kms: KMS, arn: KeyArn, rootKeyId: string, signal: AbortSignal): Promise<void> {
  const keyId = keyIdOf(arn, rootKeyId);
  if (keyId === null || !(await listKeyIds(kms, arn, signal)).includes(keyId)) {
    throw new RootKeyError("unknown_key", "the store does not hold this root key");
  }
  await describeKey(kms, arn, keyId, signal);
}

async function listKeys(kms: KMS, arn: KeyArn, signal: AbortSignal): Promise<readonly RootKeyFacts[]> {
  const keyIds = await listKeyIds(kms, arn, signal);
  const described = await Promise.all(
    keyIds.map(async (keyId) => ({ keyId, metadata: await describeKey(kms, arn, keyId, signal) })),
  );
  return described
    .filter(({ metadata }) => metadata.KeyState !== "PendingDeletion")
    .map(({ keyId, metadata }) => factsOf(arn, keyId, metadata))
    .sort((first, second) => (first.createdAtMs ?? 0) - (second.createdAtMs ?? 0));
}

/** Ids of the named key and of those with one of its aliases. A new alias may take KMS some seconds to list. */
async function listKeyIds(kms: KMS, arn: KeyArn, abortSignal: AbortSignal): Promise<readonly string[]> {
  const keyIds = new Set([arn.keyId]);
  let marker: string | undefined;
  for (let page = 0; page < MAX_ALIAS_PAGES; page += 1) {
    const answer = await kms.listAliases(
      { Limit: ALIASES_PER_PAGE, ...(marker === undefined ? {} : { Marker: marker }) },
      { abortSignal },
    );
    for (const { AliasName: name, TargetKeyId: keyId } of answer.Aliases ?? []) {
      if (keyId !== undefined && name?.startsWith(aliasPrefix(arn)) === true) keyIds.add(keyId);
    }
    marker = answer.NextMarker;
    if (marker === undefined) return [...keyIds];
  }
  throw new RootKeyError("unavailable", "the account has more aliases than the store reads");
}

/** An RSA key would be weaker than the AES-256 keys that it wraps (PCI DSS 3.6.1). */
async function describeKey(kms: KMS, arn: KeyArn, keyId: string, abortSignal: AbortSignal): Promise<KeyMetadata> {
  const { KeyMetadata: metadata } = await kms.describeKey({ KeyId: arn.base + keyId }, { abortSignal });
  if (metadata?.KeySpec !== "SYMMETRIC_DEFAULT" || metadata.KeyUsage !== "ENCRYPT_DECRYPT") {
    throw new RootKeyError("unsupported", "a root key in AWS KMS is symmetric and for encryption");
  }
  return metadata;
}

function factsOf(arn: KeyArn, keyId: string, metadata: KeyMetadata | undefined): RootKeyFacts {
  return { id: `${SCHEME}:${arn.base}${keyId}`, createdAtMs: metadata?.CreationDate?.getTime() ?? null };
}

function keyIdOf(arn: KeyArn, rootKeyId: string): string | null {
  const prefix = `${SCHEME}:${arn.base}`;
  return rootKeyId.startsWith(prefix) ? rootKeyId.slice(prefix.length) : null;
}

function aliasPrefix(arn: KeyArn): string {
  return `alias/cofferdam/${arn.keyId}/`;
}

function encryptionContext(context: Uint8Array): Record<string, string> {
  return { [CONTEXT_FIELD]: Buffer.from(context).toString("base64") };
}

// Up to 90 characters, which is what an id of a root key has room for; the longest of AWS have 86.
function parseArn(location: string): KeyArn {
  const match = /^(arn:aws[a-z-]{0,7}:kms:([a-z0-9-]{1,20}):(\d{12}):key\/)((?:mrk-[0-9a-f]{32})|[0-9a-f-]{36})$/.exec(
    location,
  );
  const [, base, region, account, keyId] = match ?? [];
  const isWhole = base !== undefined && region !== undefined && account !== undefined && keyId !== undefined;
  if (!isWhole || location.length > 90) {
    throw new RootKeyError(
      "malformed_reference",
      "a root key in AWS KMS is named by its ARN: awskms:arn:aws:kms:…:key/…",
    );
  }
  return { base, region, account, keyId };
}

// A key that is disabled or waits for its deletion can be had back, so those are outages; so is a permission.
const codes: Readonly<Record<string, CloudErrorCode>> = {
  InvalidCiphertextException: "refused",
  IncorrectKeyException: "refused",
  NotFoundException: "unknown_key",
  InvalidKeyUsageException: "unsupported",
};

async function ask<Answer>(call: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
  try {
    return await withinDeadline(call);
  } catch (error) {
    throw cloudError((error instanceof Error ? codes[error.name] : undefined) ?? "unavailable", error);
  }
}
