// The vault's stand-in here is a small program that tries what the vault must not be able to do.
import assert from "node:assert/strict";
import { mkdir, mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { startVault, type RunningVault, type VaultOptions } from "./vault-process.ts";

let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;

const program = `
  import { execFileSync } from "node:child_process";
  import { readFileSync, writeFileSync } from "node:fs";
  import { createServer } from "node:http";
  const attempts: Record<string, () => unknown> = {
    ownFile: () => readFileSync(process.env["VAULT_TOKEN_KEYS_FILE"] ?? ""),
    rootKey: () => readFileSync((process.env["VAULT_ROOT_KEYS"] ?? "").replace("file:", "")),
    policies: () => readFileSync(process.env["VAULT_CRYPTOPERIODS_FILE"] ?? ""),
    checkpoint: () => writeFileSync(process.env["VAULT_CHECKPOINT_DIRECTORY"] + "/checkpoint", "1"),
    neighboursFile: () => readFileSync(process.cwd() + "/../neighbour.key"),
    ownLog: () => writeFileSync(process.cwd() + "/vault.log", ""),
    program: () => execFileSync("/bin/true"),
    codeFromString: () => eval("1"),
    protoSetter: () => { if (({}).__proto__ === undefined) throw new Error("deleted"); },
    inherited: () => { if (process.env["HOME"] === undefined) throw new Error("absent"); },
  };
  const outcomes = Object.fromEntries(Object.entries(attempts).map(([name, attempt]) => {
    try { attempt(); return [name, "allowed"]; } catch { return [name, "refused"]; }
  }));
  const server = createServer((_request, response) => void response.end(JSON.stringify(outcomes)));
  server.listen(Number(process.env["VAULT_PORT"]), process.env["VAULT_HOST"], () => {
    console.error("a line that is no JSON");
    const { port } = server.address() as { port: number };
    console.log(JSON.stringify({ level: "info", msg: "vault ready", port, ops_port: port }));
  });
  process.on("SIGTERM", () => process.exit(7));
`;

before(async () => {
  folder = await mkdtempDisposable(path.join(tmpdir(), "cofferdam-test-"));
  await mkdir(path.join(folder.path, "checkpoints"));
  await mkdir(path.join(folder.path, "program"));
  await writeFile(path.join(folder.path, "program/main.ts"), program);
  for (const name of ["keys.json", "root.key", "neighbour.key"]) await writeFile(path.join(folder.path, name), "{}");
});

after(() => folder.remove());

test("may do what the vault needs and nothing else", async () => {
  await using vault = await start();
  const answer = await fetch(vault.opsUrl);
  assert.deepEqual(await answer.json(), {
    ownFile: "allowed",
    rootKey: "allowed",
    policies: "allowed",
    checkpoint: "allowed",
    neighboursFile: "refused",
    ownLog: "refused",
    program: "refused",
    codeFromString: "refused",
    protoSetter: "refused",
    inherited: "refused",
  });
});

test("leaves no core image unless allowed to", async () => {
  for (const [coreDumps, limit] of [
    [false, "0"],
    [true, "unlimited"],
  ] as const) {
    await using vault = await start({ coreDumps });
    const limits = await readFile(`/proc/${vault.pid}/limits`, "utf8");
    assert.equal(/^Max core file size +(\S+)/m.exec(limits)?.[1], limit);
  }
});

test("ends by SIGTERM with its own exit code, keeps all its output, and may be stopped twice", async () => {
  const vault = await start();
  assert.deepEqual(await vault.stop(), { code: 7, signal: null });
  assert.deepEqual(await vault.stop(), { code: 7, signal: null });
  const log = await readFile(vault.logFile, "utf8");
  assert.match(log, /a line that is no JSON/);
  assert.match(log, /vault ready/);
  assert.doesNotMatch(log, /Warning/);
});

test("can be killed", async () => {
  const vault = await start();
  assert.deepEqual(await vault.kill(), { code: null, signal: "SIGKILL" });
  assert.deepEqual(await vault.exited, { code: null, signal: "SIGKILL" });
});

test("says why it did not start", async () => {
  const broken = path.join(folder.path, "program/broken.ts");
  await writeFile(broken, `throw new Error("VAULT_ROOT_KEYS is not set");`);
  await assert.rejects(start({ program: broken }), /ended at start[\s\S]*VAULT_ROOT_KEYS is not set/);
});

test("is not left running when it is not ready in time", async () => {
  const silent = path.join(folder.path, "program/silent.ts");
  await writeFile(silent, `console.log("process", process.pid); setInterval(() => {}, 1000);`);
  const late = start({ program: silent, readyWithinMs: 1_000 });
  const error = await late.then(
    () => assert.fail("it started"),
    (reason: unknown) => String(reason),
  );
  assert.match(error, /not ready after 1000 ms/);
  const pid = Number(/process (\d+)/.exec(error)?.[1]);
  assert(pid > 0);
  assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
});

function start(options: Partial<VaultOptions> = {}): Promise<RunningVault> {
  const place = (name: string): string => path.join(folder.path, name);
  return startVault({
    directory: place("vault"),
    program: place("program/main.ts"),
    readPaths: [place("program")],
    environment: {
      VAULT_TOKEN_KEYS_FILE: place("keys.json"),
      VAULT_ROOT_KEYS: `file:${place("root.key")}`,
      VAULT_CHECKPOINT_DIRECTORY: place("checkpoints"),
    },
    ...options,
  });
}
