// The load, in a process of its own: `connections` clients, each sending its next request when the last is answered.
import { json } from "node:stream/consumers";
import { HttpConnection, type Credentials } from "./http-connection.ts";
import { testCards } from "./test-cards.ts";

/** What the parent asks for, as JSON on standard input: arguments show keys and tokens to everybody on the machine. */
export interface LoadPlan {
  readonly url: string;
  readonly capture: Credentials & { readonly accessToken: string };
  readonly egress: Credentials & { readonly accessToken: string };
  readonly connections: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Where in the range of test numbers this load begins, so that every card is new. */
  readonly firstCard: number;
}

/** One operation under closed-loop load. Latencies in milliseconds. */
export interface LoadResult {
  readonly operation: string;
  readonly requests: number;
  readonly failed: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

const MAX_TOKENS = 50_000;

function request(path: string, accessToken: string, body: string): string {
  return `POST ${path} HTTP/1.1\r\nhost: vault\r\nauthorization: Bearer ${accessToken}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

async function measure(
  operation: string,
  connections: readonly HttpConnection[],
  plan: LoadPlan,
  next: () => string,
  onAnswer: (body: string) => void,
): Promise<LoadResult> {
  await run(connections, plan.warmUpSeconds, next, onAnswer);
  const { latencies, failed, tookSeconds } = await run(connections, plan.seconds, next, onAnswer);
  latencies.sort((left, right) => left - right);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? NaN;
  return {
    operation,
    requests: latencies.length,
    failed,
    perSecond: latencies.length / tookSeconds,
    p50: at(0.5),
    p99: at(0.99),
  };
}

async function run(
  connections: readonly HttpConnection[],
  seconds: number,
  next: () => string,
  onAnswer: (body: string) => void,
): Promise<{ readonly latencies: number[]; readonly failed: number; readonly tookSeconds: number }> {
  const latencies: number[] = [];
  let failed = 0;
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;
  await Promise.all(
    connections.map(async (connection) => {
      while (performance.now() < endsAt) {
        const sentAt = performance.now();
        const answer = await connection.send(next());
        latencies.push(performance.now() - sentAt);
        if (answer.status >= 300) failed += 1;
        else onAnswer(answer.body);
      }
    }),
  );
  return { latencies, failed, tookSeconds: (performance.now() - startedAt) / 1_000 };
}

const plan = (await json(process.stdin)) as LoadPlan;
const newCard = testCards(plan.firstCard);
const url = new URL(plan.url);
const open = (credentials: Credentials): Promise<HttpConnection[]> =>
  Promise.all(Array.from({ length: plan.connections }, () => HttpConnection.open(url, credentials)));

const tokens: string[] = [];
const capture = await open(plan.capture);
const tokenize = await measure(
  "tokenize",
  capture,
  plan,
  () =>
    request(
      "/v1/tokens",
      plan.capture.accessToken,
      `{"card":{"pan":"${newCard()}","expiry":{"month":12,"year":2031}}}`,
    ),
  (body) => {
    if (tokens.length < MAX_TOKENS) tokens.push(body.slice(10, 50));
  },
);
for (const connection of capture) connection.close();

const egress = await open(plan.egress);
const detokenize = await measure(
  "detokenize",
  egress,
  plan,
  () =>
    request(
      `/v1/tokens/${tokens[Math.floor(Math.random() * tokens.length)] ?? ""}/detokenize`,
      plan.egress.accessToken,
      `{"purpose":"authorization"}`,
    ),
  () => undefined,
);
for (const connection of egress) connection.close();
process.stdout.write(JSON.stringify([tokenize, detokenize]));
