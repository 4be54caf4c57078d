import assert from "node:assert/strict";
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Readable, Writable } from "node:stream";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { generateCards } from "./generated-cards.ts";
import { createPanSearch, type Finding } from "./pan-search.ts";
import { huntProcess, readProcessMemory } from "./process-memory.ts";

// Index 0: what a child keeps in a string. 1: in a Buffer. 2: nowhere.
const cards = generateCards(3, 40);
const search = createPanSearch(cards);

/**
 * Keeps the first file's content as a string and the second's in memory outside the heap, where the garbage collector
 * makes no copies; wipes the latter when told to.
 */
const holder = `
  const { openSync, readFileSync, readSync } = require("node:fs");
  const [stringFile, bufferFile] = process.argv.slice(1);
  globalThis.kept = readFileSync(stringFile, "latin1");
  const held = Buffer.allocUnsafeSlow(4096);
  readSync(openSync(bufferFile), held);
  process.stdin.once("data", () => { held.fill(0); process.stdout.write("wiped"); });
  process.stdout.write("holds");
`;

interface Child extends AsyncDisposable {
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  readonly pid: number;
}

/** A Node process that ends at the end of the scope. */
async function startNode(script: string, args: readonly string[] = []): Promise<Child> {
  const child = spawn(process.execPath, ["-e", script, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  await once(child, "spawn");
  const end = async (): Promise<void> => {
    const ended = once(child, "exit");
    if (child.kill("SIGKILL")) await ended;
  };
  return { process: child, pid: child.pid ?? 0, [Symbol.asyncDispose]: end };
}

const indices = (findings: readonly Finding[]): readonly number[] =>
  [0, 1, 2].filter((index) => findings.some(({ pan }) => pan.endsWith(`(card ${index})`)));

test("finds the numbers that a process holds, and not the one that it wiped", async () => {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), "cofferdam-"));
  const files = ["string", "buffer"].map((name) => path.join(folder.path, name));
  for (const [index, file] of files.entries()) await writeFile(file, cards[index] ?? "");
  await using child = await startNode(holder, files);
  await once(child.process.stdout, "data");
  assert.deepEqual(indices(await huntProcess(child.pid, search)), [0, 1]);

  child.process.stdin.write("wipe");
  await once(child.process.stdout, "data");
  assert.deepEqual(indices(await huntProcess(child.pid, search)), [0]);
});

test("reports the address at which a number lies, once for each copy", async () => {
  // Written in reverse, so that the child's argument is none of the copies.
  const script = `
    const reversed = Array.from(process.argv[1]).reverse().join("");
    globalThis.copies = Buffer.alloc(3_000_000);
    for (let copy = 0; copy < 1000; copy++) copies.write(reversed, 3000 * copy);
    process.stdin.resume();
    process.stdout.write("holds");
  `;
  await using child = await startNode(script, [cards[2] ?? ""]);
  await once(child.process.stdout, "data");
  const reversed = createPanSearch(cards.slice(2), { forms: ["reversed"] });
  const findings = await huntProcess(child.pid, reversed);
  const addresses = findings.map(({ offset }) => offset).sort((one, other) => one - other);
  const distances = addresses.slice(1).map((address, index) => address - (addresses[index] ?? 0));
  assert.equal(distances.filter((distance) => distance === 3000).length, 999);
  assert.ok(!distances.includes(0));
});

test("overlaps chunks that lie together", async () => {
  const script = "globalThis.big = Buffer.alloc(3_000_000, 1); process.stdin.resume(); process.stdout.write('holds')";
  await using child = await startNode(script);
  await once(child.process.stdout, "data");
  let overlaps = 0;
  let end = 0n;
  for await (const { address, bytes } of readProcessMemory(child.pid)) {
    if (address === end - 4096n) overlaps++;
    assert.ok(address >= end || address === end - 4096n, "chunks come in order of address");
    end = address + BigInt(bytes.length);
  }
  assert.ok(overlaps >= 2, String(overlaps));
});

test("says so when the process is not there, was not waited for, or ends meanwhile", async () => {
  const gone = { name: "ProcessMemoryError", code: "no-such-process" };
  const beyondAllPids = 2 ** 22 + 1;
  await assert.rejects(huntProcess(beyondAllPids, search), gone);

  await using child = await startNode("process.stdin.resume()");
  const reading = readProcessMemory(child.pid);
  await reading.next();
  const ended = once(child.process, "exit");
  child.process.kill("SIGKILL");
  await ended;
  await assert.rejects(reading.next(), gone);

  await using parent = await startZombie();
  await assert.rejects(huntProcess(parent.zombie, search), gone);
});

/** A shell that becomes a `sleep`, which never waits for the child that it does not know it has, and that ends later. */
async function startZombie(): Promise<AsyncDisposable & { readonly zombie: number }> {
  const parent = spawn("sh", ["-c", "sleep 0.3 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "inherit"] });
  const [pid] = (await once(parent.stdout, "data")) as [Buffer];
  const hasEnded = async (): Promise<boolean> =>
    (await readFile(`/proc/${Number(pid)}/status`, "latin1")).includes("State:\tZ");
  for (let waits = 0; waits < 100 && !(await hasEnded()); waits++) await delay(50);
  return { zombie: Number(pid), [Symbol.asyncDispose]: () => Promise.resolve(void parent.kill("SIGKILL")) };
}

test("says so when the kernel refuses", async () => {
  // Process 1 belongs to root and has capabilities: whoever has none may not read it, root included.
  const powerless = process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"] : [];
  const script = `
    import { readProcessMemory } from ${JSON.stringify(new URL("process-memory.ts", import.meta.url).href)};
    try {
      for await (const chunk of readProcessMemory(1)) console.log("read", chunk.address);
    } catch (error) {
      console.log(error.code, error.message);
    }
  `;
  const [program, ...args] = [...powerless, process.execPath, "--input-type=module", "-e", script];
  const reader = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const output = Buffer.concat((await reader.stdout.toArray()) as Buffer[]).toString();
  assert.match(output, /^refused the kernel does not let us read process 1: /);
});
