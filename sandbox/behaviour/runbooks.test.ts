// The runbooks about keys, as they are written: every command exists as it is typed, and custodians who type them in order
// get where the page says.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { suite, test } from "node:test";
import { openRootKeys } from "@cofferdam/cde/vault/keys/root/open-root-keys.ts";
import { defaultRetentionClasses, provisionTenant } from "@cofferdam/cde/vault/tenants/provision-tenant.ts";
import { sandboxTenants, type SandboxTenant } from "../callers.ts";
import { rosterOf, writeRoster } from "../custodians.ts";
import { softHsmEnvironment, startKeyAgent } from "../key-agent-process.ts";
import type { AdminEnvironment } from "../admin-process.ts";
import { makeSoftHsm, whyNoSoftHsm } from "../soft-hsm.ts";
import { standUpAdmin, type StandingAdmin } from "../standing-admin.ts";
import { openTestBed, type TestBed } from "../test-bed.ts";
import { openDesk, type Desk } from "./custodians-desk.ts";
import { eventually } from "./eventually.ts";
import { faultsOf } from "./runbook-commands.ts";
import { commandsIn, readRunbook, type Runbook } from "./runbook.ts";

const names = [
  "first-ceremony",
  "rotate-data-keys",
  "rotate-root-key",
  "custodian-leaves",
  "suspected-compromise",
  "hsm-dead",
  "restore-from-backup",
  "key-past-cryptoperiod",
] as const;
const runbooks = new Map(await Promise.all(names.map(async (name) => [name, await readRunbook(name)] as const)));
const pan = "4242424242424242";
const { harbourCoffee } = sandboxTenants;

function runbook(name: (typeof names)[number]): Runbook {
  return runbooks.get(name) ?? assert.fail(name);
}

test("every command of a runbook exists, with the words and options that it is typed with", async () => {
  for (const { name, blocks, mentions } of runbooks.values()) {
    const typed = blocks.flatMap(commandsIn);
    assert.ok(typed.length > 0, name);
    for (const command of typed) assert.deepEqual(await faultsOf(command, true), [], `${name}: ${command}`);
    for (const command of mentions) assert.deepEqual(await faultsOf(command, false), [], `${name}: ${command}`);
  }
});

test("a command that does not exist, lacks a word or has an unknown option is reported", async () => {
  assert.deepEqual(await faultsOf("keyops sing", true), ["no command sing"]);
  assert.deepEqual(await faultsOf("keyops rotate key-of-mine x", true), ["rotate: key-of-mine is none of its words"]);
  assert.deepEqual(await faultsOf("keyops withdraw", true), ["withdraw: too few or too many words"]);
  assert.deepEqual(await faultsOf("keyops status --loud", true), ["status: no option --loud"]);
  assert.deepEqual(await faultsOf("node cde/vault/setup.ts tenants --shout", true), [
    "cde/vault/setup.ts: no tenants",
    "cde/vault/setup.ts: no --shout",
  ]);
});

test("data keys are rotated, revoked and destroyed as the runbooks say", async () => {
  await using house = await openHouse();
  const { bed, desk } = house;
  const token = await tokenize(bed);
  desk.variables["FORMER"] = "1";
  await desk.follow(runbook("rotate-data-keys"));
  assert.deepEqual(await versions(bed, "data"), ["destroyed", "active"]);
  Object.assign(desk.variables, { PURPOSE: "data", VERSION: "2", SCHEME: "file" });
  await desk.follow(runbook("suspected-compromise"));
  assert.deepEqual(await versions(bed, "data"), ["destroyed", "destroyed", "active"]);
  await desk.follow(runbook("key-past-cryptoperiod"));
  assert.equal(await detokenize(bed, token), pan);
});

test("a root key is rotated as the runbook says, and the restore of an older database opens with its bundle", async () => {
  await using house = await openHouse();
  const { bed, desk } = house;
  const gone = await newTenant(bed);
  const [token, lost] = [await tokenize(bed), await tokenize(bed, gone)];
  const backup = await backUp(bed);
  await desk.type("mei", ceremony("destroy-tenant", `tenant_id=${gone.tenantId}`, "root_keys=keep"));
  await desk.type("ade", 'keyops approve "$PROPOSAL" --ceremony own.yaml\nkeyops destroy tenant "$PROPOSAL"\n');
  desk.variables["SCHEME"] = "file";
  await desk.follow(runbook("rotate-root-key"), [
    ["destroy-root-key", async () => void (desk.variables["FORMER_ROOT_KEY"] = await rootKey(bed, "retired"))],
  ]);
  assert.equal(await detokenize(bed, token), pan);
  await backup.restore();
  assert.equal(
    await eventually(
      () => detokenize(bed, token),
      (answer) => answer === 503,
      10_000,
    ),
    503,
  );
  desk.variables["DESTROYED_TENANT"] = gone.tenantId;
  await desk.follow(runbook("restore-from-backup"));
  assert.equal(
    await eventually(
      () => detokenize(bed, token),
      (answer) => answer !== 503,
      10_000,
    ),
    pan,
  );
  assert.equal(await detokenize(bed, lost, gone), 403);
});

