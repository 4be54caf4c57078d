import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { test } from "node:test";

import { createTokenVerifier } from "./access-token.ts";
import type { Caller, TokenVerifier, TokenVerifierOptions } from "./access-token.ts";
import type { Peer } from "./peer.ts";

const nowSeconds = 1_795_000_000;
const tenant = "11111111-1111-4111-8111-111111111111";
const peer: Peer = {
  spiffeId: "spiffe://cofferdam.test/cde/egress",
  workload: "cde/egress",
  thumbprint: "A".repeat(43),
};
const otherPeer: Peer = { ...peer, thumbprint: "B".repeat(43) };

const issuerKeys = generateKeyPairSync("ec", { namedCurve: "P-256" });
const strangerKeys = generateKeyPairSync("ec", { namedCurve: "P-256" });
const rsaKeys = generateKeyPairSync("rsa", { modulusLength: 2048 });

const jwk = (key: KeyObject, kid: string): TokenVerifierOptions["keys"][number] => ({
  ...key.export({ format: "jwk" }),
  kid,
  alg: "ES256",
});

const options: TokenVerifierOptions = {
  issuer: "https://identity.cofferdam.test",
  audience: "https://vault.cofferdam.test",
  keys: [jwk(issuerKeys.publicKey, "k1")],
  clockToleranceSeconds: 30,
  cacheEntries: 10,
  now: () => nowSeconds * 1_000,
};

type Json = Readonly<Record<string, unknown>>;

const goodHeader: Json = { alg: "ES256", typ: "at+jwt", kid: "k1" };
const goodClaims: Json = {
  iss: options.issuer,
  aud: options.audience,
  sub: "egress-1",
  client_id: "egress-1",
  tenant,
  scope: "token:create token:detokenize",
  jti: "id-1",
  iat: nowSeconds,
  exp: nowSeconds + 300,
  cnf: { "x5t#S256": peer.thumbprint },
};

const base64url = (content: string | Buffer): string => Buffer.from(content).toString("base64url");
const es256 = (input: string, key = issuerKeys.privateKey): string =>
  sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" }).toString("base64url");

