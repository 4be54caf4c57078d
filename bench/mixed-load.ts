// A load of its own process that tokenises and detokenises at a fixed rate and checks every card that comes back.
// Latency counts from the moment at which a request was due, so that a stall shows in every request that it held up.
import { setTimeout as sleep } from "node:timers/promises";
import { json } from "node:stream/consumers";
import { HttpConnection, type Credentials } from "./http-connection.ts";
import { testCards } from "./test-cards.ts";

/** What the parent asks for, as JSON on standard input. */
export interface MixedPlan {
  readonly url: string;
  readonly capture: Credentials & { readonly accessToken: string };
  readonly egress: Credentials & { readonly accessToken: string };
  /** Connections of each kind. */
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second, half of them of each kind. */
  readonly perSecond: number;
  readonly firstCard: number;
}

/** What came of it. Latencies in milliseconds. */
export interface MixedResult {
  readonly requests: number;
  readonly failed: number;
  /** Cards that came back and were not those that went in. */
  readonly wrong: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

interface Known {
  readonly token: string;
  readonly pan: string;
}

const plan = (await json(process.stdin)) as MixedPlan;
const nextCard = testCards(plan.firstCard);
const known: Known[] = [];
const latencies: number[] = [];
let [failed, wrong] = [0, 0];

/** Sends requests at their due times over some connections, each with one request in flight. */
async function pace(
  credentials: Credentials,
  send: (connection: HttpConnection) => Promise<boolean | null>,
): Promise<void> {
  const url = new URL(plan.url);
  const perConnection = plan.perSecond / 2 / plan.connections;
  const startedAtMs = performance.now();
  await Promise.all(
    Array.from({ length: plan.connections }, async (_, index) => {
      const connection = await HttpConnection.open(url, credentials);
      for (let number = 0; ; number += 1) {
        const dueMs = startedAtMs + ((number + index / plan.connections) / perConnection) * 1_000;
        if (dueMs - startedAtMs > plan.seconds * 1_000) break;
        await sleep(Math.max(0, dueMs - performance.now()));
        const isFine = await send(connection);
        if (isFine === null) continue;
        latencies.push(performance.now() - dueMs);
        if (!isFine) failed += 1;
      }
      connection.close();
    }),
  );
}

async function tokenize(connection: HttpConnection): Promise<boolean> {
  const pan = nextCard();
  const answer = await connection.send(
    post("/v1/tokens", plan.capture.accessToken, `{"card":{"pan":"${pan}"},"reuse":"single"}`),
  );
  if (answer.status === 201) known.push({ token: answer.body.slice(10, 50), pan });
  return answer.status === 201;
}

async function detokenize(connection: HttpConnection): Promise<boolean | null> {
  const one = known[Math.floor(Math.random() * known.length)];
  if (one === undefined) return null;
  const path = `/v1/tokens/${one.token}/detokenize`;
  const answer = await connection.send(post(path, plan.egress.accessToken, '{"purpose":"authorization"}'));
  if (answer.status === 200 && !answer.body.includes(`"pan":"${one.pan}"`)) wrong += 1;
  return answer.status === 200;
}

function post(path: string, accessToken: string, body: string): string {
  return `POST ${path} HTTP/1.1\r\nhost: vault\r\nauthorization: Bearer ${accessToken}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

await Promise.all([pace(plan.capture, tokenize), pace(plan.egress, detokenize)]);
latencies.sort((left, right) => left - right);
const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? NaN;
const result: MixedResult = {
  requests: latencies.length,
  failed,
  wrong,
  p50: at(0.5),
  p99: at(0.99),
  max: latencies.at(-1) ?? NaN,
};
process.stdout.write(JSON.stringify(result));