test("custodians split the key, unseal, and replace one of themselves as the runbooks say", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "runbook-"));
  const environment = { KEYAGENT_BACKEND: `file:${path.join(directory, "custodians.json")}` };
  let agent = await startKeyAgent({ directory, environment });
  try {
    await using house = await openHouse((file) => ({
      VAULT_ADMIN_ROOT_KEYS: `${file},custodians:${agent.serviceSocket}`,
      VAULT_ADMIN_CUSTODY_SOCKETS: `custodians:${agent.custodySocket}`,
    }));
    const { bed, desk, admin } = house;
    const token = await tokenize(bed);
    await handPassphrases(desk, ["mei", "ade", "lin", "kim"]);
    desk.variables["SCHEME"] = "custodians";
    const shareKeysOf = async (...people: readonly string[]): Promise<Readonly<Record<string, string>>> => {
      const read = (name: string) => readFile(path.join(desk.folder, `${name}-share.pem.pub`), "utf8");
      return Object.fromEntries(
        await Promise.all(people.map(async (name) => [name, (await read(name)).trim()] as const)),
      );
    };
    await desk.follow(runbook("first-ceremony"), [
      [
        "init --threshold",
        async () => {
          const shareKeys = await shareKeysOf("mei", "ade", "lin");
          await writeRoster(admin.rosterFile, rosterOf(admin.custodians, { shareKeys }));
        },
      ],
    ]);
    const former = await rootKey(bed, "active", "custodians");
    const [mei, ade] = rosterOf(admin.custodians, { shareKeys: await shareKeysOf("mei", "ade") });
    assert.ok(mei !== undefined && ade !== undefined);
    await writeRoster(admin.rosterFile, [mei, ade]);
    await assert.rejects(desk.type("lin", "keyops status\n"), /may not do this/);
    await desk.follow(runbook("custodian-leaves"), [
      [
        "init --redistribute",
        async () => {
          const { workload, certificatePem } = house.kim;
          const shareKey = (await shareKeysOf("kim"))["kim"] ?? assert.fail("kim made no share key");
          await writeRoster(admin.rosterFile, [mei, ade, { ...mei, name: "kim", workload, certificatePem, shareKey }]);
        },
      ],
      [
        "unseal --share new-shares/mei.share",
        async () => {
          await agent.stop();
          agent = await startKeyAgent({ directory, environment });
        },
      ],
    ]);
    assert.equal(await rootKey(bed, "retired", "custodians"), former);
    assert.equal(await detokenize(bed, token), pan);
  } finally {
    await agent.stop();
    await rm(directory, { recursive: true, force: true });
  }
});

suite("with an HSM", { skip: await whyNoSoftHsm() }, () => {
  test("a dead HSM is left and a new one taken into use as the runbook says", async () => {
    const directory = await mkdtemp(path.join(tmpdir(), "runbook-"));
    const start = async (name: string) => {
      const hsm = await makeSoftHsm(path.join(directory, name));
      return startKeyAgent({ directory, environment: softHsmEnvironment(hsm) });
    };
    let agent = await start("dies");
    try {
      await using house = await openHouse((file) => ({
        VAULT_ADMIN_ROOT_KEYS: `${file},pkcs11:${agent.serviceSocket}`,
        VAULT_ADMIN_CUSTODY_SOCKETS: `pkcs11:${agent.custodySocket}`,
      }));
      const { bed, desk } = house;
      const token = await tokenize(bed);
      await desk.type("mei", ceremony("add-wrap", "scheme=pkcs11"));
      await desk.type("ade", 'keyops approve "$PROPOSAL" --ceremony own.yaml\nkeyops wraps add "$PROPOSAL"\n');
      await agent.kill();
      desk.variables["SCHEME"] = "pkcs11";
      await desk.follow(runbook("hsm-dead"), [["add-wrap", async () => void (agent = await start("new"))]]);
      const former = await rootKey(bed, "retired", "pkcs11");
      assert.notEqual(await rootKey(bed, "active", "pkcs11"), former);
      assert.equal(await detokenize(bed, token), pan);
    } finally {
      await agent.stop();
      await rm(directory, { recursive: true, force: true });
    }
  });
});

interface House extends AsyncDisposable {
  readonly bed: TestBed;
  readonly admin: StandingAdmin;
  readonly desk: Desk;
  /** A custodian to be. */
  readonly kim: Awaited<ReturnType<TestBed["standing"]["pki"]["issue"]>>;
}

