// The vault's main job, step by step, with published test cards: what `make demo` shows and `make up` begins with.
import { createPublicKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { openCheckpoint, originOf } from "@cofferdam/cde/vault/audit/checkpoint.ts";
import { decodeEntry } from "@cofferdam/cde/vault/audit/event.ts";
import { leafHash, verifyInclusion } from "@cofferdam/cde/vault/audit/merkle.ts";
import { verifierKey } from "@cofferdam/cde/vault/audit/signed-note.ts";
import type { components } from "@cofferdam/openapi/generated/vault-types.ts";
import { sandboxTenants } from "./callers.ts";
import { answerOf, carryOut, decide, draftOf, propose, statementBy } from "./ceremony.ts";
import { createPanSearch } from "./pan-search.ts";
import { trustDomain } from "./pki.ts";
import type { StandingAdmin } from "./standing-admin.ts";
import type { StandingVault } from "./standing-vault.ts";
import { vaultClient, type VaultClient } from "./vault-client.ts";

/** Published by Stripe for testing. */
const publishedCards = [
  { pan: "4242424242424242", expiry: { month: 12, year: 2031 }, cardholder_name: "Mei Lin Wong" },
  { pan: "5555555555554444", expiry: { month: 6, year: 2029 } },
  { pan: "378282246310005", expiry: { month: 1, year: 2030 }, cardholder_name: "A. Fernandes" },
] as const;

/** One step: what it shows, and how it went in a sentence. A step that does not hold throws. */
export interface Step {
  readonly title: string;
  readonly run: () => Promise<string>;
}

class StepFailed extends Error {}

/**
 * The steps of the journey over a standing vault. They build on one another, so they run in order. `holdsDatabase` says
 * whether the database's files lie in the vault's folder, where the last step searches.
 */
export async function journeyOver(
  standing: StandingVault,
  admin: StandingAdmin,
  { holdsDatabase }: { readonly holdsDatabase: boolean },
): Promise<readonly Step[]> {
  const tenant = sandboxTenants.harbourCoffee;
  const [capture, payment, egress, auditor] = await Promise.all(
    (["capture", "payment", "egress", "auditor"] as const).map((caller) => vaultClient(standing, caller, tenant)),
  );
  if (!capture || !payment || !egress || !auditor) throw new StepFailed("a caller has no client");
  const tokens: string[] = [];
  const firstToken = (): string => demand(tokens[0], "there is a token");
  return [
    { title: "the vault is ready: it sealed and opened a record under every live key", run: () => ready(capture) },
    {
      title: "capture swaps three cards for tokens",
      run: async () => {
        tokens.push(...(await tokenizeCards(capture)));
        return `${firstToken()} and two more`;
      },
    },
    { title: "the same card again gives the same token", run: () => sameToken(capture, firstToken()) },
    { title: "payment sees the masked card", run: () => maskedRead(payment, firstToken()) },
    { title: "payment may not have the card number", run: () => deniedDetokenize(payment, firstToken()) },
    { title: "egress gets it back, for a purpose", run: () => allowedDetokenize(egress, firstToken()) },
    {
      title: "a mistyped card is refused, and the answer says why without repeating it",
      run: () => mistypedCard(capture),
    },
    { title: "a security code is refused", run: () => securityCode(capture) },
    {
      title: "the audit log proves all of this, signed outside the database",
      run: () => auditProof(standing, auditor, firstToken()),
    },
    {
      title: "two custodians replace the data key, one alone cannot, and the card still opens",
      run: () => keyReplaced(admin, egress, firstToken()),
    },
    { title: "another tenant finds nothing", run: () => otherTenant(standing, firstToken()) },
    {
      title: `no card number lies in any file: ${holdsDatabase ? "database, write-ahead log, " : ""}logs, checkpoints`,
      run: () => searchFiles(standing, holdsDatabase),
    },
  ];
}

async function ready(client: VaultClient): Promise<string> {
  const { data, response } = await client.GET("/readyz");
  return hold(response.status === 200, `${data?.checks.map(({ name }) => name).join(", ") ?? ""}: ok`);
}

async function tokenizeCards(capture: VaultClient): Promise<readonly string[]> {
  const tokens: string[] = [];
  for (const card of publishedCards) {
    const { data, response } = await capture.POST("/v1/tokens", { body: { card } });
    hold(response.status === 201, "created");
    tokens.push(demand(data?.token, "a token came back"));
  }
  return tokens;
}

async function sameToken(capture: VaultClient, token: string): Promise<string> {
  const { data } = await capture.POST("/v1/tokens", { body: { card: publishedCards[0] } });
  return hold(data?.token === token, "one card, one token, for one tenant");
}

async function maskedRead(payment: VaultClient, token: string): Promise<string> {
  const { data } = await payment.GET("/v1/tokens/{token}", { params: { path: { token } } });
  const view = demand(data, "the token can be read");
  return hold(
    view.last4 === publishedCards[0].pan.slice(-4),
    `${view.brand} ${view.bin ?? ""}••••••${view.last4}, ${view.status}`,
  );
}

async function deniedDetokenize(payment: VaultClient, token: string): Promise<string> {
  const { error, response } = await payment.POST("/v1/tokens/{token}/detokenize", {
    params: { path: { token } },
    body: { purpose: "authorization" },
  });
  return hold(response.status === 403, `403 ${demand(error, "the refusal explains itself").type}`);
}

async function allowedDetokenize(egress: VaultClient, token: string): Promise<string> {
  const { data } = await egress.POST("/v1/tokens/{token}/detokenize", {
    params: { path: { token } },
    body: { purpose: "authorization" },
  });
  return hold(
    data?.card.pan === publishedCards[0].pan,
    "the number came back digit for digit, for the purpose authorization",
  );
}

async function mistypedCard(capture: VaultClient): Promise<string> {
  const { error, response } = await capture.POST("/v1/tokens", { body: { card: { pan: "4242424242424241" } } });
  const said = JSON.stringify(demand(error, "the refusal explains itself"));
  hold(!said.includes("4242424242424241"), "not repeated");
  return hold(response.status === 400, `400 ${error?.type ?? ""}: ${error?.errors?.[0]?.detail ?? ""}`);
}

async function securityCode(capture: VaultClient): Promise<string> {
  const body = { card: { pan: publishedCards[0].pan, cvc: "123" } };
  const { error, response } = await capture.POST("/v1/tokens", { body });
  return hold(response.status === 400, `400 ${demand(error, "the refusal explains itself").type}`);
}

/** Finds the detokenisation in the log and proves that the published, signed checkpoint covers it. */
async function auditProof(standing: StandingVault, auditor: VaultClient, token: string): Promise<string> {
  const { tenantId } = sandboxTenants.harbourCoffee;
  const events = await eventsOf(auditor);
  const event = events.findLast(({ entry }) => {
    const { action, object, outcome } = decodeEntry(entry);
    return action === "token.detokenize" && object === token && outcome === "allowed";
  });
  const { sequence, entry } = demand(event, "the detokenisation is in the log");
  const publicKey = createPublicKey(await readFile(standing.checkpointPublicKeyFile));
  const key = verifierKey(originOf(trustDomain, tenantId), publicKey);
  const checkpoint = await eventually(async () => {
    const note = await readFile(path.join(standing.checkpointDirectory, tenantId, "checkpoint"), "utf8");
    const opened = openCheckpoint(note, [key]);
    return opened.size > sequence ? opened : null;
  });
  const query = { sequence, size: checkpoint.size };
  const { data } = await auditor.GET("/v1/audit/proofs/inclusion", { params: { query } });
  const proof = demand(data, "there is a proof").proof.map((hash) => Buffer.from(hash, "base64"));
  const claim = { leafHash: leafHash(entry), index: sequence, size: checkpoint.size, root: checkpoint.root, proof };
  return hold(
    verifyInclusion(claim),
    `entry ${sequence} of ${checkpoint.size}, proof of ${proof.length} hashes, Ed25519 signature good`,
  );
}

async function eventsOf(
  auditor: VaultClient,
): Promise<readonly { readonly sequence: number; readonly entry: string }[]> {
  const events: { readonly sequence: number; readonly entry: string }[] = [];
  for (let from: number | null = 0; from !== null;) {
    const page: components["schemas"]["AuditEventPage"] = await pageOf(auditor, from);
    events.push(...page.events);
    from = page.next;
  }
  return events;
}

async function pageOf(auditor: VaultClient, from: number): Promise<components["schemas"]["AuditEventPage"]> {
  const { data } = await auditor.GET("/v1/audit/events", { params: { query: { from, limit: 500 } } });
  return demand(data, "the log can be read");
}

async function keyReplaced(admin: StandingAdmin, egress: VaultClient, token: string): Promise<string> {
  const parameters = { tenant_id: sandboxTenants.harbourCoffee.tenantId };
  const { mei } = admin.custodians;
  const alone = draftOf("rotate-data-key", parameters);
  await propose(admin.client(mei), alone, statementBy(mei, "propose", alone));
  const own = await answerOf(decide(admin.client(mei), "approval", alone, statementBy(mei, "approve", alone)));
  hold(own.problem?.status === 403, "nobody approves their own");
  const withdrawn = await answerOf(decide(admin.client(mei), "withdrawal", alone, statementBy(mei, "withdraw", alone)));
  hold(withdrawn.problem === null, "the proposer takes it back");
  const { version } = await carryOut(admin, "rotate-data-key", parameters);
  await allowedDetokenize(egress, token);
  return hold(Number(version) > 1, `version ${String(version)} seals from now on; mei proposed, ade approved`);
}

async function otherTenant(standing: StandingVault, token: string): Promise<string> {
  const client = await vaultClient(standing, "payment", sandboxTenants.lanternBooks);
  const { response } = await client.GET("/v1/tokens/{token}", { params: { path: { token } } });
  return hold(response.status === 404, `${sandboxTenants.lanternBooks.name}: 404, as for a token that never was`);
}

async function searchFiles({ directory }: StandingVault, holdsDatabase: boolean): Promise<string> {
  const search = createPanSearch(publishedCards.map((card) => card.pan));
  const findings = await search.searchTree(directory);
  const omitted = holdsDatabase ? "" : "; the database is elsewhere and was not searched";
  return hold(findings.length === 0, `0 found, searched in every form that a number can leak in${omitted}`);
}

async function eventually<Value>(attempt: () => Promise<Value | null>): Promise<Value> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const value = await attempt().catch(() => null);
    if (value !== null) return value;
    if (Date.now() > deadline) throw new StepFailed("no checkpoint covers the entry yet");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function hold(condition: boolean, shown: string): string {
  if (!condition) throw new StepFailed(`does not hold: ${shown}`);
  return shown;
}

function demand<Value>(value: Value | null | undefined, what: string): Value {
  if (value === null || value === undefined) throw new StepFailed(`does not hold: ${what}`);
  return value;
}
