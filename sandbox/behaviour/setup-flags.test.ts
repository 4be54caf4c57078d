// With which flags of Node the processes of a deployment start: what `setup.ts flags` prints for their settings.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { runSetup, type SetupAnswer } from "./setup-command.ts";

const execute = promisify(execFile);
const folder = await mkdtempDisposable(path.join(tmpdir(), "setup-flags-"));
after(() => folder.remove());
const inFolder = (name: string): string => path.join(folder.path, name);
const password = "the-password-of-a-login";
const urlFile = inFolder("url");
const tls = "sslmode=verify-full&sslrootcert=/etc/cofferdam/database-ca.pem";
await writeFile(urlFile, `postgresql://cofferdam_api:${password}@db.example.test/cofferdam?${tls}`);

const adminEnvironment = {
  VAULT_ADMIN_DATABASE_URL_FILE: urlFile,
  VAULT_ADMIN_TLS_CERT_FILE: urlFile,
  VAULT_ADMIN_TLS_KEY_FILE: urlFile,
  VAULT_ADMIN_TLS_CA_FILE: urlFile,
  VAULT_ADMIN_TRUST_DOMAIN: "example.test",
  VAULT_ADMIN_CUSTODIANS_FILE: urlFile,
  VAULT_ADMIN_ROOT_KEYS: `file:${inFolder("keys/root-key.json")}, awskms:eu-central-1/vault`,
  VAULT_ADMIN_TRANSCRIPT_KEY_FILE: urlFile,
  VAULT_ADMIN_JOURNAL_FILE: inFolder("journal/shares"),
};

function setup(args: readonly string[], settings: Readonly<Record<string, string>>): Promise<SetupAnswer> {
  return runSetup(args, settings, [password]);
}

/** The paths that flags of one kind name, in their order. */
function pathsIn(stdout: string, flag: string): readonly string[] {
  return [...stdout.matchAll(new RegExp(`^--${flag}=(.*?)  +#`, "gm"))].map(([, found = ""]) => found);
}

test("the flags let the vault read the files of its settings, those of its database URL too, and write checkpoints", async () => {
  const settings = {
    VAULT_DATABASE_URL_FILE: urlFile,
    VAULT_TLS_CERT_FILE: urlFile,
    VAULT_TLS_KEY_FILE: urlFile,
    VAULT_TLS_CA_FILE: urlFile,
    VAULT_TRUST_DOMAIN: "example.test",
    VAULT_TOKEN_ISSUER: "https://identity.example.test",
    VAULT_TOKEN_AUDIENCE: "https://vault.example.test",
    VAULT_TOKEN_KEYS_FILE: urlFile,
    VAULT_ROOT_KEYS: `file:${inFolder("root-key.json")}`,
    VAULT_CHECKPOINT_KEY_FILE: urlFile,
    VAULT_CHECKPOINT_DIRECTORY: inFolder("check points"),
  };
  const { stdout } = await setup(["flags"], settings);
  const flags = stdout.trim().split("\n");
  assert.ok(flags.every((line) => /^--\S.* # \S/.test(line)));
  const expected = [
    "--permission",
    "--allow-net",
    "--disallow-code-generation-from-strings",
    "--disable-proto=delete",
    "--disable-sigusr1",
    `--allow-fs-read=${urlFile}`,
    "--allow-fs-read=/etc/cofferdam/database-ca.pem",
    `--allow-fs-read=${inFolder("root-key.json")}`,
    `--allow-fs-write=${inFolder("check points")}`,
  ];
  for (const flag of expected)
    assert.ok(
      flags.some((line) => line.startsWith(`${flag} `)),
      flag,
    );
  const command = await setup(["flags", "--print-command"], settings);
  assert.match(
    command.stdout,
    /^\S*node --permission .*'--allow-fs-write=[^']*check points' .*cde\/vault\/main\.ts\n$/,
  );
  const { ok, command: same } = JSON.parse((await setup(["flags", "--json"], settings)).stdout) as Record<
    string,
    unknown
  >;
  assert.deepEqual([ok, same], [true, command.stdout.trim()]);
});

test("the flags of the admin process let it replace root key files and write its journal", async () => {
  const { stdout } = await setup(["flags", "--program", "admin"], adminEnvironment);
  assert.deepEqual(pathsIn(stdout, "allow-fs-write"), [inFolder("journal/shares"), inFolder("keys")]);
  for (const file of [urlFile, inFolder("keys"), "/etc/cofferdam/database-ca.pem"]) {
    assert.ok(pathsIn(stdout, "allow-fs-read").includes(file), file);
  }
  const command = await setup(["flags", "--program", "admin", "--print-command"], adminEnvironment);
  assert.match(command.stdout, /^\S*node --permission .*cde\/vault\/admin\/main\.ts\n$/);
});

test("credentials of a cloud may be read when a store of root keys is there, and only those of that cloud", async () => {
  const credentials = {
    AWS_WEB_IDENTITY_TOKEN_FILE: "/var/run/secrets/aws-token",
    AWS_CONFIG_FILE: "/etc/cofferdam/aws-config",
    AZURE_FEDERATED_TOKEN_FILE: "/var/run/secrets/azure-token",
  };
  const readBy = async (rootKeys: string): Promise<readonly string[]> => {
    const settings = { ...adminEnvironment, ...credentials, VAULT_ADMIN_ROOT_KEYS: rootKeys };
    const { stdout } = await setup(["flags", "--program", "admin"], settings);
    return pathsIn(stdout, "allow-fs-read").filter((file) => Object.values(credentials).includes(file));
  };
  assert.deepEqual(await readBy("awskms:eu-central-1/vault"), [
    credentials.AWS_CONFIG_FILE,
    credentials.AWS_WEB_IDENTITY_TOKEN_FILE,
  ]);
  assert.deepEqual(await readBy("azurekeyvault:https://vault.example.test"), [credentials.AZURE_FEDERATED_TOKEN_FILE]);
  assert.deepEqual(await readBy("pkcs11:/run/agent.sock"), []);
});

test("a folder that holds another permitted file can be listed all the same", async () => {
  const policies = inFolder("policies");
  await mkdir(policies);
  await writeFile(path.join(policies, "cryptoperiods.yaml"), "x");
  const settings = {
    ...adminEnvironment,
    VAULT_ADMIN_CRYPTOPERIODS_FILE: path.join(policies, "cryptoperiods.yaml"),
    VAULT_ADMIN_POLICY_DIRECTORY: policies,
  };
  const { stdout } = await setup(["flags", "--program", "admin", "--json"], settings);
  const { flags } = JSON.parse(stdout) as { readonly flags: readonly { readonly flag: string }[] };
  const program = `process.stdout.write(require("node:fs").readdirSync(${JSON.stringify(policies)}).join())`;
  const listed = await execute(process.execPath, [...flags.map(({ flag }) => flag), "-e", program]);
  assert.equal(listed.stdout, "cryptoperiods.yaml");
});

test("a folder whose name another path goes on with is refused: Node would not let the process list it", async () => {
  const settings = {
    ...adminEnvironment,
    VAULT_ADMIN_POLICY_DIRECTORY: inFolder("policies"),
    VAULT_ADMIN_CUSTODIANS_FILE: inFolder("policies-of-yore.yaml"),
  };
  await writeFile(inFolder("policies-of-yore.yaml"), "x");
  const { code, stderr } = await setup(["flags", "--program", "admin"], settings);
  assert.equal(code, 2);
  assert.match(stderr, /VAULT_ADMIN_POLICY_DIRECTORY names a folder, and another path begins with its name/);
});
