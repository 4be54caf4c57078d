// The way into production: what a deployer runs before the first vault starts, on a database where nothing is yet.
import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from "node:crypto";
import { mkdtempDisposable, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { DatabaseError } from "pg";
import { alone, asAdmin } from "../admin-client.ts";
import { settingArguments } from "../postgres-settings.ts";
import { roleNames, type Role } from "../roles.ts";
import { createTestDatabase } from "../test-database.ts";
import { runSetup, type SetupAnswer } from "./setup-command.ts";

const repository = path.resolve(import.meta.dirname, "../..");
const clusterUrl = process.env["TEST_DATABASE_URL"];
if (clusterUrl === undefined) throw new Error("TEST_DATABASE_URL names no cluster: run `make test`, or `npm test`");
const adminUrl = clusterUrl;
const folder = await mkdtempDisposable(path.join(tmpdir(), "setup-"));
const database = await createTestDatabase({
  adminUrl,
  passwordFile: path.join(process.env["TEST_EVIDENCE_DIRECTORY"] ?? tmpdir(), "database-passwords.json"),
  template: "nothing",
  migrate: () => Promise.resolve(),
});
after(async () => {
  await database.drop();
  await folder.remove();
});

const inFolder = (name: string): string => path.join(folder.path, name);
const passphrase = randomBytes(24).toString("base64url");
const secrets = [passphrase, ...Object.values(database.urls).map((url) => new URL(url).password)];
await writeFile(inFolder("passphrase"), `${passphrase}\n`);
for (const [role, url] of Object.entries(database.urls)) await writeFile(inFolder(`${role}-url`), `${url}\n`);

const setup = (args: readonly string[]): Promise<SetupAnswer> => runSetup(args, {}, secrets);

const rootKey = ["--root-keys", `file:${inFolder("root-key.json")}`, "--passphrase-file", inFolder("passphrase")];
const tenant = ["--id", "33333333-3333-4333-8333-333333333333", "--name", "Quay Tea"];
const asRotator = ["--database-url-file", inFolder("rotator-url")];

const roles = Object.keys(roleNames) as Role[];
const attributes = "rolcanlogin, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication, rolinherit";

/** The plain SQL of the script before and after the database is made, with passwords in place of psql's variables. */
function sqlOf(script: string): { readonly cluster: string; readonly database: string } {
  const [before = "", afterwards = ""] = script.split(/^select 'create database [^]*?^\\connect .*$/m);
  const plain = before
    .replace(/^\\set .*$/m, "")
    .replace(/^(?:begin|commit);$/gm, "")
    .replace(/:'(\w+)_password'/g, "'$1-password'");
  return { cluster: plain, database: afterwards };
}

test("the printed SQL makes exactly the logins that the sandbox has, whatever they were before", async () => {
  const { code, stdout } = await setup(["roles", "--print", "--database", database.name]);
  assert.equal(code, 0);
  const sql = sqlOf(stdout);
  await asAdmin(adminUrl, (client) =>
    alone(client, async () => {
      await client.query("begin");
      try {
        for (const role of roles) {
          await client.query(
            `alter role ${roleNames[role]} superuser bypassrls createdb createrole replication inherit`,
          );
        }
        await client.query(sql.cluster);
        const { rows } = await client.query({
          text: `select rolname, ${attributes} from pg_roles where rolname = any($1) order by rolname`,
          values: [Object.values(roleNames)],
          rowMode: "array",
        });
        const login = [true, false, false, false, false, false, false];
        assert.deepEqual(
          rows,
          Object.values(roleNames)
            .toSorted()
            .map((name) => [name, ...login]),
        );
      } finally {
        await client.query("rollback");
      }
    }),
  );
});

test("the printed SQL closes the database to everybody but the logins, and names it", async () => {
  const { stdout } = await setup(["roles", "--print", "--database", database.name]);
  assert.match(stdout, new RegExp(`create database "${database.name}" owner cofferdam_owner`));
  await asAdmin(
    adminUrl,
    async (client) => {
      await client.query(`grant all on database ${database.name} to public`);
      await client.query(sqlOf(stdout).database);
      const { rows } = await client.query<{ readonly access: string }>(
        "select datacl::text as access from pg_database where datname = current_database()",
      );
      assert.doesNotMatch(rows[0]?.access ?? "", /[{,]=/);
      for (const name of Object.values(roleNames))
        assert.match(rows[0]?.access ?? "", new RegExp(`${name}=[a-zA-Z]*c`));
    },
    database.name,
  );
});

test("a database name that would be more than a name is refused", async () => {
  assert.equal((await setup(["roles", "--print", "--database", 'x"; drop role postgres; --'])).code, 2);
});

test("migrations run, and run again", async () => {
  for (const time of ["first", "second"]) {
    const answer = await setup(["migrate", "--database-url-file", inFolder("owner-url"), "--json"]);
    assert.deepEqual([answer.code, answer.stderr], [0, ""], time);
    assert.deepEqual(JSON.parse(answer.stdout), { ok: true, done: "migrations applied" });
  }
});

test("a login that may not migrate changes nothing", async () => {
  const answer = await setup(["migrate", "--database-url-file", inFolder("api-url"), "--json"]);
  assert.equal(answer.code, 1);
  assert.equal((JSON.parse(answer.stdout) as { ok: boolean }).ok, false);
});

test("a root key is made once, sealed, and readable by its owner alone", async () => {
  const make = ["root-key", "--out", inFolder("root-key.json"), "--passphrase-file", inFolder("passphrase")];
  assert.equal((await setup(make)).code, 0);
  const made = await readFile(inFolder("root-key.json"), "utf8");
  assert.equal((await stat(inFolder("root-key.json"))).mode & 0o777, 0o600);
  assert.equal((await setup(make)).code, 1);
  assert.equal(await readFile(inFolder("root-key.json"), "utf8"), made);
});

test("a checkpoint key is a pair that signs and verifies, the private half for its owner alone", async () => {
  const make = ["checkpoint-key", "--out", inFolder("checkpoint.pem"), "--public-out", inFolder("checkpoint.pub.pem")];
  const answer = await setup([...make, "--json"]);
  assert.deepEqual(JSON.parse(answer.stdout), { ok: true, done: "checkpoint key made" });
  const privatePem = await readFile(inFolder("checkpoint.pem"), "utf8");
  const publicPem = await readFile(inFolder("checkpoint.pub.pem"), "utf8");
  const signature = sign(null, Buffer.from("text"), createPrivateKey(privatePem));
  assert.ok(verify(null, Buffer.from("text"), createPublicKey(publicPem), signature));
  assert.equal(createPublicKey(publicPem).asymmetricKeyType, "ed25519");
  assert.equal((await stat(inFolder("checkpoint.pem"))).mode & 0o777, 0o600);
  assert.equal((await stat(inFolder("checkpoint.pub.pem"))).mode & 0o777, 0o644);
  assert.equal((await setup(make)).code, 1);
  assert.equal(await readFile(inFolder("checkpoint.pem"), "utf8"), privatePem);
});

test("a checkpoint key whose public half cannot be written leaves no private half behind", async () => {
  const make = ["checkpoint-key", "--out", inFolder("other.pem"), "--public-out", inFolder("checkpoint.pub.pem")];
  assert.equal((await setup(make)).code, 1);
  await assert.rejects(stat(inFolder("other.pem")), { code: "ENOENT" });
});

test("a tenant is created once, and saying so again is no error", async () => {
  const create = ["tenant", ...asRotator, ...rootKey, ...tenant];
  assert.deepEqual(await setup(create), { code: 0, stdout: "tenant created\n", stderr: "" });
  assert.deepEqual(await setup(create), { code: 0, stdout: "tenant exists already\n", stderr: "" });
  const { rows } = await asAdmin(
    adminUrl,
    (client) => client.query("select from vault.key_version where tenant_id = $1", [tenant[1]]),
    database.name,
  );
  assert.equal(rows.length, 3);
});

test("a login or a passphrase that is wrong fails, and nothing of it is repeated", async () => {
  const wrongUrl = new URL(database.urls.rotator);
  wrongUrl.password = "not-the-password-of-anybody";
  secrets.push(wrongUrl.password, "a passphrase of somebody else");
  await writeFile(inFolder("wrong-url"), wrongUrl.href);
  await writeFile(inFolder("wrong-passphrase"), "a passphrase of somebody else");
  const keyAt = rootKey.slice(0, 2);
  const attempts = [
    ["tenant", "--database-url-file", inFolder("wrong-url"), ...rootKey, ...tenant],
    ["tenant", ...asRotator, ...keyAt, "--passphrase-file", inFolder("wrong-passphrase"), ...tenant],
  ];
  for (const attempt of attempts) assert.equal((await setup(attempt)).code, 1);
  await assert.rejects(
    asAdmin(wrongUrl.href, () => Promise.resolve()),
    DatabaseError,
  );
});

for (const wrong of [
  [],
  ["nothing"],
  ["migrate"],
  ["roles"],
  ["migrate", "tenant"],
  ["root-key", "--out", "x", "--passphrase", "in the open"],
  ["checkpoint-key", "--out", "x"],
  ["tenant", ...asRotator, ...rootKey, "--id", "NOT-A-UUID", "--name", "x"],
  ["flags"],
  ["flags", "--program", "cellar"],
]) {
  test(`wrong usage is told from failure: setup.ts ${wrong.slice(0, 2).join(" ")}`, async () => {
    const answer = await setup(wrong);
    assert.deepEqual([answer.code, answer.stdout], [2, ""]);
    assert.match(answer.stderr, /^setup: /);
    const { ok, error } = JSON.parse((await setup([...wrong, "--json"])).stdout) as { ok: boolean; error: string };
    assert.deepEqual([ok, answer.stderr.includes(error)], [false, true]);
  });
}

test("help fits on a screen and names every command and exit code", async () => {
  const { code, stdout } = await setup(["--help"]);
  assert.equal(code, 0);
  assert.ok(stdout.split("\n").length <= 50);
  for (const word of [
    "roles",
    "migrate",
    "root-key",
    "checkpoint-key",
    "transcript-key",
    "tenant",
    "flags",
    "--json",
  ]) {
    assert.ok(stdout.includes(word), word);
  }
  assert.match(stdout, /Exit codes: 0 .*1 .*2 /s);
});

test("the runbook asks for every setting that keeps cards out of PostgreSQL's log", async () => {
  const runbook = await readFile(path.join(repository, "docs/runbooks/first-deployment.md"), "utf8");
  const settings = settingArguments({ port: 1, socketDirectory: null, durable: true });
  const silent = settings.filter((setting) => setting.startsWith("log_") && !setting.startsWith("log_timezone"));
  assert.ok(silent.length >= 10);
  for (const setting of [...silent, "synchronous_commit=on", "password_encryption=scram-sha-256"]) {
    const [name = "", value = ""] = setting.split("=");
    assert.ok(runbook.includes(`${name} = ${/^-?\d+$|^on$|^off$/.test(value) ? value : `'${value}'`}`), name);
  }
});
