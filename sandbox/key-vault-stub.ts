// Stands in for an Azure Managed HSM: its keys and their versions in memory, HTTPS, the challenge for an access token,
// and the endpoint where a machine's managed identity gets one. The SDK insists on the service's real host name, so the
// stub is also the proxy (HTTPS_PROXY) that leads there. It encrypts for real, and has never been compared with the
// service: what passes here is the shape of the calls.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type AddressInfo, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { gcmDecrypt, gcmEncrypt } from "@cofferdam/cde/vault/keys/aes-256-gcm.ts";
import { makeHostCertificate } from "./key-vault-stub-certificate.ts";

/** What the stub may be told to do instead of answering: hang, or refuse with this status. */
export type KeyVaultFault = "hang" | 403 | 429 | 503 | null;

/** A request of the SDK, without its access token. */
export interface KeyVaultCall {
  readonly method: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A running stub. */
export interface KeyVaultStub {
  /** `https://<host>`, as in a reference to a root key. */
  readonly vaultUrl: string;
  /** The authority of its certificate, PEM. */
  readonly caPem: string;
  /** The variables that lead Azure's SDKs here. */
  readonly environment: Readonly<Record<string, string>>;
  readonly calls: readonly KeyVaultCall[];
  /** Makes a version of a key, of this type and size, and returns it. */
  readonly makeKey: (name: string, type?: string, bits?: number) => string;
  readonly setFault: (fault: KeyVaultFault) => void;
  readonly close: () => Promise<void>;
}

interface KeyVersion {
  readonly version: string;
  readonly type: string;
  readonly bits: number;
  readonly secret: Buffer;
  readonly createdAtSeconds: number;
}

type Input = Readonly<Record<string, unknown>>;
type Keys = Map<string, KeyVersion[]>;
type Route = (keys: Keys, name: string, version: string, input: Input) => object;

const host = "cofferdam-stub.managedhsm.azure.net";
const vaultUrl = `https://${host}`;
const resource = "https://managedhsm.azure.net";
const accessToken = randomBytes(32).toString("base64url");

class KeyVaultRefusal extends Error {
  readonly status: number;

