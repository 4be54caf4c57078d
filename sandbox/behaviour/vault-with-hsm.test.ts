// A vault whose root key lies in an HSM, and one whose keys are wrapped twice: any one of the wraps opens them.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, suite, test } from "node:test";
import { OperationError } from "@cofferdam/cde/vault/rotation/operation.ts";
import { openCustodyClient } from "@cofferdam/cde/vault/keys/custody/custody-client.ts";
import { softHsmEnvironment, startKeyAgent, type RunningKeyAgent } from "../key-agent-process.ts";
import { makeSoftHsm, whyNoSoftHsm, type SoftHsm } from "../soft-hsm.ts";
import { openTestBed, type TestBed } from "../test-bed.ts";
import { eventually } from "./eventually.ts";
import { keyOperations, type KeyOperations } from "./key-operations.ts";

const pan = "4242424242424242";

suite("a vault with an HSM", { skip: await whyNoSoftHsm() }, () => {
  let directory = "";
  let hsm: SoftHsm;
  let agent: RunningKeyAgent;
  let bed: TestBed;
  let keys: KeyOperations;
  let file = "";
  const cleanup = new AsyncDisposableStack();

  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "vault-hsm-"));
    hsm = await makeSoftHsm(path.join(directory, "hsm"));
    cleanup.defer(() => rm(directory, { recursive: true, force: true }));
    await startAgent();
    cleanup.defer(async () => {
      await agent.stop();
    });
    bed = cleanup.use(await openTestBed({ rootKeys: `pkcs11:${agent.serviceSocket}` }));
    file = `file:${path.join(bed.standing.directory, "keys", "root-key.json")}`;
    keys = await keyOperations(bed, `pkcs11:${agent.serviceSocket},${file}`);
  });
  after(() => cleanup.disposeAsync());

  async function startAgent(): Promise<void> {
    agent = await startKeyAgent({ directory: path.join(directory, "agent"), environment: softHsmEnvironment(hsm) });
  }

  async function roundTrip(): Promise<number | string> {
    const [capture, egress] = [await bed.client("capture"), await bed.client("egress")];
    const { data, response } = await capture.POST("/v1/tokens", { body: { card: { pan }, reuse: "single" } });
    if (data === undefined) return response.status;
    const answer = await egress.POST("/v1/tokens/{token}/detokenize", {
      params: { path: { token: data.token } },
      body: { purpose: "refund" },
    });
    return answer.data?.card.pan ?? answer.response.status;
  }

  /** Ends the vault and starts it anew: it has no key in memory then. */
  async function restart(rootKeys: string): Promise<void> {
    await bed.standing.vault.stop();
    await bed.standing.restart({ VAULT_ROOT_KEYS: rootKeys });
  }

  async function wrappedBy(): Promise<readonly string[]> {
    const { rows } = await bed.admin.query<{ scheme: string }>(
      "select distinct split_part(root_key_id, ':', 1) as scheme from vault.key_wrap order by 1",
    );
    return rows.map(({ scheme }) => scheme);
  }

  test("its keys are wrapped in the HSM alone, and cards come and go", async () => {
    assert.deepEqual(await wrappedBy(), ["pkcs11"]);
    assert.equal(await roundTrip(), pan);
  });

  test("an agent that is gone stops no vault that has its keys in memory; a fresh one waits for it", async () => {
    await agent.kill();
    assert.equal(await roundTrip(), pan);
    await restart(`pkcs11:${agent.serviceSocket}`);
    assert.equal(await roundTrip(), 503);
    await assert.rejects(keys.run("rotate-root-key", { scheme: "pkcs11" }), { code: "unavailable" });
    await startAgent();
    assert.equal(await eventually(roundTrip, (answer) => answer !== 503, 5_000), pan);
  });

  test("the root key in the HSM is replaced under a running vault, and the former destroyed", async () => {
    const { former_root_key_ids: former } = await keys.run("rotate-root-key", { scheme: "pkcs11" });
    assert.equal(await roundTrip(), pan);
    const [id = ""] = former as readonly string[];
    await openCustodyClient(agent.custodySocket).destroy(id);
    await restart(`pkcs11:${agent.serviceSocket}`);
    assert.equal(await roundTrip(), pan);
  });

  test("a second wrap of every key opens the vault when the HSM is lost, and either can be taken away, but not both", async () => {
    const { wrapped } = await keys.run("add-wrap", { scheme: "file" });
    assert.equal(wrapped, 6);
    assert.deepEqual(await wrappedBy(), ["file", "pkcs11"]);
    await keys.run("rotate-data-key", { tenant_id: "11111111-1111-4111-8111-111111111111" });
    await restart(file);
    assert.equal(await roundTrip(), pan);
    await restart(`pkcs11:${agent.serviceSocket},${file}`);
    assert.equal(await roundTrip(), pan);
    await keys.run("remove-wrap", { scheme: "pkcs11" });
    assert.deepEqual(await wrappedBy(), ["file"]);
    assert.equal(await roundTrip(), pan);
    await assert.rejects(
      keys.run("remove-wrap", { scheme: "file" }),
      (error) => error instanceof OperationError && error.code === "still_needed",
    );
  });
});
