// What the key agent does when its HSM misbehaves: a faulty device stands between it and a real library. Each time the
// answer comes in time and says the right thing, no other key is ever used, and nobody restarts the agent.
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { DeviceErrorName, DeviceFault } from "@cofferdam/cde/keyagent/testdata/faulty-device.ts";
import { openRootKeyAgent, type RootKeyAgent } from "@cofferdam/cde/vault/keys/root/root-key-agent.ts";
import { RootKeyError, type RootKeyErrorCode } from "@cofferdam/cde/vault/keys/root/root-key.ts";
import { softHsmEnvironment, startKeyAgent, type RunningKeyAgent } from "../key-agent-process.ts";
import { replacePrivateFile } from "../private-file.ts";
import { RIGHT_PIN, makeSoftHsm, whyNoSoftHsm, type SoftHsm } from "../soft-hsm.ts";

const ANSWER_WITHIN_MS = 2_500;
const RECOVERY_WITHIN_MS = 5_000;
const LAG_MS = 50;
const SESSION_RESETS = Number(process.env["HSM_SESSION_RESETS"] ?? 100);
const KEYS = 5;

const program = path.resolve(import.meta.dirname, "../../cde/keyagent/testdata/agent-with-faults.ts");
const context = randomBytes(40);
const secret = randomBytes(32);

