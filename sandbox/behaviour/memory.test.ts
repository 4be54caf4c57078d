// What stays in the vault's memory of the cards that went through it.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { generateCards } from "../generated-cards.ts";
import { createPanSearch } from "../pan-search.ts";
import { huntProcess } from "../process-memory.ts";
import { openTestBed } from "../test-bed.ts";

const CARDS = 2_000;
const AT_ONCE = 16;
// The last request of each direction may lie in a read buffer of Node's that the next request overwrites.
const MOST_LEFT = 2;

const bed = await openTestBed();
after(() => bed[Symbol.asyncDispose]());
const [capture, egress] = [await bed.client("capture"), await bed.client("egress")];

const cards = generateCards(CARDS, 2_026);

async function inParallel<Item, Result>(
  items: readonly Item[],
  act: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let index = next++; index < items.length; index = next++) results[index] = await act(items[index] as Item);
    }),
  );
  return results;
}

test(`of ${CARDS} cards tokenised and detokenised, at most ${MOST_LEFT} are left in the vault's memory a second later`, async (context) => {
  const tokens = await inParallel(cards, async (pan) => {
    const { data } = await capture.POST("/v1/tokens", { body: { card: { pan, cardholder_name: "Mei Lin Wong" } } });
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

  const { pid } = bed.standing.vault;
  process.kill(pid, "SIGSTOP");
  const findings = await huntProcess(pid, createPanSearch(cards)).finally(() => process.kill(pid, "SIGCONT"));
  const left = new Set(findings.map((finding) => finding.pan));
  context.diagnostic(
    `${left.size} of ${CARDS} cards found, ${findings.length} places: ${findings
      .slice(0, 8)
      .map(({ form, where }) => `${form} in ${where}`)
      .join("; ")}`,
  );
  assert.ok(left.size <= MOST_LEFT, `${left.size} cards are left in memory`);
});

test("the same hunt does find cards in a process that keeps them: this one", async () => {
  const findings = await huntProcess(process.pid, createPanSearch(cards.slice(0, 10), { forms: ["plain"] }));
  assert.equal(new Set(findings.map((finding) => finding.pan)).size, 10);
});
