import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempDisposable, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { connect, createServer, type SecureContextOptions, type TLSSocket } from "node:tls";
import { openPki, type Identity, type Pki } from "./pki.ts";

type Folder = Awaited<ReturnType<typeof mkdtempDisposable>>;

let folder: Folder;
let pki: Pki;
let vault: Identity;
let payment: Identity;

before(async () => {
  folder = await temporaryFolder();
  pki = await openPki(folder.path);
  vault = await pki.issue("cde/vault", { server: true });
  payment = await pki.issue("non-cde/payment");
});

after(() => folder.remove());

test("lets two workloads of different zones meet over mutual TLS 1.3", async () => {
  assert.deepEqual(await meet(vault, credentials(payment)), {
    server: "accepted URI:spiffe://cofferdam.test/non-cde/payment",
    client: "accepted",
  });
});

test("a client without a certificate is refused", async () => {
  assert.equal(await refusal({ ca: pki.caPem }), "UNABLE_TO_GET_ISSUER_CERT");
});

test("a client of another authority is refused, even with the same name", async () => {
  await using elsewhere = await temporaryFolder();
  const stranger = await (await openPki(elsewhere.path)).issue("non-cde/payment");
  assert.equal(await refusal({ ...credentials(stranger), ca: pki.caPem }), "UNABLE_TO_GET_ISSUER_CERT_LOCALLY");
});

test("a client whose certificate has expired is refused", async () => {
  const twoDaysAgo = (): Date => new Date(Date.now() - 48 * 3_600_000);
  const expired = await (await openPki(folder.path, twoDaysAgo)).issue("non-cde/reporting");
  assert.equal(await refusal(credentials(expired)), "CERT_HAS_EXPIRED");
});

test("a workload that is no server cannot pose as one", async () => {
  assert.match((await meet(payment, credentials(vault))).client, /ERR_TLS_CERT_ALTNAME_INVALID|INVALID_PURPOSE/);
});

test("a certificate says one workload, for a day, and only what a leaf may say", () => {
  const certificate = new X509Certificate(payment.certificatePem);
  assert.equal(certificate.subjectAltName, "URI:spiffe://cofferdam.test/non-cde/payment");
  assert.equal(certificate.ca, false);
  assert.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.2"]); // clientAuth
  assert.equal(certificate.publicKey.asymmetricKeyDetails?.modulusLength, 2048);
  const hours = (certificate.validToDate.getTime() - Date.now()) / 3_600_000;
  assert(hours > 23.9 && hours <= 24, `${hours} hours`);
  assert.match(certificate.serialNumber, /^[4-7][0-9A-F]{31}$/);
  assert.notEqual(certificate.serialNumber, new X509Certificate(vault.certificatePem).serialNumber);
});

test("keys lie where only their owner reads them", async () => {
  const rootKey = path.join(folder.path, "authorities", "root", "key.pem");
  assert.equal((await stat(vault.directory)).mode & 0o777, 0o700);
  for (const file of [vault.keyFile, rootKey]) assert.equal((await stat(file)).mode & 0o777, 0o600);
});

test("opens the same authorities again, and new ones when they are about to end", async () => {
  assert.equal((await openPki(folder.path)).caPem, pki.caPem);
  await using short = await temporaryFolder();
  const day85 = (): Date => new Date(Date.now() + 85 * 24 * 3_600_000);
  const first = await openPki(short.path);
  const renewed = await openPki(short.path, day85);
  assert.notEqual(renewed.caPem, first.caPem);
  const leaf = await renewed.issue("cde/egress");
  const chain = leaf.certificatePem.split(/(?<=-----END CERTIFICATE-----\n)/);
  const [own, zone] = chain.map((pem) => new X509Certificate(pem));
  assert(own && zone);
  assert(own.verify(zone.publicKey) && zone.verify(new X509Certificate(renewed.caPem).publicKey));
});

test("refuses a name that is no workload's, and a certificate for longer than a week", async () => {
  for (const name of ["cde/../vault", "cde/", "cde/Vault", "cde/a/b"] as const) {
    await assert.rejects(pki.issue(name), /not a workload's name/);
  }
  await assert.rejects(pki.issue("cde/vault", { lifetimeHours: 24 * 8 }), /at most 168 hours/);
});

interface Meeting {
  /** What the server says about the client. Node drops a client that it does not trust without a word. */
  readonly server: string;
  /** What the client says about the server. */
  readonly client: string;
}

/** One handshake over a real socket. A `strict` server drops clients that it does not trust, as services do. */
async function meet(identity: Identity, client: SecureContextOptions, strict = true): Promise<Meeting> {
  const trust = { requestCert: true, rejectUnauthorized: strict, minVersion: "TLSv1.3" } as const;
  const server = createServer({ ...credentials(identity), ...trust });
  let serverSays = "dropped";
  server.once("secureConnection", (socket: TLSSocket) => {
    const name = socket.getPeerX509Certificate()?.subjectAltName ?? "nobody";
    serverSays = socket.authorized ? `accepted ${name}` : String(socket.authorizationError);
    socket.on("error", () => undefined).end("hello");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  assert(address !== null && typeof address === "object");
  const clientSays = await greet(connect({ ...client, host: "127.0.0.1", port: address.port }));
  server.close();
  return { server: serverSays, client: clientSays };
}

/** In TLS 1.3 a client believes itself connected before the server has looked at its certificate: data tells. */
function greet(socket: TLSSocket): Promise<string> {
  return new Promise((resolve) => {
    socket.once("data", () => {
      resolve("accepted");
    });
    socket.once("error", (error) => {
      resolve(codeOf(error));
    });
    socket.once("close", () => {
      resolve("dropped");
    });
  });
}

/** Makes sure that a service drops the client, and returns the reason. */
async function refusal(client: SecureContextOptions): Promise<string> {
  const met = await meet(vault, client);
  assert.equal(met.server, "dropped");
  assert.notEqual(met.client, "accepted");
  return (await meet(vault, client, false)).server;
}

function credentials(identity: Identity): SecureContextOptions {
  return { cert: identity.certificatePem, key: identity.keyPem, ca: identity.caPem };
}

function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : error.message;
}

function temporaryFolder(): Promise<Folder> {
  return mkdtempDisposable(path.join(tmpdir(), "cofferdam-test-"));
}