suite("the key agent, when its HSM misbehaves", { skip: await whyNoSoftHsm() }, () => {
  let directory = "";
  let control = "";
  let hsm: SoftHsm;
  let agent: RunningKeyAgent;
  let store: RootKeyAgent;
  let watcher: RootKeyAgent;
  const keys: string[] = [];
  const key = (index: number): string => keys[index % KEYS] ?? assert.fail("no such key");

  const misbehave = (kind: DeviceFault["kind"], { after = 0, times = 1 } = {}): Promise<void> => {
    const fault: DeviceFault = { id: randomUUID(), kind, after, times };
    return replacePrivateFile(control, JSON.stringify(fault));
  };

  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "cofferdam-faults-"));
    control = path.join(directory, "fault.json");
    await misbehave("none");
    hsm = await makeSoftHsm(directory);
    agent = await startKeyAgent({
      directory,
      environment: { ...softHsmEnvironment(hsm), FAULTY_DEVICE_CONTROL: control },
      program,
    });
    store = openRootKeyAgent("pkcs11", agent.serviceSocket);
    watcher = openRootKeyAgent("pkcs11", agent.serviceSocket);
    while (keys.length < KEYS) keys.push((await store.generate()).id);
  });
  afterEach(async () => {
    await misbehave("none");
    await recovery();
  });
  after(async () => {
    await agent.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function roundTrip(index: number): Promise<void> {
    const wrapped = await store.wrap(key(index), secret, context);
    assert.deepEqual(await store.unwrap(key(index), wrapped, context), secret);
  }

  /** Milliseconds until a round trip works again. */
  async function recovery(): Promise<number> {
    const startedMs = performance.now();
    for (;;) {
      try {
        await roundTrip(0);
        return performance.now() - startedMs;
      } catch (error) {
        if (performance.now() - startedMs > RECOVERY_WITHIN_MS) throw error;
        await sleep(50);
      }
    }
  }

  /** Runs something while the agent is asked for its own status all the time; how long those answers took at most. */
  async function lagDuring(work: () => Promise<unknown>): Promise<readonly number[]> {
    const lags: number[] = [];
    const over = new AbortController();
    const done = work().finally(() => {
      over.abort();
    });
    while (!over.signal.aborted) {
      const askedMs = performance.now();
      await watcher.agentStatus();
      lags.push(performance.now() - askedMs);
      await sleep(5);
    }
    await done;
    return lags.toSorted((one, other) => one - other);
  }

  async function isAnsweredInTime(work: Promise<unknown>, code: RootKeyErrorCode): Promise<void> {
    const startedMs = performance.now();
    await assert.rejects(work, (error: unknown) => error instanceof RootKeyError && error.code === code);
    assert.ok(performance.now() - startedMs <= ANSWER_WITHIN_MS, `${performance.now() - startedMs} ms`);
  }

  const hsmProcessId = async (): Promise<number> => (await watcher.agentStatus()).hsmProcessId ?? assert.fail();

  test("an error of session, object, library or device is made good within the call", async () => {
    const codes: readonly DeviceErrorName[] = [
      "CKR_SESSION_HANDLE_INVALID",
      "CKR_OBJECT_HANDLE_INVALID",
      "CKR_CRYPTOKI_NOT_INITIALIZED",
      "CKR_DEVICE_REMOVED",
      "CKR_GENERAL_ERROR",
    ];
    const wrapped = await store.wrap(key(0), secret, context);
    for (const code of codes) {
      for (let after = 0; after < 5; after += 1) {
        await misbehave(code, { after });
        await roundTrip(after);
        await misbehave(code, { after });
        assert.deepEqual(await store.unwrap(key(0), wrapped, context), secret, code);
      }
    }
  });

  test("a dead session is not a refusal, and a refusal costs no session", async () => {
    const wrapped = await store.wrap(key(0), secret, context);
    await store.unwrap(key(0), wrapped, context);
    const { sessionResets } = await watcher.agentStatus();
    for (let tries = 0; tries < 20; tries += 1) {
      await isAnsweredInTime(store.unwrap(key(0), wrapped, randomBytes(40)), "refused");
    }
    assert.equal((await watcher.agentStatus()).sessionResets, sessionResets);
    await misbehave("CKR_DEVICE_REMOVED", { after: 1, times: 1_000 });
    await isAnsweredInTime(store.unwrap(key(0), wrapped, randomBytes(40)), "unavailable");
  });

  test("a device that is gone is an outage, and serves again without a restart", async (t) => {
    await misbehave("CKR_DEVICE_REMOVED", { times: 1_000_000 });
    await isAnsweredInTime(store.wrap(key(0), secret, context), "unavailable");
    await isAnsweredInTime(store.generate(), "unavailable");
    await isAnsweredInTime(store.status(), "unavailable");
    await misbehave("none");
    t.diagnostic(`recovery after a device that was gone: ${(await recovery()).toFixed(0)} ms`);
  });

  test("a device that hangs is left within the deadline, and the agent goes on answering", async (t) => {
    const before = await hsmProcessId();
    await misbehave("hang");
    const lags = await lagDuring(() => isAnsweredInTime(store.wrap(key(0), secret, context), "unavailable"));
    await misbehave("none");
    t.diagnostic(`recovery after a hang: ${(await recovery()).toFixed(0)} ms`);
    assert.notEqual(await hsmProcessId(), before);
    const p99 = lags[Math.ceil(lags.length * 0.99) - 1] ?? NaN;
    t.diagnostic(
      `status during a hang: ${lags.length} answers, p99 ${p99.toFixed(1)} ms, ${lags.at(-1)?.toFixed(1)} ms`,
    );
    assert.ok(p99 <= LAG_MS, `${p99} ms`);
  });

  test("calls that wait behind a hanging one are answered in time too", async () => {
    await misbehave("hang");
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        isAnsweredInTime(store.wrap(key(index), secret, context), "unavailable"),
      ),
    );
  });

  test("the HSM's process is replaced when it is killed and when it stands still", async (t) => {
    process.kill(await hsmProcessId(), "SIGKILL");
    t.diagnostic(`recovery after SIGKILL: ${(await recovery()).toFixed(0)} ms`);
    const stopped = await hsmProcessId();
    process.kill(stopped, "SIGSTOP");
    await isAnsweredInTime(store.wrap(key(0), secret, context), "unavailable");
    t.diagnostic(`recovery after SIGSTOP: ${(await recovery()).toFixed(0)} ms`);
    assert.throws(() => process.kill(stopped, 0), "the stopped process is gone");
  });

  test("a wrong PIN is tried once, until its file changes", async () => {
    await writeFile(hsm.pinFile, "000000\n");
    process.kill(await hsmProcessId(), "SIGKILL");
    await sleep(100);
    const { hsmProcessStarts } = await watcher.agentStatus();
    for (let tries = 0; tries < 20; tries += 1) await isAnsweredInTime(store.generate(), "pin_refused");
    assert.equal((await watcher.agentStatus()).hsmProcessStarts, hsmProcessStarts + 1);
    await writeFile(hsm.pinFile, `${RIGHT_PIN}\n`);
    await roundTrip(0);
  });

  test("a token that is gone is an outage: no key is said to be unknown", async () => {
    const wrapped = await store.wrap(key(1), secret, context);
    await rename(hsm.tokenDirectory, `${hsm.tokenDirectory}.away`);
    process.kill(await hsmProcessId(), "SIGKILL");
    await sleep(100);
    await isAnsweredInTime(store.unwrap(key(1), wrapped, context), "unavailable");
    await isAnsweredInTime(store.status(), "unavailable");
    await rename(`${hsm.tokenDirectory}.away`, hsm.tokenDirectory);
    await recovery();
    assert.deepEqual(await store.unwrap(key(1), wrapped, context), secret);
  });

  test("a device that offers another key under a root key's name wraps nothing with it", async () => {
    process.kill(await hsmProcessId(), "SIGKILL");
    await recovery();
    await roundTrip(1);
    await misbehave("mislead", { times: 1_000_000 });
    await isAnsweredInTime(store.wrap(key(3), secret, context), "unavailable");
  });

  test("no other key is used however often a reset renumbers the handles", async (t) => {
    const before = (await watcher.agentStatus()).sessionResets;
    for (let index = 0; index < KEYS; index += 1) await roundTrip(index);
    let wrong = 0;
    const use = async (index: number): Promise<void> => {
      const wrapped = await store.wrap(key(index), secret, context);
      if (!(await store.unwrap(key(index), wrapped, context)).equals(secret)) wrong += 1;
    };
    for (let reset = 0; reset < SESSION_RESETS; reset += 1) {
      await misbehave("renumber", { after: reset % 7 });
      await use(reset);
      if (reset % 3 > 0) continue;
      await misbehave("renumber-silently", { after: reset % 7 });
      await use(reset);
    }
    const resets = (await watcher.agentStatus()).sessionResets - before;
    t.diagnostic(`${resets} session resets, other keys used: ${wrong}`);
    assert.equal(wrong, 0);
    assert.ok(resets >= SESSION_RESETS, `${resets} resets`);
  });
});