  constructor(status: number) {
    super("refused");
    this.status = status;
  }
}

/** Starts a stub without keys. */
export async function startKeyVaultStub(): Promise<KeyVaultStub> {
  const keys: Keys = new Map();
  const calls: KeyVaultCall[] = [];
  let fault: KeyVaultFault = null;
  const certificate = makeHostCertificate(host);
  const hsm = createTlsServer(
    { key: certificate.privateKeyPem, cert: certificate.certificatePem },
    (request, response) => {
      void answer(keys, calls, fault, request, response);
    },
  );
  const proxy = createServer(issueToken);
  const hsmPort = await listen(hsm);
  proxy.on("connect", (_request, socket: Socket) => {
    tunnel(socket, hsmPort);
  });
  const origin = `http://127.0.0.1:${await listen(proxy)}`;
  return {
    vaultUrl,
    caPem: certificate.certificatePem,
    environment: {
      HTTPS_PROXY: origin,
      NO_PROXY: "127.0.0.1",
      AZURE_TOKEN_CREDENTIALS: "ManagedIdentityCredential",
      IDENTITY_ENDPOINT: `${origin}/token`,
      IDENTITY_HEADER: "stub",
    },
    calls,
    makeKey: (name, type = "oct-HSM", bits = 256) => makeKey(keys, name, type, bits).version,
    setFault: (wanted) => (fault = wanted),
    close: async () => {
      await Promise.all([close(hsm), close(proxy)]);
    },
  };
}

/** The endpoint of a managed identity, as a machine of Azure's App Service has it. */
function issueToken(request: IncomingMessage, response: ServerResponse): void {
  const isForHsm = new URL(request.url ?? "", "http://stub").searchParams.get("resource") === resource;
  if (!isForHsm || request.headers["x-identity-header"] !== "stub") {
    response.writeHead(400).end();
    return;
  }
  const expires_on = String(Math.floor(Date.now() / 1000) + 3_600);
  send(response, 200, { access_token: accessToken, expires_on, resource, token_type: "Bearer" });
}

async function answer(
  keys: Keys,
  calls: KeyVaultCall[],
  fault: KeyVaultFault,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await text(request);
  if (request.headers.authorization !== `Bearer ${accessToken}`) {
    const authority = "https://login.microsoftonline.com/00000000-0000-4000-8000-000000000000";
    response.setHeader("www-authenticate", `Bearer authorization="${authority}", resource="${resource}"`);
    response.writeHead(401).end();
    return;
  }
  const { pathname } = new URL(request.url ?? "", vaultUrl);
  const call = { method: request.method ?? "", path: pathname, body: JSON.parse(body === "" ? "{}" : body) as Input };
  calls.push(call);
  if (fault === "hang") return;
  try {
    if (fault !== null) throw new KeyVaultRefusal(fault);
    send(response, 200, perform(keys, call));
  } catch (error) {
    if (!(error instanceof KeyVaultRefusal)) throw error;
    send(response, error.status, { error: { code: "stub", message: `stub text of ${pathname} with ${body}` } });
  }
}

function perform(keys: Keys, { method, path, body }: KeyVaultCall): object {
  const [, collection, name = "", version = "", operation = ""] = path.split("/");
  const route = version === "versions" || version === "create" ? version : operation;
  const perform = routes[`${method} ${route}`];
  if (collection !== "keys" || perform === undefined) throw new KeyVaultRefusal(404);
  return perform(keys, name, version, body);
}

const routes: Readonly<Record<string, Route>> = {
  "GET ": (keys, name, version) => bundleOf(name, keyOf(keys, name, version)),
  "GET versions": (keys, name) => ({
    value: (keys.get(name) ?? []).map((key) => ({ kid: kidOf(name, key), attributes: attributesOf(key) })),
  }),
  "POST create": (keys, name, _version, { kty, key_size: bits }) =>
    bundleOf(name, makeKey(keys, name, String(kty), Number(bits))),
  "POST encrypt": (keys, name, version, input) => {
    const key = gcmKey(keys, name, version, input);
    const iv = randomBytes(12);
    const { ciphertext, tag } = gcmEncrypt(key.secret, iv, bytesOf(input["aad"]), bytesOf(input["value"]));
    return { kid: kidOf(name, key), value: base64url(ciphertext), iv: base64url(iv), tag: base64url(tag) };
  },
  "POST decrypt": (keys, name, version, input) => {
    const key = gcmKey(keys, name, version, input);
    const [iv, aad, value, tag] = [input["iv"], input["aad"], input["value"], input["tag"]].map(bytesOf);
    if (!iv || !aad || !value || !tag || iv.length !== 12) throw new KeyVaultRefusal(400);
    const plaintext = gcmDecrypt(key.secret, iv, aad, value, tag);
    if (plaintext === null) throw new KeyVaultRefusal(400);
    return { kid: kidOf(name, key), value: base64url(plaintext) };
  },
};

function gcmKey(keys: Keys, name: string, version: string, { alg }: Input): KeyVersion {
  const key = keyOf(keys, name, version);
  if (alg !== "A256GCM" || key.type !== "oct-HSM" || key.bits !== 256) throw new KeyVaultRefusal(400);
  return key;
}

function keyOf(keys: Keys, name: string, version: string): KeyVersion {
  const key = keys.get(name)?.find((candidate) => candidate.version === version);
  if (key === undefined) throw new KeyVaultRefusal(404);
  return key;
}

function makeKey(keys: Keys, name: string, type: string, bits: number): KeyVersion {
  const version = randomBytes(16).toString("hex");
  const key = { version, type, bits, secret: randomBytes(32), createdAtSeconds: Math.floor(Date.now() / 1000) };
  keys.set(name, [...(keys.get(name) ?? []), key]);
  return key;
}

function bundleOf(name: string, key: KeyVersion): object {
  return {
    key: { kid: kidOf(name, key), kty: key.type, key_ops: ["encrypt", "decrypt"] },
    attributes: attributesOf(key),
  };
}

function attributesOf({ createdAtSeconds }: KeyVersion): object {
  return { enabled: true, created: createdAtSeconds, updated: createdAtSeconds, exportable: false };
}

function kidOf(name: string, { version }: KeyVersion): string {
  return `${vaultUrl}/keys/${name}/${version}`;
}

function bytesOf(value: unknown): Buffer {
  return Buffer.from(String(value), "base64url");
}

function base64url(bytes: Buffer): string {
  return bytes.toString("base64url");
}

function tunnel(socket: Socket, port: number): void {
  const upstream = connect(port, "127.0.0.1", () => {
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    upstream.pipe(socket).pipe(upstream);
  });
  // Either end may go first; then the other has nothing left to do.
  socket.on("error", () => upstream.destroy()).on("close", () => upstream.destroy());
  upstream.on("error", () => socket.destroy()).on("close", () => socket.destroy());
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, "close");
}
