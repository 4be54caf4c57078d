// The key agent with a real HSM library behind it, through its sockets.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, readdir, readlink, rm, stat } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, suite, test } from "node:test";
import { encodeFrame } from "@cofferdam/cde/vault/keys/root/agent-protocol.ts";
import { CustodyRefusal, openCustodyClient } from "@cofferdam/cde/vault/keys/custody/custody-client.ts";
import { encodeFields } from "@cofferdam/cde/vault/keys/fields.ts";
import { openRootKeyAgent } from "@cofferdam/cde/vault/keys/root/root-key-agent.ts";
import { testRootKeyDestruction, testRootKeyStore } from "@cofferdam/cde/vault/keys/root/root-key-contract.ts";
import { RootKeyError, type RootKeyErrorCode } from "@cofferdam/cde/vault/keys/root/root-key.ts";
import { softHsmEnvironment, startKeyAgent, type RunningKeyAgent } from "../key-agent-process.ts";
import { readProcessMemory } from "../process-memory.ts";
import { withinTime } from "../running-process.ts";
import { makeSoftHsm, whyNoSoftHsm } from "../soft-hsm.ts";
import { eventually } from "./eventually.ts";

const context = randomBytes(40);
const is =
  (code: RootKeyErrorCode) =>
  (error: unknown): boolean =>
    error instanceof RootKeyError && error.code === code;

