// Measures the vault as its callers meet it (mutual TLS, bound access token, row-level security, audit in the same
// transaction) against PostgreSQL alone writing the same rows, in the same run. What counts is the ratio.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import { sandboxTenants } from "@cofferdam/sandbox/callers.ts";
import { startPostgres } from "@cofferdam/sandbox/postgres.ts";
import { createRoles } from "@cofferdam/sandbox/roles.ts";
import { standUpVault, type StandingVault } from "@cofferdam/sandbox/standing-vault.ts";
import { measureBaseline, type Baseline } from "./baseline.ts";
import type { LoadPlan, LoadResult } from "./load.ts";

const help = `Usage: make bench, or node bench/run.ts [--seconds <n>] [--rounds <n>] [--connections <n>] [--json <file>]

  --seconds      length of each measurement (default 8)
  --rounds       the medians of so many rounds are shown (default 3)
  --connections  clients at the same time (default 32)
  --json         where figures go (default bench/results/<time>.json)
`;

interface Round {
  readonly baseline: Baseline;
  readonly tokenize: LoadResult;
  readonly detokenize: LoadResult;
  readonly vaultMemoryMb: number;
}

const fast = "10000000";
const repository = path.resolve(import.meta.dirname, "..");
const say = (line: string): void => {
  process.stderr.write(`… ${line}\n`);
};

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "8" },
      rounds: { type: "string", default: "3" },
      connections: { type: "string", default: "32" },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const [seconds, rounds, connections] = [Number(values.seconds), Number(values.rounds), Number(values.connections)];
  const directory = await mkdtemp(path.join(tmpdir(), "cofferdam-bench-"));
  try {
    await using cluster = await startPostgres({ directory: path.join(directory, "postgres"), durable: true, log: say });
    const urls = await createRoles({ adminUrl: cluster.url, passwordFile: path.join(directory, "passwords.json") });
    const environment = {
      VAULT_RATE_WRITE: fast,
      VAULT_RATE_DETOKENIZE: fast,
      VAULT_RATE_ATTEMPTS: fast,
      VAULT_RATE_TENANT: fast,
    } as const;
    await using standing = await standUpVault({
      directory: path.join(directory, "vault"),
      urls,
      environment,
      log: say,
    });
    const adminUrl = new URL(cluster.url);
    adminUrl.pathname = "/cofferdam";
    const measured: Round[] = [];
    for (let round = 0; round < rounds; round += 1) {
      say(`round ${round + 1} of ${rounds}`);
      measured.push(
        await measureRound(standing, adminUrl.href, { seconds, connections, firstCard: round * 3_000_000 }),
      );
    }
    await report(measured, values.json, { seconds, connections });
    return measured.some(({ tokenize, detokenize }) => tokenize.failed + detokenize.failed > 0) ? 1 : 0;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function measureRound(
  standing: StandingVault,
  adminUrl: string,
  options: { readonly seconds: number; readonly connections: number; readonly firstCard: number },
): Promise<Round> {
  const baseline = await measureBaseline(adminUrl, options);
  if (baseline === null) throw new Error("pgbench is not installed: the Debian package postgresql brings it");
  const credentials = async (caller: "capture" | "egress"): Promise<LoadPlan["capture"]> => {
    const { caPem: ca, certificatePem: cert, keyPem: key } = standing.identities[caller];
    return { ca, cert, key, accessToken: await standing.accessToken(caller, sandboxTenants.harbourCoffee) };
  };
  const plan: LoadPlan = {
    url: standing.vault.url,
    capture: await credentials("capture"),
    egress: await credentials("egress"),
    warmUpSeconds: 2,
    ...options,
  };
  const load = promisify(execFile)(process.execPath, [path.join(import.meta.dirname, "load.ts")]);
  load.child.stdin?.end(JSON.stringify(plan));
  const { stdout } = await load;
  const [tokenize, detokenize] = JSON.parse(stdout) as [LoadResult, LoadResult];
  return { baseline, tokenize, detokenize, vaultMemoryMb: await residentMb(standing.vault.pid) };
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? NaN) / 1_024;
}

async function report(rounds: readonly Round[], file: string | undefined, settings: object): Promise<void> {
  const row = (operation: "tokenize" | "detokenize"): Record<string, number> => {
    const baseline = median(rounds.map((round) => round.baseline[`${operation}PerSecond`]));
    const perSecond = median(rounds.map((round) => round[operation].perSecond));
    return {
      "per second": Math.round(perSecond),
      "pgbench, same rows": Math.round(baseline),
      ratio: Number(
        median(rounds.map((round) => round[operation].perSecond / round.baseline[`${operation}PerSecond`])).toFixed(2),
      ),
      "p50 ms": Number(median(rounds.map((round) => round[operation].p50)).toFixed(2)),
      "p99 ms": Number(median(rounds.map((round) => round[operation].p99)).toFixed(2)),
      failed: rounds.reduce((sum, round) => sum + round[operation].failed, 0),
    };
  };
  const table = { tokenize: row("tokenize"), detokenize: row("detokenize") };
  // A command's table is for standard output.
  // eslint-disable-next-line no-console
  console.table(table);
  process.stdout.write(
    `vault memory ${Math.round(median(rounds.map((round) => round.vaultMemoryMb)))} MB; medians of ${rounds.length} rounds\n`,
  );
  const { stdout: commit } = await promisify(execFile)("git", ["rev-parse", "HEAD"], { cwd: repository }).catch(() => ({
    stdout: "unknown",
  }));
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
  const target =
    file ?? path.join(import.meta.dirname, "results", `${new Date().toISOString().replaceAll(":", "-")}.json`);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, `${JSON.stringify({ commit: commit.trim(), machine, settings, table, rounds }, null, 2)}\n`);
  process.stdout.write(`figures: ${path.relative(process.cwd(), target)}\n`);
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN;
}

process.exitCode = await main();
