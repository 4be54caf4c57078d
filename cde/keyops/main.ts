// The program `keyops`: the custodians' command line. Streams, clock and the person at the terminal come in here.
import { createInterface } from "node:readline/promises";
import { setTimeout as delay } from "node:timers/promises";
import { keyops } from "./keyops.ts";

async function ask(question: string): Promise<string> {
  const line = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await line.question(question);
  } finally {
    line.close();
  }
}

process.exitCode = await keyops(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  now: Date.now,
  sleep: (ms) => delay(ms),
  ask: process.stdin.isTTY && process.stderr.isTTY ? ask : null,
});
