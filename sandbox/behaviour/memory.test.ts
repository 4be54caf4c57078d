// What stays in the vault's memory of the cards that went through it.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { generateCards } from "../generated-cards.ts";
import { createPanSearch } from "../pan-search.ts";
import { huntProcess } from "../process-memory.ts";
import { openTestBed } from "../test-bed.ts";

const CARDS = 2_000;
const AT_ONCE = 8;
// The last request of a direction may lie in a read buffer of Node's until the next one overwrites it.
const MOST_LEFT = 2;

const bed = await openTestBed();
after(() => bed[Symbol.asyncDispose]());
const [capture, egress] = [await bed.client("capture"), await bed.client("egress")];

const cards = generateCards(CARDS, 2_026);

async function inParallel<Item, Result>(
  items: readonly Item[],
  act: (item: Item, index: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let index = next++; index < items.length; index = next++)
        results[index] = await act(items[index] as Item, index);
    }),
  );
  return results;
}

/** The cards that lie in the memory of the vault, which is stopped meanwhile. */
async function cardsLeft(searched: readonly string[]): Promise<ReadonlySet<string>> {
  const { pid } = bed.standing.vault;
  process.kill(pid, "SIGSTOP");
  const findings = await huntProcess(pid, createPanSearch(searched)).finally(() => process.kill(pid, "SIGCONT"));
  return new Set(findings.map((finding) => finding.pan));
}

test(`of ${CARDS} cards tokenised and detokenised, at most ${MOST_LEFT} are left in the vault's memory a second later`, async (context) => {
  const tokens = await inParallel(cards, async (pan) => {
    const card = { expiry: { month: 12, year: 2031 }, pan, cardholder_name: "Mei Lin Wong" };
    const { data } = await capture.POST("/v1/tokens", { body: { card } });
    return data?.token ?? "";
  });
  const revealed = await inParallel(tokens, async (token) => {
    const { data } = await egress.POST("/v1/tokens/{token}/detokenize", {
      params: { path: { token } },
      body: { purpose: "authorization" },
    });
    return data?.card.pan;
  });
  assert.deepEqual(revealed, cards);
  await sleep(1_000);
  await capture.GET("/healthz");

  const left = await cardsLeft(cards);
  context.diagnostic(`${left.size} of ${CARDS} cards found`);
  assert.ok(left.size <= MOST_LEFT, `${left.size} cards are left in memory`);
});

test("cards of requests that are refused before their body is read are not left in memory either", async (context) => {
  const refused = generateCards(400, 7_261);
  const payment = await bed.client("payment");
  await inParallel(refused, async (pan, index) => {
    if (index % 2 === 0) {
      assert.equal((await payment.POST("/v1/tokens", { body: { card: { pan } } })).response.status, 403);
      return;
    }
    const body = { card: { pan: Number(pan) } } as never;
    assert.equal((await capture.POST("/v1/tokens", { body })).response.status, 400);
  });
  await sleep(1_000);
  await capture.GET("/healthz");
  const left = await cardsLeft(refused);
  context.diagnostic(`${left.size} of ${refused.length} refused cards found`);
  assert.ok(left.size <= MOST_LEFT);
});

test("the same hunt does find cards in a process that keeps them: this one", async () => {
  const findings = await huntProcess(process.pid, createPanSearch(cards.slice(0, 10), { forms: ["plain"] }));
  assert.equal(new Set(findings.map((finding) => finding.pan)).size, 10);
});
