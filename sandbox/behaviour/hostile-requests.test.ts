// What an attacker with a good certificate and a good token can send. Whatever it is: one answer that says which rule it
// broke, no echo, no crash, nothing stored, and a vault that goes on answering.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import { containsPan } from "@cofferdam/kit/pan-guard.ts";
import type { ProblemType } from "@cofferdam/kit/problem.ts";
import { asAdmin } from "../admin-client.ts";
import { sandboxTenants } from "../callers.ts";
import { openTestBed } from "../test-bed.ts";
import { problemOf, type Answer } from "./connection.ts";
import { hostileCards, hostileChanges, sensitiveFields } from "./hostile-bodies.ts";
import { ambiguousHeads, get, oddChunks, plainRefusals, post, postSized } from "./hostile-heads.ts";
import { sendRaw, type RawExchange } from "./raw-request.ts";

const bed = await openTestBed();
after(() => bed[Symbol.asyncDispose]());
const { standing } = bed;
const { harbourCoffee } = sandboxTenants;
const [payment, capture] = await Promise.all([
  standing.accessToken("payment", harbourCoffee),
  standing.accessToken("capture", harbourCoffee),
]);
const seen: RawExchange[] = [];

/** Puts the access tokens in and sends the bytes with the certificate of whoever holds the first of them. */
async function send(request: string, silenceMs?: number): Promise<RawExchange> {
  const who = request.includes("{capture}") ? "capture" : "payment";
  const bytes = request.replaceAll("{payment}", payment).replaceAll("{capture}", capture);
  const exchange = await sendRaw(standing, standing.identities[who], bytes, silenceMs);
  seen.push(exchange);
  return exchange;
}

/** The answer to a request that asks for no more on its connection. */
async function answerTo(request: string): Promise<Answer> {
  const { answers } = await send(request.replace("\r\n", "\r\nconnection: close\r\n"), 10_000);
  assert.equal(answers.length, 1, "one request, one answer");
  const [answer] = answers;
  assert.ok(answer);
  return answer;
}

async function assertRefused(request: string, problem: ProblemType): Promise<Answer> {
  const answer = await answerTo(request);
  assert.equal(problemOf(answer).type, `/problems/${problem}`, answer.body);
  return answer;
}

// Begun first, because they take as long as the vault's patience: five seconds.
const slowHead = send("GET / HTTP/1.1\r\nhost: vault\r\nx: y", 12_000);
const slowBody = send(post("content-length: 50\r\n", '{"card":'), 12_000);

const goodCard = postSized(JSON.stringify({ card: { pan: "4242424242424242" } }));
const created = await answerTo(goodCard);
assert.equal(created.status, 201, created.body);
const { token } = JSON.parse(created.body) as { readonly token: string };
const smuggled = postSized(JSON.stringify({ card: { pan: "5555555555554444" }, metadata: { smuggled: "yes" } }));

test("requests on one connection are answered in their order", async () => {
  const paths = [`/v1/tokens/${token}`, "/healthz", "/nothing", "/problems/not-found", "/v1/audit/checkpoint"];
  const { answers } = await send(paths.map((path) => get(path)).join(""));
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 404, 200, 403],
  );
  assert.match(answers[0]?.body ?? "", new RegExp(token));
});

for (const [name, request, problem] of ambiguousHeads) {
  test(`${name} is refused, and so is what follows it`, async () => {
    const { answers, closed } = await send(request + smuggled);
    assert.equal(answers.length, 1, "one answer, then the end");
    assert.equal(problemOf(answers[0] as Answer).type, `/problems/${problem}`);
    assert.ok(closed);
  });
}

for (const [name, request, problem] of oddChunks) {
  test(`${name} is refused, and so is what follows it`, async () => {
    const { answers, closed } = await send(request + smuggled);
    assert.ok(answers.length <= 1 && closed);
    for (const answer of answers) assert.equal(problemOf(answer).type, `/problems/${problem}`);
  });
}

for (const [name, request, problem] of plainRefusals) {
  test(`${name} is refused`, async () => {
    await assertRefused(request, problem);
  });
}

test("no hidden request was carried out", async () => {
  const { rows } = await asAdmin(bed.adminUrl, (client) =>
    client.query("select from vault.token where last4 = '4444'"),
  );
  assert.equal(rows.length, 0);
});

test("no tunnel is opened", async () => {
  assert.equal((await send("CONNECT 127.0.0.1:5432 HTTP/1.1\r\nhost: 127.0.0.1:5432\r\n\r\n")).text, "");
});

for (const type of [
  "text/plain",
  "application/x-www-form-urlencoded",
  "application/json; charset=utf-16",
  "application/json, text/plain",
  "application/problem+json",
]) {
  test(`a body of the type ${type} is refused`, async () => {
    await assertRefused(postSized("{}", "", type), "unsupported-media-type");
  });
}

