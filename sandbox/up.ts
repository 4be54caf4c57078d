// `make up` and `make demo`: the whole vault on this machine, from nothing to a first token.
import path from "node:path";
import { parseArgs, styleText } from "node:util";
import { sandboxTenants, type sandboxCallers } from "./callers.ts";
import { keepCurlFiles } from "./curl-files.ts";
import { writeCustodianProfiles } from "./custodian-profiles.ts";
import { journeyOver } from "./journey.ts";
import { startPostgres } from "./postgres.ts";
import { makePrivateDirectory } from "./private-file.ts";
import { printJourney } from "./print-journey.ts";
import type { AdminEnvironment } from "./admin-process.ts";
import { createRoles } from "./roles.ts";
import { standUpAdmin } from "./standing-admin.ts";
import { standUpVault, type StandingVault } from "./standing-vault.ts";
import type { VaultEnvironment } from "./vault-process.ts";

const help = `Stands up a vault on this machine and shows its main job with published test cards.

Usage:
  make up      stays up until Ctrl-C        make demo    shows the journey and ends

Options of node sandbox/up.ts:
  --demo               end after the journey: exit 0 when every step held, 1 otherwise
  --state <folder>     where everything is kept (default .sandbox)
  --port <port>        port of the vault (default 8443, and 8444 for its admin process; otherwise, and with --demo, any
                       free ones)
  --help

Environment:
  DATABASE_URL         a superuser's URL of a PostgreSQL of your own, instead of the embedded one
`;

const ownDatabase = process.env["DATABASE_URL"] || undefined;
const repository = path.resolve(import.meta.dirname, "..");
const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const progress = (line: string): void => {
  print(styleText("dim", `… ${line}`));
};

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      demo: { type: "boolean", default: false },
      state: { type: "string", default: path.join(repository, ".sandbox") },
      port: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  // Before anything starts, so that Ctrl-C at any moment ends what was started.
  const interrupted = firstInterrupt();
  const state = await makePrivateDirectory(values.demo ? path.join(values.state, "demo") : values.state);
  const ports = portsFor(values);
  await using cluster = await databaseFor(state);
  const urls = await createRoles({ adminUrl: cluster.url, passwordFile: path.join(state, "database-passwords.json") });
  await using standing = await standUpVault({ directory: state, urls, environment: ports.vault, log: progress });
  progress("starting the admin process");
  await using admin = await standUpAdmin(standing, { environment: ports.admin });
  print("");
  const steps = await journeyOver(standing, admin, { holdsDatabase: ownDatabase === undefined });
  const isFine = await printJourney(steps, print);
  if (values.demo || !isFine) return isFine ? 0 : 1;
  await using curl = await keepCurlFiles(standing, state);
  printInvitation(standing, curl.directory);
  printCustodians(admin.admin.url, await writeCustodianProfiles(admin, state));
  const ended = await Promise.race([interrupted, standing.vault.exited.then(() => "the vault ended by itself")]);
  print(`\n${ended}: stopping`);
  return ended === "interrupted" ? 0 : 1;
}

interface Ports {
  readonly vault: VaultEnvironment;
  readonly admin: AdminEnvironment;
}

/** The usual ones, unless somebody asked for another or nobody will type them. */
function portsFor({ demo, port }: { readonly demo: boolean; readonly port?: string | undefined }): Ports {
  if (demo) return { vault: {}, admin: {} };
  if (port !== undefined) return { vault: { VAULT_PORT: port, VAULT_OPS_PORT: "0" }, admin: {} };
  return {
    vault: { VAULT_PORT: "8443", VAULT_OPS_PORT: "9443" },
    admin: { VAULT_ADMIN_PORT: "8444", VAULT_ADMIN_OPS_PORT: "9444" },
  };
}

/** The embedded PostgreSQL, a cluster of the card-data environment's own; or the one that DATABASE_URL names. */
async function databaseFor(
  state: string,
): Promise<{ readonly url: string; readonly [Symbol.asyncDispose]: () => PromiseLike<void> }> {
  if (ownDatabase !== undefined) return { url: ownDatabase, [Symbol.asyncDispose]: () => Promise.resolve() };
  return startPostgres({ directory: path.join(state, "postgres"), durable: true, log: progress });
}

function printInvitation({ vault, checkpointDirectory }: StandingVault, curlFiles: string): void {
  const curl = (caller: keyof typeof sandboxCallers): string =>
    `curl -K ${relative(path.join(curlFiles, `${caller}.curl`))}`;
  print(`
${styleText("bold", "The vault is up.")}
  API          ${vault.url}        (mutual TLS and access tokens)
  metrics      ${vault.opsUrl}/metrics
  log          ${relative(vault.logFile)}
  checkpoints  ${relative(checkpointDirectory)}
  callers      ${relative(curlFiles)}/*.curl   certificates and fresh tokens for ${sandboxTenants.harbourCoffee.name}

${styleText("bold", "Your first token:")}
  ${curl("capture")} ${vault.url}/v1/tokens -d '{"card":{"pan":"4242424242424242"}}'

${styleText("bold", "Then, with the token that came back:")}
  ${curl("payment")} ${vault.url}/v1/tokens/$TOKEN
  ${curl("egress")} ${vault.url}/v1/tokens/$TOKEN/detokenize -d '{"purpose":"authorization"}'
  ${curl("payment")} ${vault.url}/v1/tokens/$TOKEN/detokenize -d '{"purpose":"authorization"}'    (refused, and says why)`);
}

function printCustodians(url: string, profiles: string): void {
  print(`
${styleText("bold", "Its keys, and the people who may change them:")}
  admin plane  ${url}        (mutual TLS; the custodians mei, ade and lin)
  keyops       KEYOPS_PROFILE=${relative(path.join(profiles, "mei.yaml"))} node_modules/.bin/node cde/keyops/main.ts status

Ctrl-C stops everything.`);
}

function relative(file: string): string {
  return path.relative(process.cwd(), file) || ".";
}

function firstInterrupt(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.on(signal, () => {
        resolve("interrupted");
      });
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`sandbox: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
