import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { connect, createServer } from "node:tls";
import type { TLSSocket } from "node:tls";

import { peerOf } from "./peer.ts";
import { createTestAuthority } from "./testdata/test-certificate.ts";
import type { TestIdentity } from "./testdata/test-certificate.ts";

const authority = createTestAuthority();
const server = authority.issue({ uris: [] });
const egress = "spiffe://cofferdam.test/cde/egress";

/** Runs the check with the server's end of a connection that the client opened with this identity. */
async function withConnection(client: TestIdentity | null, check: (socket: TLSSocket) => void): Promise<void> {
  const listener = createServer({ ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: false });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  const socket = connect({ port, host: "127.0.0.1", servername: "localhost", ca: authority.cert, ...client });
  socket.on("error", () => undefined);
  try {
    const [accepted] = (await once(listener, "secureConnection")) as [TLSSocket];
    check(accepted);
  } finally {
    socket.destroy();
    listener.close();
  }
}

test("names the workload and the certificate of a verified peer", async () => {
  const identity = authority.issue({ uris: [egress] });
  await withConnection(identity, (socket) => {
    const thumbprint = createHash("sha256").update(new X509Certificate(identity.cert).raw).digest("base64url");
    const peer = peerOf(socket, "cofferdam.test");
    assert.deepEqual(peer, { spiffeId: egress, workload: "cde/egress", thumbprint });
    assert.equal(peerOf(socket, "cofferdam.test"), peer);
  });
});

test("refuses a peer whose certificate ended while it was connected", async () => {
  await withConnection(authority.issue({ uris: [egress] }), (socket) => {
    peerOf(socket, "cofferdam.test");
    const tomorrow = Date.now() + 86_400_000;
    assert.throws(() => peerOf(socket, "cofferdam.test", () => tomorrow), { type: "peer-certificate-invalid" });
  });
});

const strangers: readonly (readonly [string, TestIdentity | null])[] = [
  ["without a certificate", null],
  ["of another authority", createTestAuthority().issue({ uris: [egress] })],
  ["whose certificate has expired", authority.issue({ uris: [egress], endsAt: new Date(Date.now() - 1_000) })],
  ["that holds an authority's certificate", authority.issue({ uris: [egress], ca: true })],
  ...[
    [],
    [egress, "spiffe://cofferdam.test/cde/vault"],
    [egress, "https://cofferdam.test/cde/vault"],
    ["spiffe://cofferdam.test"],
    ["spiffe://cofferdam.test/"],
    ["spiffe://cofferdam.test/cde/egress/"],
    ["spiffe://cofferdam.test/cde//egress"],
    ["spiffe://cofferdam.test/cde/../vault"],
    ["spiffe://cofferdam.test/."],
    ["spiffe://cofferdam.test.evil/cde/egress"],
    ["spiffe://COFFERDAM.test/cde/egress"],
    ["SPIFFE://cofferdam.test/cde/egress"],
    ["spiffe://other.test/cde/egress"],
    ["spiffe://cofferdam.test:443/cde/egress"],
    ["spiffe://cofferdam.test/cde/egress?x"],
    ["spiffe://cofferdam.test/cde/%65gress"],
    ["spiffe://cofferdam.test/cde/egress\n"],
    ["spiffe://cofferdam.test/cde/c4242424242424242"],
    [`spiffe://cofferdam.test/cde/${"a".repeat(63)}/${"b".repeat(62)}`],
    ["spiffe://cofferdam.test/cde/egress, URI:spiffe://cofferdam.test/cde/vault"],
    [`https://a, URI:${egress}, b`],
  ].map((uris) => [`named ${JSON.stringify(uris)}`, authority.issue({ uris })] as const),
];

for (const [name, identity] of strangers) {
  test(`refuses a peer ${name}`, async () => {
    await withConnection(identity, (socket) => {
      assert.throws(() => peerOf(socket, "cofferdam.test"), { name: "Problem", type: "peer-certificate-invalid" });
    });
  });
}
