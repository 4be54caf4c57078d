// Keys under load: what callers notice when the data key is replaced every 10 seconds and the root key every 30, and how
// fast rows move from one key to another while their worker is killed. Real processes, dual control, mutual TLS.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import { sandboxTenants } from "@cofferdam/sandbox/callers.ts";
import { carryOut } from "@cofferdam/sandbox/ceremony.ts";
import { softHsmEnvironment, startKeyAgent } from "@cofferdam/sandbox/key-agent-process.ts";
import { startPostgres } from "@cofferdam/sandbox/postgres.ts";
import { createRoles } from "@cofferdam/sandbox/roles.ts";
import { makeSoftHsm } from "@cofferdam/sandbox/soft-hsm.ts";
import { standUpAdmin, type StandingAdmin } from "@cofferdam/sandbox/standing-admin.ts";
import { standUpVault, type StandingVault } from "@cofferdam/sandbox/standing-vault.ts";
import type { MixedPlan, MixedResult } from "./mixed-load.ts";
import { measureReencryption } from "./reencryption.ts";

const help = `Usage: node bench/key-rotation.ts [--seconds <n>] [--rate <n>] [--rows <n>] [--hsm]

  --seconds   length of the load, without and with rotation (default 180; 0 leaves it out)
  --rate      requests a second, half tokenise, half detokenise (default 600)
  --rows      rows to re-encrypt, the worker killed three times meanwhile (default 200000; 0 leaves it out)
  --hsm       the root key lies in a SoftHSM behind the key agent, and not in a file

Exit codes: 0 no error and no wrong card, 1 otherwise.
`;

const fast = "10000000";
const DATA_KEY_EVERY_MS = 10_000;
const ROOT_KEY_EVERY = 3;
const WARM_UP_SECONDS = 10;
const say = (line: string): void => {
  process.stderr.write(`… ${line}\n`);
};

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "180" },
      rate: { type: "string", default: "600" },
      rows: { type: "string", default: "200000" },
      hsm: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  await using cleanup = new AsyncDisposableStack();
  const directory = await mkdtemp(path.join(tmpdir(), "cofferdam-keys-"));
  cleanup.defer(() => rm(directory, { recursive: true, force: true }));
  const cluster = cleanup.use(
    await startPostgres({ directory: path.join(directory, "postgres"), durable: true, log: say }),
  );
  const rootKeys = values.hsm ? await rootKeysInHsm(directory, cleanup) : undefined;
  const urls = await createRoles({ adminUrl: cluster.url, passwordFile: path.join(directory, "passwords.json") });
  const environment = {
    VAULT_RATE_WRITE: fast,
    VAULT_RATE_DETOKENIZE: fast,
    VAULT_RATE_BATCH: "1000000",
    VAULT_RATE_ATTEMPTS: fast,
    VAULT_RATE_TENANT: fast,
  } as const;
  const standing = cleanup.use(
    await standUpVault({
      directory: path.join(directory, "vault"),
      urls,
      environment,
      log: say,
      ...(rootKeys && { rootKeys }),
    }),
  );
  const admin = cleanup.use(await standUpAdmin(standing));
  const adminUrl = new URL(cluster.url);
  adminUrl.pathname = "/cofferdam";
  const scheme = values.hsm ? "pkcs11" : "file";
  let isFine = true;
  if (Number(values.seconds) > 0) {
    const load = { seconds: Number(values.seconds), perSecond: Number(values.rate) };
    isFine = await measureRotation(standing, admin, scheme, load);
  }
  if (Number(values.rows) > 0) {
    const done = await measureReencryption({
      standing,
      admin,
      adminUrl: adminUrl.href,
      rows: Number(values.rows),
      say,
    });
    isFine &&= done;
  }
  return isFine ? 0 : 1;
}

async function rootKeysInHsm(directory: string, cleanup: AsyncDisposableStack): Promise<string> {
  const hsm = await makeSoftHsm(path.join(directory, "hsm"));
  const agent = cleanup.use(
    await startKeyAgent({ directory: path.join(directory, "agent"), environment: softHsmEnvironment(hsm) }),
  );
  return `pkcs11:${agent.serviceSocket}`;
}

/** The same load twice, without and with rotation. False when a request failed or a card was wrong. */
async function measureRotation(
  standing: StandingVault,
  admin: StandingAdmin,
  scheme: string,
  load: { readonly seconds: number; readonly perSecond: number },
): Promise<boolean> {
  say("warming up");
  await mixedLoad(standing, { ...load, seconds: WARM_UP_SECONDS }, 6_000_000);
  say(`load without rotation, ${load.seconds} s`);
  const quiet = await mixedLoad(standing, load, 0);
  say(`load with rotation, ${load.seconds} s`);
  const stopping = new AbortController();
  const rotating = rotateKeys(admin, scheme, stopping.signal);
  const rotated = await mixedLoad(standing, load, 3_000_000);
  stopping.abort();
  const counts = await rotating;
  // A command's table is for standard output.
  // eslint-disable-next-line no-console
  console.table({ "without rotation": quiet, "with rotation": rotated });
  process.stdout.write(
    `${counts.data} data-key and ${counts.root} root-key rotations; p99 ${(rotated.p99 / quiet.p99).toFixed(2)} times that without\n`,
  );
  return [quiet, rotated].every(({ failed, wrong }) => failed === 0 && wrong === 0);
}

async function mixedLoad(
  standing: StandingVault,
  load: { readonly seconds: number; readonly perSecond: number },
  firstCard: number,
): Promise<MixedResult> {
  const credentials = async (caller: "capture" | "egress"): Promise<MixedPlan["capture"]> => {
    const { caPem: ca, certificatePem: cert, keyPem: key } = standing.identities[caller];
    return { ca, cert, key, accessToken: await standing.accessToken(caller, sandboxTenants.harbourCoffee) };
  };
  const plan: MixedPlan = {
    url: standing.vault.url,
    capture: await credentials("capture"),
    egress: await credentials("egress"),
    connections: 8,
    firstCard,
    ...load,
  };
  const running = promisify(execFile)(process.execPath, [path.join(import.meta.dirname, "mixed-load.ts")]);
  running.child.stdin?.end(JSON.stringify(plan));
  return JSON.parse((await running).stdout) as MixedResult;
}

/** Two custodians, again and again. */
async function rotateKeys(
  admin: StandingAdmin,
  scheme: string,
  signal: AbortSignal,
): Promise<{ readonly data: number; readonly root: number }> {
  let [data, root] = [0, 0];
  for (let round = 1; !signal.aborted; round += 1) {
    const startedAtMs = performance.now();
    await carryOut(admin, "rotate-data-key", { tenant_id: sandboxTenants.harbourCoffee.tenantId });
    data += 1;
    if (round % ROOT_KEY_EVERY === 0) {
      await carryOut(admin, "rotate-root-key", { scheme });
      root += 1;
    }
    const restMs = Math.max(0, DATA_KEY_EVERY_MS - (performance.now() - startedAtMs));
    await sleep(restMs, undefined, { signal }).catch(() => undefined);
  }
  return { data, root };
}

process.exitCode = await main();