/** A vault, its admin process, and a desk where custodians type. `settings` gets the reference of the vault's key file. */
async function openHouse(settings: (keyFile: string) => AdminEnvironment = () => ({})): Promise<House> {
  const bed = await openTestBed();
  const admin = await standUpAdmin(bed.standing, { environment: settings(bed.standing.rootKeys) });
  const kim = await bed.standing.pki.issue("management/custodian-kim");
  const folder = path.join(bed.standing.directory, "desk");
  const custodians = { ...admin.custodians, kim };
  const variables: Record<string, string> = {
    TENANT: harbourCoffee.tenantId,
    TRANSCRIPT_KEY: admin.transcriptPublicKeyFile,
    CUSTODIANS: path.join(folder, "certificates"),
    KEYS: folder,
    OWNER_URL: path.join(folder, "owner-url"),
    AUDITOR_URL: path.join(folder, "auditor-url"),
    VAULT_CHECKPOINT_DIRECTORY: bed.standing.checkpointDirectory,
    CHECKPOINT_KEY: bed.standing.checkpointPublicKeyFile,
    EXPORT: path.join(folder, "audit-export"),
  };
  const desk = await openDesk({ folder, adminUrl: () => admin.admin.url, custodians, variables });
  await writeFile(path.join(folder, "owner-url"), bed.standing.urls.owner, { mode: 0o600 });
  await writeFile(path.join(folder, "auditor-url"), bed.standing.urls.auditor, { mode: 0o600 });
  await mkdir(path.join(folder, "certificates"));
  for (const [name, { certificatePem }] of Object.entries(custodians))
    await writeFile(path.join(folder, "certificates", `${name}.pem`), certificatePem);
  const dispose = async (): Promise<void> => {
    await admin.stop();
    await bed[Symbol.asyncDispose]();
  };
  return { bed, admin, desk, kim, [Symbol.asyncDispose]: dispose };
}

function ceremony(operation: string, ...parameters: readonly string[]): string {
  const given = parameters.map((parameter) => `--param ${parameter}`).join(" ");
  return `keyops ceremony ${operation} ${given} --reason 'What the page begins with.' --out own.yaml
keyops propose --ceremony own.yaml
`;
}

async function handPassphrases({ folder }: Desk, people: readonly string[]): Promise<void> {
  for (const name of people)
    await writeFile(path.join(folder, `${name}-passphrase`), `${randomUUID()}\n`, { mode: 0o600 });
}

async function tokenize(bed: TestBed, tenant: SandboxTenant = harbourCoffee): Promise<string> {
  const capture = await bed.client("capture", tenant);
  const { data } = await capture.POST("/v1/tokens", { body: { card: { pan }, reuse: "single" } });
  return data?.token ?? assert.fail("no token");
}

async function detokenize(
  bed: TestBed,
  token: string,
  tenant: SandboxTenant = harbourCoffee,
): Promise<string | number> {
  const egress = await bed.client("egress", tenant);
  const { data, response } = await egress.POST("/v1/tokens/{token}/detokenize", {
    params: { path: { token } },
    body: { purpose: "refund" },
  });
  return data?.card.pan ?? response.status;
}

/** States of a tenant's versions, the oldest first. */
async function versions({ admin }: TestBed, purpose: string): Promise<readonly string[]> {
  const text = "select state from vault.key_version where tenant_id = $1 and purpose = $2 order by version";
  const { rows } = await admin.query<{ state: string }>(text, [harbourCoffee.tenantId, purpose]);
  return rows.map(({ state }) => state);
}

async function rootKey({ admin }: TestBed, state: string, scheme = "file"): Promise<string> {
  const text = "select root_key_id from vault.root_key where state = $1 and scheme = $2";
  const { rows } = await admin.query<{ root_key_id: string }>(text, [state, scheme]);
  return rows[0]?.root_key_id ?? assert.fail(`no root key of ${scheme} is ${state}`);
}

async function newTenant(bed: TestBed): Promise<SandboxTenant> {
  const passphrase = (await readFile(bed.standing.rootKeyPassphraseFile, "utf8")).trim();
  const rootKeys = await openRootKeys(bed.standing.rootKeys, { passphrase, production: true, now: Date.now });
  const tenant = { tenantId: randomUUID(), name: "Closing Down" };
  const setup = { now: new Date(), build: "test", actor: { workload: "management/setup", clientId: "test" } };
  const database = bed.databaseAs("rotator");
  const { tenantId: id, name } = tenant;
  await provisionTenant(database, rootKeys, { id, name, retentionClasses: defaultRetentionClasses }, setup);
  return tenant;
}

/** The tables that a restore takes back, as of now. The rest of the database stays: what was lost of it is another page. */
async function backUp({ admin }: TestBed): Promise<{ readonly restore: () => Promise<void> }> {
  const tables = ["root_key", "tenant", "key_version", "key_wrap"];
  for (const table of tables) await admin.query(`create table public.backup_${table} as select * from vault.${table}`);
  const restore = async (): Promise<void> => {
    await admin.query("begin");
    await admin.query("set local session_replication_role = replica");
    for (const table of tables) {
      await admin.query(`delete from vault.${table}`);
      await admin.query(`insert into vault.${table} select * from public.backup_${table}`);
      await admin.query(`drop table public.backup_${table}`);
    }
    await admin.query("commit");
  };
  return { restore };
}
