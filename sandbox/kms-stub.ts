// Stands in for AWS KMS: JSON over HTTP on loopback, one account, one region, keys in memory. It encrypts for real and
// checks key, encryption context and key state as the service's documentation says. It has never been compared with the
// service: what passes here is the shape of the calls.
import { hash, randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { gcmDecrypt, gcmEncrypt } from "@cofferdam/cde/vault/keys/aes-256-gcm.ts";

/** What the stub may be told to do instead of answering: hang, refuse the caller, or ask it to slow down. */
export type KmsFault = "hang" | "AccessDeniedException" | "ThrottlingException" | null;

/** A request as it came: the operation and its JSON. */
export interface KmsCall {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** A running stub. */
export interface KmsStub {
  /** For the SDK's variable AWS_ENDPOINT_URL_KMS. */
  readonly endpoint: string;
  readonly calls: readonly KmsCall[];
  /** Makes a key and returns its ARN. Default: symmetric, for encryption. */
  readonly makeKey: (keySpec?: string) => string;
  readonly setState: (keyArn: string, state: "Enabled" | "Disabled" | "PendingDeletion") => void;
  readonly setFault: (fault: KmsFault) => void;
  readonly close: () => Promise<void>;
}

interface Key {
  readonly id: string;
  readonly spec: string;
  readonly secret: Buffer;
  readonly createdAtSeconds: number;
  state: string;
}

interface Kms {
  readonly keys: Map<string, Key>;
  readonly aliases: { readonly AliasName: string; readonly TargetKeyId: string }[];
}

type Input = Readonly<Record<string, unknown>>;

const arnBase = "arn:aws:kms:eu-central-1:111122223333:key/";
const aliasesPerPage = 2;

class KmsRefusal extends Error {}

/** Starts a stub without keys. */
export async function startKmsStub(): Promise<KmsStub> {
  const kms: Kms = { keys: new Map(), aliases: [] };
  const calls: KmsCall[] = [];
  let fault: KmsFault = null;
  const server = createServer((request, response) => {
    void answer(kms, calls, fault, request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    makeKey: (keySpec = "SYMMETRIC_DEFAULT") => arnBase + makeKey(kms, keySpec).id,
    setState: (keyArn, state) => (keyOf(kms, keyArn).state = state),
    setFault: (wanted) => (fault = wanted),
    close: () => close(server),
  };
}

async function answer(
  kms: Kms,
  calls: KmsCall[],
  fault: KmsFault,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const operation = request.headers["x-amz-target"]?.toString().replace("TrentService.", "") ?? "";
  const input = (await json(request)) as Input;
  calls.push({ operation, input });
  if (fault === "hang") return;
  try {
    if (fault !== null) throw new KmsRefusal(fault);
    if (!/\/eu-central-1\/kms\/aws4_request/.test(request.headers.authorization ?? ""))
      throw new KmsRefusal("MissingAuthenticationTokenException");
    const output = operations[operation]?.(kms, input);
    if (output === undefined) throw new KmsRefusal("UnknownOperationException");
    send(response, 200, output);
  } catch (error) {
    if (!(error instanceof KmsRefusal)) throw error;
    send(response, 400, { __type: error.message, message: `stub text with ${JSON.stringify(input)}` });
  }
}

const operations: Readonly<Record<string, (kms: Kms, input: Input) => object>> = {
  CreateKey: (kms, input) => ({ KeyMetadata: metadataOf(makeKey(kms, String(input["KeySpec"]))) }),
  CreateAlias: (kms, input) => {
    const alias = { AliasName: String(input["AliasName"]), TargetKeyId: keyOf(kms, input["TargetKeyId"]).id };
    if (!/^alias\/[A-Za-z0-9/_-]{1,250}$/.test(alias.AliasName)) throw new KmsRefusal("InvalidAliasNameException");
    kms.aliases.push(alias);
    return {};
  },
  ListAliases: (kms, input) => {
    const from = Number(input["Marker"] ?? 0);
    const to = from + aliasesPerPage;
    const isTruncated = to < kms.aliases.length;
    return {
      Aliases: kms.aliases.slice(from, to),
      Truncated: isTruncated,
      ...(isTruncated ? { NextMarker: String(to) } : {}),
    };
  },
  DescribeKey: (kms, input) => ({ KeyMetadata: metadataOf(keyOf(kms, input["KeyId"])) }),
  Encrypt: (kms, input) => {
    const key = usableKey(kms, input["KeyId"]);
    const blob = encrypt(key, input["EncryptionContext"], bytesOf(input["Plaintext"]));
    return { CiphertextBlob: blob.toString("base64"), KeyId: arnBase + key.id };
  },
  Decrypt: (kms, input) => {
    const blob = bytesOf(input["CiphertextBlob"]);
    const key = usableKey(kms, input["KeyId"]);
    const made = kms.keys.get(blob.subarray(0, 36).toString("latin1"));
    if (made === undefined) throw new KmsRefusal("InvalidCiphertextException");
    if (made !== key) throw new KmsRefusal("IncorrectKeyException");
    const plaintext = decrypt(key, input["EncryptionContext"], blob);
    if (plaintext === null) throw new KmsRefusal("InvalidCiphertextException");
    return { Plaintext: plaintext.toString("base64"), KeyId: arnBase + key.id };
  },
};

/** The stub's ciphertext: key id (36) ‖ nonce (12) ‖ ciphertext ‖ tag (16). The service's own is not public. */
function encrypt(key: Key, context: unknown, plaintext: Buffer): Buffer {
  const nonce = randomBytes(12);
  const { ciphertext, tag } = gcmEncrypt(key.secret, nonce, contextHash(context), plaintext);
  return Buffer.concat([Buffer.from(key.id, "latin1"), nonce, ciphertext, tag]);
}

function decrypt(key: Key, context: unknown, blob: Buffer): Buffer | null {
  if (blob.length < 36 + 12 + 16) return null;
  const ciphertext = blob.subarray(48, -16);
  return gcmDecrypt(key.secret, blob.subarray(36, 48), contextHash(context), ciphertext, blob.subarray(-16));
}

function contextHash(context: unknown): Buffer {
  const fields = Object.entries((context ?? {}) as Readonly<Record<string, string>>).sort();
  return hash("sha256", JSON.stringify(fields), "buffer");
}

function makeKey(kms: Kms, spec: string): Key {
  const id = randomUUID();
  const key = { id, spec, secret: randomBytes(32), createdAtSeconds: Date.now() / 1000, state: "Enabled" };
  kms.keys.set(id, key);
  return key;
}

function keyOf(kms: Kms, name: unknown): Key {
  const key = kms.keys.get(String(name).replace(arnBase, ""));
  if (key === undefined) throw new KmsRefusal("NotFoundException");
  return key;
}

function usableKey(kms: Kms, name: unknown): Key {
  const key = keyOf(kms, name);
  if (key.spec !== "SYMMETRIC_DEFAULT") throw new KmsRefusal("InvalidKeyUsageException");
  if (key.state === "Disabled") throw new KmsRefusal("DisabledException");
  if (key.state !== "Enabled") throw new KmsRefusal("KMSInvalidStateException");
  return key;
}

function metadataOf(key: Key): object {
  return {
    KeyId: key.id,
    Arn: arnBase + key.id,
    CreationDate: key.createdAtSeconds,
    KeySpec: key.spec,
    KeyUsage: "ENCRYPT_DECRYPT",
    KeyState: key.state,
  };
}

function bytesOf(base64: unknown): Buffer {
  return Buffer.from(String(base64), "base64");
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body));
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, "close");
}
