// The key agent with a file that custodians open: from no file to root keys, through its two sockets alone.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { CustodyRefusal, openCustodyClient } from "@cofferdam/cde/vault/keys/custody/custody-client.ts";
import { readLine } from "@cofferdam/cde/vault/keys/custody/custody-line.ts";
import { openRootKeyAgent } from "@cofferdam/cde/vault/keys/root/root-key-agent.ts";
import { RootKeyError } from "@cofferdam/cde/vault/keys/root/root-key.ts";
import { bring, clock, request } from "@cofferdam/cde/vault/keys/custody/testdata/custodians.ts";
import { startKeyAgent, type RunningKeyAgent } from "../key-agent-process.ts";
import { eventually } from "./eventually.ts";

let directory = "";
let agent: RunningKeyAgent;
before(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "cofferdam-agent-"));
  clock.ms = Date.now();
  agent = await startAgent();
});
after(async () => {
  await agent.stop();
  await rm(directory, { recursive: true, force: true });
});

const startAgent = (): Promise<RunningKeyAgent> =>
  startKeyAgent({ directory, environment: { KEYAGENT_BACKEND: `file:${path.join(directory, "root-keys.json")}` } });
const isRefusal =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof CustodyRefusal && error.code === code;

test("custodians make and open the file over the custody socket, and the vault's calls work while it is open", async () => {
  const custody = openCustodyClient(agent.custodySocket);
  const store = openRootKeyAgent("custodians", agent.serviceSocket);
  const [secret, context] = [randomBytes(32), randomBytes(40)];
  const isSealed = (error: unknown): boolean => error instanceof RootKeyError && error.code === "sealed";

  await assert.rejects(custody.begin(), isRefusal("not_initialised"));
  const shared = await custody.initialise(request);
  assert.equal((await store.status()).isSealed, true);
  await assert.rejects(store.generate(), isSealed);

  const ticket = await custody.begin();
  assert.equal((await custody.submit(await bring("mei", ticket, shared))).is_sealed, true);
  await assert.rejects(custody.submit(await bring("mei", ticket, shared)), isRefusal("already_received"));
  assert.equal((await custody.submit(await bring("ade", ticket, shared))).is_sealed, false);

  const { id } = (await store.status()).keys[0] ?? assert.fail("no root key");
  const wrapped = await store.wrap(id, secret, context);
  assert.deepEqual(await store.unwrap(id, wrapped, context), secret);
  const made = await store.generate();
  await custody.destroy(id);
  assert.deepEqual(
    (await store.status()).keys.map((key) => key.id),
    [made.id],
  );

  assert.deepEqual(await custody.seal(), { is_sealed: true });
  await assert.rejects(store.wrap(made.id, secret, context), isSealed);
});

test("an agent that starts anew is sealed", async () => {
  await agent.kill();
  agent = await startAgent();
  const report = await openCustodyClient(agent.custodySocket).custody();
  assert.deepEqual([report.is_initialised, report.is_sealed], [true, true]);
});

test("a custody line that is no call, or too long, ends its connection, and the agent lives", async () => {
  const tooLong = JSON.stringify({ call: "custody", argument: "a".repeat(270_000) });
  for (const line of ["not json\n", "null\n", '{"argument":1}\n', `${tooLong}\n`]) {
    const socket = connect(agent.custodySocket);
    socket.write(line);
    await assert.rejects(readLine(socket, 2_000));
    socket.destroy();
  }
  assert.equal((await openCustodyClient(agent.custodySocket).custody()).is_initialised, true);
});

test("callers of custody who have their answer and stay do not hold their places", async () => {
  const callers = Array.from({ length: 4 }, () => connect({ path: agent.custodySocket, allowHalfOpen: true }));
  try {
    for (const socket of callers) {
      socket.write('{"call":"custody"}\n');
      assert.match(await readLine(socket, 2_000), /^\{"answer":/);
    }
    assert.equal((await openCustodyClient(agent.custodySocket).custody()).is_initialised, true);
  } finally {
    for (const socket of callers) socket.destroy();
  }
});

test("an agent that stood still when it was first called is called again", async () => {
  const { processId } = await openRootKeyAgent("custodians", agent.serviceSocket).agentStatus();
  const store = openRootKeyAgent("custodians", agent.serviceSocket);
  process.kill(processId, "SIGSTOP");
  try {
    await assert.rejects(store.status(), { code: "unavailable" });
  } finally {
    process.kill(processId, "SIGCONT");
  }
  assert.equal((await store.status()).isSealed, true);
});

test("a user has sixteen connections for calls; one more is cut off, and a place that is left can be had", async () => {
  await agent.stop();
  agent = await startAgent();
  const sockets = Array.from({ length: 16 }, () => connect(agent.serviceSocket).resume());
  try {
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    const oneMore = connect(agent.serviceSocket).resume();
    await once(oneMore, "close");
    assert.equal(sockets.filter((socket) => socket.destroyed).length, 0);
    sockets.pop()?.destroy();
    const store = openRootKeyAgent("custodians", agent.serviceSocket);
    const isLetIn = (): Promise<boolean> =>
      store.status().then(
        () => true,
        () => false,
      );
    await eventually(isLetIn, Boolean, 2_000);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  await eventually(agent.readLog, (log) => log.includes("connection of a user who has too many"), 2_000);
});