suite("the key agent with an HSM", { skip: await whyNoSoftHsm() }, () => {
  let directory = "";
  const agents: RunningKeyAgent[] = [];
  const agentAt = (index: number): RunningKeyAgent => agents[index] ?? assert.fail("no such agent");

  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "cofferdam-agent-"));
    for (const name of ["own", "another"]) {
      const hsm = await makeSoftHsm(path.join(directory, name));
      agents.push(await startKeyAgent({ directory: path.join(directory, name), environment: softHsmEnvironment(hsm) }));
    }
  });
  after(async () => {
    for (const agent of agents) await agent.stop();
    await rm(directory, { recursive: true, force: true });
  });

  testRootKeyStore("key agent", {
    own: () => Promise.resolve(openRootKeyAgent("pkcs11", agentAt(0).serviceSocket)),
    another: () => Promise.resolve(openRootKeyAgent("pkcs11", agentAt(1).serviceSocket)),
  });
  testRootKeyDestruction("key agent", () => {
    const { serviceSocket, custodySocket } = agentAt(0);
    const { destroy } = openCustodyClient(custodySocket);
    return Promise.resolve({ ...openRootKeyAgent("pkcs11", serviceSocket), destroy });
  });

  test("neither process has a network socket", async () => {
    const store = openRootKeyAgent("pkcs11", agentAt(0).serviceSocket);
    await store.generate();
    const { processId, hsmProcessId } = await store.agentStatus();
    assert.deepEqual([await networkSocketsOf(processId), await networkSocketsOf(hsmProcessId ?? 0)], [[], []]);
    const listener = createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    assert.equal((await networkSocketsOf(process.pid)).length, 1, "the search finds one where there is one");
    listener.close();
  });

  test("a secret that went through is in neither process a moment later", async () => {
    const store = openRootKeyAgent("pkcs11", agentAt(0).serviceSocket);
    const { id } = await store.generate();
    const secret = randomBytes(32);
    for (let times = 0; times < 50; times += 1) await store.unwrap(id, await store.wrap(id, secret, context), context);
    const { processId, hsmProcessId } = await store.agentStatus();
    assert.deepEqual([await timesIn(processId, secret), await timesIn(hsmProcessId ?? 0, secret)], [0, 0]);
    assert.ok((await timesIn(process.pid, secret)) > 0, "the search finds it where it is");
  });

  test("refuses a secret that is too short or too long, and an odd wrap of the right root key", async () => {
    const store = openRootKeyAgent("pkcs11", agentAt(0).serviceSocket);
    const { id } = await store.generate();
    for (const bytes of [0, 31, 1_025, 70_000]) {
      await assert.rejects(store.wrap(id, Buffer.alloc(bytes), context), is("refused"), `${bytes} bytes`);
    }
    const wrapped = await store.wrap(id, Buffer.alloc(32), context);
    assert.equal(wrapped.length, 77);
    const otherVersion = Buffer.concat([Buffer.of(2), wrapped.subarray(1)]);
    await assert.rejects(store.unwrap(id, otherVersion, context), is("refused"));
  });

  test("a token is full with 64 root keys: no more are made, and status tells them all", async () => {
    const where = path.join(directory, "full");
    const hsm = await makeSoftHsm(where);
    await using agent = await startKeyAgent({ directory: where, environment: softHsmEnvironment(hsm) });
    const store = openRootKeyAgent("pkcs11", agent.serviceSocket);
    const ids: string[] = [];
    while (ids.length < 64) ids.push((await store.generate()).id);
    await assert.rejects(store.generate(), { code: "unsupported", message: /as many as it may/ });
    assert.deepEqual(
      (await store.status()).keys.map(({ id }) => id),
      ids,
    );
    await openCustodyClient(agent.custodySocket).destroy(ids[0] ?? "");
    assert.ok((await store.generate()).id);
  });

  test("an agent that holds root keys of another scheme is no answer", async () => {
    const store = openRootKeyAgent("custodians", agentAt(0).serviceSocket);
    await assert.rejects(store.status(), is("unavailable"));
    await assert.rejects(store.agentStatus(), is("unavailable"));
  });

  test("nobody behind the socket is an outage, and the next call connects again", async () => {
    const where = path.join(directory, "restarted");
    const hsm = await makeSoftHsm(where);
    const store = openRootKeyAgent("pkcs11", path.join(where, "service.sock"));
    await assert.rejects(store.status(), is("unavailable"));
    const first = await startKeyAgent({ directory: where, environment: softHsmEnvironment(hsm) });
    const { id } = await store.generate();
    await first.kill();
    await assert.rejects(store.status(), is("unavailable"));
    agents.push(await startKeyAgent({ directory: where, environment: softHsmEnvironment(hsm) }));
    assert.deepEqual(
      (await store.status()).keys.map((key) => key.id),
      [id],
    );
  });

  test("users who are not on a socket's list are cut off", async () => {
    const where = path.join(directory, "strangers");
    const nobodyHere = String((process.getuid?.() ?? 0) + 1);
    const environment = {
      ...softHsmEnvironment(await makeSoftHsm(where)),
      KEYAGENT_SERVICE_UIDS: nobodyHere,
      KEYAGENT_CUSTODY_UIDS: nobodyHere,
    };
    await using agent = await startKeyAgent({ directory: where, environment });
    await assert.rejects(openRootKeyAgent("pkcs11", agent.serviceSocket).status(), is("unavailable"));
    await assert.rejects(openCustodyClient(agent.custodySocket).destroy("pkcs11:any"), isRefusal("unavailable"));
    await eventually(agent.readLog, (log) => log.includes("connection of a user who may not"), 2_000);
    assert.equal((await stat(agent.serviceSocket)).mode & 0o777, 0o660);
    assert.equal((await stat(agent.custodySocket)).mode & 0o777, 0o660);
  });

  test("frames that are too long, cut, unknown or no frames end their connection, and the agent lives", async () => {
    // An agent of its own: where others hold places, a connection may end for want of one.
    const where = path.join(directory, "frames");
    const environment = softHsmEnvironment(await makeSoftHsm(where));
    await using agent = await startKeyAgent({ directory: where, environment });
    const { serviceSocket } = agent;
    const status = encodeFrame({ kind: "status", call: 1, fields: ["agent"] });
    const withByte = (at: number, value: number): Buffer => Buffer.from(status).fill(value, at, at + 1);
    const bad: Readonly<Record<string, Buffer>> = {
      "too long": Buffer.of(0xff, 0xff, 0xff, 0xff),
      "too short": Buffer.of(0, 0, 0, 1, 1),
      "another version": withByte(4, 2),
      "unknown call": withByte(5, 77),
      "destroying, which is for the custody socket": encodeFrame({ kind: "destroy", call: 1, fields: ["pkcs11:x"] }),
      "an answer": encodeFrame({ kind: "answer", call: 1, fields: [] }),
      "fields of another call": encodeFrame({ kind: "wrap", call: 1, fields: [1, "two"] }),
      "malformed fields": Buffer.concat([Buffer.of(0, 0, 0, 7, 1, 4, 0, 0, 0, 1), Buffer.of(9)]),
      "no frames": Buffer.from("GET / HTTP/1.1\r\nhost: agent\r\n\r\n"),
      "cut, and nothing more": status.subarray(0, -1),
      "a length, and nothing more": encodeFields([null]).subarray(0, 2),
    };
    await Promise.all(
      Object.entries(bad).map(async ([name, bytes]) => {
        const socket = connect(serviceSocket).resume();
        socket.write(bytes);
        const closed = once(socket, "close").then(
          () => "closed",
          () => "closed", // by a reset, for bytes that nobody read
        );
        assert.equal(await withinTime(closed, 5_000), "closed", name);
      }),
    );
    assert.equal((await openRootKeyAgent("pkcs11", serviceSocket).agentStatus()).scheme, "pkcs11");
  });

  test("a custody call that is unknown or malformed is refused", async () => {
    const custody = openCustodyClient(agentAt(0).custodySocket);
    await assert.rejects(custody.begin(), isRefusal("unknown_call"));
    await assert.rejects(custody.destroy(7 as unknown as string), isRefusal("unknown_key"));
  });

  test("a token that lacks AES-GCM is refused with the name of what is missing", async () => {
    const where = path.join(directory, "old");
    const environment = softHsmEnvironment(await makeSoftHsm(where, "CKM_AES_KEY_GEN,CKM_AES_CBC"));
    await using agent = await startKeyAgent({ directory: where, environment });
    const store = openRootKeyAgent("pkcs11", agent.serviceSocket);
    await assert.rejects(store.generate(), { code: "unsupported", message: /CKM_AES_GCM/ });
  });

  test("a library that is not there is named as such, and costs nothing but its calls", async () => {
    const where = path.join(directory, "nothing");
    const environment = softHsmEnvironment(await makeSoftHsm(where));
    const missing = { ...environment, KEYAGENT_BACKEND: "pkcs11:/nowhere/lib.so" };
    await using agent = await startKeyAgent({ directory: where, environment: missing });
    const store = openRootKeyAgent("pkcs11", agent.serviceSocket);
    await assert.rejects(store.status(), is("unsupported"));
    assert.ok(((await store.agentStatus()).calls["status"]?.["unsupported"] ?? 0) > 0);
  });

  test("a second agent does not take a socket that is in use, nor one in a folder that others may write", async () => {
    const where = path.join(directory, "own");
    const environment = softHsmEnvironment(await makeSoftHsm(path.join(directory, "third")));
    await assert.rejects(startKeyAgent({ directory: where, environment }), /another process listens on this socket/);
    const open = path.join(directory, "open");
    await (await startKeyAgent({ directory: open, environment })).stop();
    await chmod(open, 0o777);
    await assert.rejects(startKeyAgent({ directory: open, environment }), /writable by nobody else/);
  });
});

function isRefusal(code: string): (error: unknown) => boolean {
  return (error) => error instanceof CustodyRefusal && error.code === code;
}

/** Inodes of a process's TCP and UDP sockets, proc_pid_net(5). */
async function networkSocketsOf(processId: number): Promise<readonly string[]> {
  const tables = ["tcp", "tcp6", "udp", "udp6"].map((name) => readFile(`/proc/${processId}/net/${name}`, "utf8"));
  const lines = (await Promise.all(tables)).flatMap((table) => table.trim().split("\n").slice(1));
  const onNetwork = new Set(lines.map((line) => `socket:[${line.trim().split(/\s+/)[9] ?? ""}]`));
  const descriptors = await readdir(`/proc/${processId}/fd`);
  const files = await Promise.all(descriptors.map((name) => readlink(`/proc/${processId}/fd/${name}`).catch(() => "")));
  return files.filter((file) => onNetwork.has(file));
}

async function timesIn(processId: number, bytes: Buffer): Promise<number> {
  let times = 0;
  for await (const { bytes: memory } of readProcessMemory(processId)) if (memory.includes(bytes)) times += 1;
  return times;
}