for (const [name, body, problem] of hostileCards) {
  test(`a card in a body with ${name} is refused`, async () => {
    await assertRefused(postSized(body), problem);
  });
}

for (const field of sensitiveFields) {
  test(`${field} is refused beside a card and within it`, async () => {
    for (const body of [
      { card: { pan: "4242424242424242" }, [field]: "737" },
      { card: { pan: "4242424242424242", [field]: "737" } },
    ]) {
      await assertRefused(postSized(JSON.stringify(body)), "sensitive-authentication-data");
    }
  });
}

for (const track of ["%B4242424242424242^CHAN/JO^30121010000000000000?", ";4242424242424242=30121010000000000000?"]) {
  test(`track ${track.startsWith("%") ? 1 : 2} of a magnetic stripe is refused for a card number`, async () => {
    await assertRefused(postSized(JSON.stringify({ card: { pan: track } })), "sensitive-authentication-data");
  });
}

for (const [name, body, problem] of hostileChanges) {
  test(`a change in a body with ${name} is refused`, async () => {
    await assertRefused(
      postSized(body).replace("POST /v1/tokens", `PATCH /v1/tokens/${token}`).replace("{capture}", "{payment}"),
      problem,
    );
  });
}

const megabyte = 1_048_576;

test("a megabyte for one card is refused by its declared length, before it is sent", async () => {
  await assertRefused(post(`content-length: ${megabyte}\r\n`), "body-too-large");
});

test("a megabyte of undeclared length is refused while it comes, and leaves no megabyte behind", async () => {
  const before = await residentBytes();
  for (let round = 0; round < 50; round += 1) {
    const { answers, closed } = await send(
      post("transfer-encoding: chunked\r\n", `4000\r\n${"x".repeat(16_384)}\r\n`.repeat(64)),
    );
    // The end of the connection can overtake the answer: the vault does not wait for the rest of the megabyte.
    assert.ok(closed && answers.length <= 1);
    for (const answer of answers) assert.equal(problemOf(answer).type, "/problems/body-too-large");
  }
  const grownMegabytes = ((await residentBytes()) - before) / megabyte;
  assert.ok(grownMegabytes < 50, `${grownMegabytes.toFixed(1)} MB more`);
});

async function residentBytes(): Promise<number> {
  const status = await readFile(`/proc/${standing.vault.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1_024;
}

const batch = (item: string, piece: string): string =>
  postSized(
    `{"items":[${item.replace("…", piece.repeat(Math.floor((megabyte - 100) / piece.length)).replace(/,$/, ""))}]}`,
  ).replace("/v1/tokens", "/v1/tokens/batch");

for (const [name, request] of [
  ["nulls", batch('{"card":[…]}', "null,")],
  ["empty texts", batch('{"card":[…]}', '"",')],
  ["digits", batch('{"card":[…]}', "1,")],
  ["objects", batch('{"card":[…]}', '{"a":{}},')],
  ["escapes", batch('{"card":{"pan":"…"}}', "\\u0034")],
] as const) {
  test(`a megabyte of ${name} in a batch does not keep the vault busy`, async () => {
    const started = performance.now();
    const { status, body } = await answerTo(request);
    const tookMs = performance.now() - started;
    assert.ok(status === 400 || body.includes('"succeeded":0'), body);
    assert.ok(tookMs < 2_000, `${tookMs.toFixed(0)} ms`);
  });
}

test("a head or a body that never ends is given up after five seconds", async () => {
  for (const { answers, closed } of await Promise.all([slowHead, slowBody])) {
    assert.equal(answers.length, 1);
    assert.equal(problemOf(answers[0] as Answer).type, "/problems/request-timeout");
    assert.ok(closed);
  }
});

test("nothing of all this was a fault of the vault, or was repeated by it", () => {
  for (const { answers, text } of seen) {
    for (const { status, body } of answers) assert.ok(status < 500 || status === 505, body);
    assert.ok(!containsPan(text), text);
  }
  assert.ok(seen.length > 150);
});

test("the log has a line for each, and no card number, no path and no name that the client chose", async () => {
  const log = await readFile(standing.vault.logFile, "utf8");
  const lines = log
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly level: string; readonly msg: string });
  assert.deepEqual(
    lines.filter(({ level }) => level === "error" || level === "fatal"),
    [],
  );
  assert.ok(lines.length > 150);
  assert.doesNotMatch(log, /42424242|4242.4242|\[pan:|polluted|smuggled|x-note|tok_|yyyy|xxxx/);
});

test("the vault goes on, as unspoilt as before", async () => {
  const again = await answerTo(goodCard);
  assert.equal(again.status, 201);
  assert.deepEqual(JSON.parse(again.body), JSON.parse(created.body));
  assert.equal((await answerTo(get("/readyz"))).status, 200);
});