/** A token of any header and payload. */
function token(header: string, payload: string | Buffer, signer: (input: string) => string = es256): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${signer(input)}`;
}

const withPayload = (payload: string | Buffer): string => token(JSON.stringify(goodHeader), payload);
const withClaims = (changes: Json): string => withPayload(JSON.stringify({ ...goodClaims, ...changes }));
const withHeader = (changes: Json, signer?: (input: string) => string): string =>
  token(JSON.stringify({ ...goodHeader, ...changes }), JSON.stringify(goodClaims), signer);

const verify = (
  authorization: string | undefined,
  from = peer,
  verifier: TokenVerifier = createTokenVerifier(options),
): Promise<Caller> => verifier.verify(authorization, from);

const accepted: readonly (readonly [string, string])[] = [
  ["a good token", `Bearer ${withClaims({})}`],
  ["the scheme in another case", `bearer ${withClaims({})}`],
  ["claims we do not know", `Bearer ${withClaims({ amr: ["x"], auth_time: 1 })}`],
  ["nbf now", `Bearer ${withClaims({ nbf: nowSeconds })}`],
  ["an end within the tolerance", `Bearer ${withClaims({ iat: nowSeconds - 320, exp: nowSeconds - 29 })}`],
  ["a beginning within the tolerance", `Bearer ${withClaims({ iat: nowSeconds + 30, exp: nowSeconds + 330 })}`],
];

for (const [name, authorization] of accepted) {
  test(`accepts ${name}`, async () => {
    assert.deepEqual(await verify(authorization), {
      tenantId: tenant,
      clientId: "egress-1",
      workload: "cde/egress",
      scopes: new Set(["token:create", "token:detokenize"]),
      tokenId: "id-1",
    });
  });
}

const publicPem = issuerKeys.publicKey.export({ type: "spki", format: "pem" });
const hs256 = (secret: string | Buffer) => (input: string) =>
  createHmac("sha256", secret).update(input).digest("base64url");
const strangerJwk = strangerKeys.publicKey.export({ format: "jwk" });
const byStranger = (input: string): string => es256(input, strangerKeys.privateKey);

const hostileHeaders: readonly (readonly [string, string])[] = [
  ["alg none", withHeader({ alg: "none" }, () => "AA")],
  ["alg none in capitals", withHeader({ alg: "NONE" }, () => "AA")],
  ["alg none and no signature", withHeader({ alg: "none" }, () => "")],
  ["HS256 with our public key as secret", withHeader({ alg: "HS256" }, hs256(publicPem))],
  ["HS256 under the name ES256", withHeader({}, hs256(publicPem))],
  ["HS256 with an empty secret", withHeader({ alg: "HS256" }, hs256(""))],
  [
    "RS256",
    withHeader({ alg: "RS256" }, (input) =>
      sign("sha256", Buffer.from(input), rsaKeys.privateKey).toString("base64url"),
    ),
  ],
  ["ES384 in the header", withHeader({ alg: "ES384" })],
  ["alg in lower case", withHeader({ alg: "es256" })],
  ["alg as an array", withHeader({ alg: ["ES256"] })],
  ["no alg", withHeader({ alg: undefined })],
  ["an unknown kid", withHeader({ kid: "k2" }, byStranger)],
  ["a known kid and a stranger's signature", withHeader({}, byStranger)],
  ["kid __proto__", withHeader({ kid: "__proto__" }, byStranger)],
  ["kid constructor", withHeader({ kid: "constructor" }, byStranger)],
  ["kid as a path", withHeader({ kid: "../../dev/null" }, hs256(""))],
  ["kid as a number", withHeader({ kid: 1 })],
  ["no kid", withHeader({ kid: undefined })],
  ["a jwk header", withHeader({ jwk: strangerJwk }, byStranger)],
  ["a jwk header beside a good signature", withHeader({ jwk: strangerJwk })],
  ["a jku header", withHeader({ jku: "https://evil.test/jwks" }, byStranger)],
  ["an x5u header", withHeader({ x5u: "https://evil.test/cert" })],
  ["an x5c header", withHeader({ x5c: ["AAAA"] })],
  ["a crit header", withHeader({ crit: ["exp"] })],
  ["b64 false", withHeader({ b64: false, crit: ["b64"] })],
  ["typ JWT", withHeader({ typ: "JWT" })],
  ["typ in capitals", withHeader({ typ: "AT+JWT" })],
  ["typ application/at+jwt", withHeader({ typ: "application/at+jwt" })],
  ["no typ", withHeader({ typ: undefined })],
  [
    "a header with equal keys",
    token('{"alg":"none","typ":"at+jwt","kid":"k1","alg":"ES256"}', JSON.stringify(goodClaims)),
  ],
  ["a header that is no object", token("[]", JSON.stringify(goodClaims))],
  ["a header that is no JSON", token("{", JSON.stringify(goodClaims))],
  [
    "a DER signature",
    withHeader({}, (input) => sign("sha256", Buffer.from(input), issuerKeys.privateKey).toString("base64url")),
  ],
  ["a signature of zeros", withHeader({}, () => Buffer.alloc(64).toString("base64url"))],
  [
    "a signature with a byte more",
    withHeader({}, (input) =>
      Buffer.concat([Buffer.from(es256(input), "base64url"), Buffer.alloc(1)]).toString("base64url"),
    ),
  ],
  ["a signature in another spelling", withHeader({}, (input) => respelt(es256(input)))],
];

/** Changes the unused low bits of the last character: other text, same bytes. */
function respelt(signature: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(signature.at(-1) ?? "");
  return signature.slice(0, -1) + (alphabet[last ^ 1] ?? "");
}

const hostileClaims: readonly (readonly [string, Json])[] = [
  ["another issuer", { iss: "https://evil.test" }],
  ["an issuer with a slash more", { iss: `${options.issuer}/` }],
  ["an issuer in capitals", { iss: options.issuer.toUpperCase() }],
  ["no issuer", { iss: undefined }],
  ["an issuer in an array", { iss: [options.issuer] }],
  ["the audience in an array", { aud: [options.audience] }],
  ["two audiences", { aud: [options.audience, "https://other.test"] }],
  ["an audience that ours begins", { aud: `${options.audience}.evil.test` }],
  ["an audience that begins ours", { aud: options.audience.slice(0, -1) }],
  ["no audience", { aud: undefined }],
  ["an empty audience", { aud: "" }],
  ["a passed end", { iat: nowSeconds - 330, exp: nowSeconds - 30 }],
  ["an end too far away", { exp: nowSeconds + 301 }],
  ["a beginning in the future", { iat: nowSeconds + 31, exp: nowSeconds + 200 }],
  ["a beginning after its end", { iat: nowSeconds + 20, exp: nowSeconds + 10 }],
  ["nbf in the future", { nbf: nowSeconds + 31 }],
  ["nbf as text", { nbf: String(nowSeconds) }],
  ["no end", { exp: undefined }],
  ["no beginning", { iat: undefined }],
  ["an end as text", { exp: String(nowSeconds + 300) }],
  ["an end in milliseconds", { exp: (nowSeconds + 300) * 1_000 }],
  ["an end with a fraction", { exp: nowSeconds + 0.5 }],
  ["a negative beginning", { iat: -1 }],
  ["an end of null", { exp: null }],
  ["a tenant as a number", { tenant: 1 }],
  ["a tenant in an array", { tenant: [tenant] }],
  ["a tenant in an object", { tenant: { id: tenant } }],
  ["a tenant in upper case", { tenant: "AAAAAAAA-1111-4111-8111-111111111111" }],
  ["a tenant after a space", { tenant: ` ${tenant}` }],
  ["a tenant before a line break", { tenant: `${tenant}\n` }],
  ["a tenant in braces", { tenant: `{${tenant}}` }],
  ["the null tenant", { tenant: "00000000-0000-0000-0000-000000000000" }],
  ["an empty tenant", { tenant: "" }],
  ["no tenant", { tenant: undefined }],
  ["a tenant of null", { tenant: null }],
  ["scopes in an array", { scope: ["token:create"] }],
  ["scopes with two spaces between", { scope: "token:create  token:detokenize" }],
  ["scopes after a space", { scope: " token:create" }],
  ["scopes before a space", { scope: "token:create " }],
  ["scopes with a tab between", { scope: "token:create\ttoken:detokenize" }],
  ["scopes before a line break", { scope: "token:create\n" }],
  ["scopes with a no-break space", { scope: "token:create\u00a0token:detokenize" }],
  ["no scope", { scope: undefined }],
  ["an empty scope", { scope: "" }],
  ["no client", { client_id: undefined }],
  ["a client with a space", { client_id: "egress 1" }],
  ["a client that is too long", { client_id: "x".repeat(129) }],
  ["a client whose name holds a card number", { client_id: "shop-4242424242424242" }],
  ["no jti", { jti: undefined }],
  ["a jti as a number", { jti: 1 }],
  ["no cnf", { cnf: undefined }],
  ["cnf of null", { cnf: null }],
  ["cnf as text", { cnf: peer.thumbprint }],
  ["cnf in an array", { cnf: [{ "x5t#S256": peer.thumbprint }] }],
  ["cnf of another kind", { cnf: { jkt: peer.thumbprint } }],
  ["cnf of another certificate", { cnf: { "x5t#S256": otherPeer.thumbprint } }],
  ["cnf with padding", { cnf: { "x5t#S256": `${peer.thumbprint}=` } }],
  ["cnf with an array inside", { cnf: { "x5t#S256": [peer.thumbprint] } }],
];

const good = withClaims({});
const hostileAuthorizations: readonly (readonly [string, string])[] = [
  ["two spaces after Bearer", `Bearer  ${good}`],
  ["a tab after Bearer", `Bearer\t${good}`],
  ["a space before Bearer", ` Bearer ${good}`],
  ["a space after the token", `Bearer ${good} `],
  ["a line break after the token", `Bearer ${good}\n`],
  ["no scheme", good],
  ["the scheme Basic", `Basic ${good}`],
  ["the scheme DPoP", `DPoP ${good}`],
  ["two tokens", `Bearer ${good}, Bearer ${good}`],
  ["nothing after Bearer", "Bearer "],
  ["an empty header", ""],
  ["a token without signature", `Bearer ${good.slice(0, good.lastIndexOf("."))}`],
  ["a token with four parts", `Bearer ${good}.AA`],
  ["a token with padding", `Bearer ${good}==`],
  ["a token in JSON", `Bearer {"payload":"AA"}`],
  ["a token that is too long", `Bearer ${withClaims({ filler: "x".repeat(4_096) })}`],
  [
    "a token with equal claims",
    `Bearer ${withPayload(JSON.stringify(goodClaims).replace("{", '{"tenant":"another",'))}`,
  ],
  ["a payload that is no JSON", `Bearer ${withPayload("{")}`],
  ["a payload that is not UTF-8", `Bearer ${withPayload(Buffer.from([0x7b, 0xff, 0x7d]))}`],
];

const hostile = [
  ...hostileHeaders.map(([name, jwt]) => [name, `Bearer ${jwt}`] as const),
  ...hostileClaims.map(([name, changes]) => [name, `Bearer ${withClaims(changes)}`] as const),
  ...hostileAuthorizations,
];

for (const [name, authorization] of hostile) {
  test(`refuses ${name}`, async () => {
    await assert.rejects(verify(authorization), { name: "Problem", type: "access-token-invalid" });
  });
}

test("says that a token is missing when there is none", async () => {
  await assert.rejects(verify(undefined), { type: "access-token-missing" });
});

test("refuses a stolen token on another connection, also when it has seen the token before", async () => {
  const verifier = createTokenVerifier(options);
  await verify(`Bearer ${good}`, peer, verifier);
  await assert.rejects(verify(`Bearer ${good}`, otherPeer, verifier), { type: "access-token-invalid" });
  await verify(`Bearer ${good}`, peer, verifier);
});

test("refuses a token it has seen once the token has ended", async () => {
  let seconds = nowSeconds;
  const verifier = createTokenVerifier({ ...options, clockToleranceSeconds: 0, now: () => seconds * 1_000 });
  await verify(`Bearer ${good}`, peer, verifier);
  seconds += 300;
  await assert.rejects(verify(`Bearer ${good}`, peer, verifier), { type: "access-token-invalid" });
});

test("keeps serving when more tokens are in use than it remembers", async () => {
  const verifier = createTokenVerifier({ ...options, cacheEntries: 1 });
  const tokens = ["a", "b", "a", "b"].map((jti) => `Bearer ${withClaims({ jti })}`);
  for (const each of tokens) await verify(each, peer, verifier);
});

const ourJwk = jwk(issuerKeys.publicKey, "k1");
const refusedSettings: readonly (readonly [string, Partial<TokenVerifierOptions>])[] = [
  ["no keys", { keys: [] }],
  ["a private key", { keys: [jwk(issuerKeys.privateKey, "k1")] }],
  ["two keys of one name", { keys: [ourJwk, ourJwk] }],
  ["an RSA key", { keys: [jwk(rsaKeys.publicKey, "k1")] }],
  ["an algorithm of secrets", { keys: [{ ...ourJwk, alg: "HS256" }] }],
  ["a key for encryption", { keys: [{ ...ourJwk, use: "enc" }] }],
  ["a key for other operations", { keys: [{ ...ourJwk, key_ops: ["encrypt"] }] }],
  ["a lifetime over the cap", { maxLifetimeSeconds: 901 }],
  ["a tolerance over the cap", { clockToleranceSeconds: 61 }],
];

for (const [name, settings] of refusedSettings) {
  test(`refuses to start with ${name}`, () => {
    assert.throws(() => createTokenVerifier({ ...options, ...settings }), TypeError);
  });
}
