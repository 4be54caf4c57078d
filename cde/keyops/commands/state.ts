// `keyops status`, `census` and `inventory`: what keys there are, how old they are, and what is under them.
import { inventoryCsv, inventoryTable } from "../../vault/keys/inventory/inventory-text.ts";
import type { InventoryLine, KeyInventory } from "../../vault/keys/inventory/inventory.ts";
import type { Schemas } from "../admin-client.ts";
import type { Call, Command, Outcome } from "../command.ts";
import { mustBeNew, writeNew } from "../files.ts";
import { count, factLines, table } from "../text.ts";

const exitCodes = { 1: "the vault refused", 3: "the vault is not available" } as const;

export const status: Command = {
  name: "status",
  summary: "how root keys, their stores and the custodians stand",
  description:
    "Which root keys there are and when they end, which stores answer, what is due, and who the custodians are.",
  words: [],
  options: {},
  isOnline: true,
  examples: ["status", "status --profile mei.yaml --json"],
  exitCodes,
  run: async (call) => {
    const answer = await (await call.connect()).admin.status();
    return { text: statusText(answer), json: { status: answer } };
  },
};

function statusText(view: Schemas["Status"]): string {
  const stores = view.stores.map((store) => [
    store.scheme,
    store.is_reachable ? (store.is_sealed ? "sealed" : "open") : "does not answer",
    store.location ?? "",
  ]);
  const keys = view.root_keys.map(({ id, state, wraps, ends_at }) => [id, state, String(wraps), ends_at ?? ""]);
  const people = view.custodians.map(({ name, acknowledged_until }) => [name, acknowledged_until]);
  const isDue = view.keys_due > 0 ? "keyops inventory" : null;
  return [
    factLines([
      ["vault", view.is_sealed ? "sealed: custodians bring their shares (keyops unseal)" : "open"],
      ["tenants", count(view.tenants)],
      ["keys due", isDue === null ? "none" : `${count(view.keys_due)} (${isDue})`],
      ["jobs", `${count(view.jobs_open)} open`],
      ["proposals", `${count(view.proposals_open)} open`],
      ["build", view.build],
    ]),
    table(["STORE", "STATE", "WHERE"], stores, "no stores"),
    table(["ROOT KEY", "STATE", "WRAPS", "ENDS"], keys, "no root keys"),
    table(["CUSTODIAN", "ACKNOWLEDGED UNTIL"], people, "no custodians"),
  ].join("\n");
}

export const census: Command = {
  name: "census",
  summary: "how many rows are under each key version of a tenant",
  description:
    "Counts cards, fingerprints and kept answers under each version, now. A version that is not primary and has 0 rows can be certified (keyops retire) and then destroyed.",
  words: [],
  options: { tenant: { value: "<id>", help: "whose keys" } },
  isOnline: true,
  examples: ["census --tenant <id>", "census --tenant <id> --json"],
  exitCodes,
  run: async (call) => {
    const answer = await (await call.connect()).admin.census(call.options.id("tenant"));
    const header = ["KEY", "PURPOSE", "VERSION", "STATE", "ROWS", "USES", "ENDS", "CERTIFIED", "WRAPPED BY"];
    const rows = answer.versions.map((key) => [
      key.key_id,
      key.purpose,
      String(key.version),
      key.is_primary ? "primary" : key.state,
      count(key.rows),
      count(key.uses),
      key.ends_at ?? "",
      key.certified_at ?? "",
      key.wrapped_by.join(" "),
    ]);
    return { text: table(header, rows, "no keys"), json: { census: answer } };
  },
};

const formats = ["text", "json", "csv", "cbom"] as const;

export const inventory: Command = {
  name: "inventory",
  summary: "every key with its purpose, place, state and period",
  description:
    "The inventory that PCI DSS 3.6.1.1 and 12.3.3 ask for: as a table, as JSON or CSV for other tools, or as a CycloneDX 1.6 bill of cryptographic materials. It counts rows, so it takes a while on a large vault.",
  words: [],
  options: {
    format: { value: "<format>", help: `${formats.join(", ")}; text unless given` },
    out: { value: "<file>", help: "the file to make; otherwise it goes to standard output" },
  },
  isOnline: true,
  examples: ["inventory", "inventory --format cbom --out keys.cdx.json"],
  exitCodes,
  run: async (call) => {
    const format = call.options.has("format") ? call.options.choice("format", formats) : "text";
    if (call.options.has("out")) await mustBeNew(call.options.text("out"));
    const { admin } = await call.connect();
    const document = await admin.inventory(format === "cbom" ? "cbom" : "json");
    return inventoryOutcome(call, document, textOf(document, format));
  },
};

async function inventoryOutcome({ options }: Call, document: Json, text: string): Promise<Outcome> {
  if (!options.has("out")) return { text, json: { inventory: document } };
  const out = options.text("out");
  await writeNew(out, text);
  return { text: `written to ${out}\n`, json: { written: out } };
}

type Json = Readonly<Record<string, unknown>>;

function textOf(document: Json, format: (typeof formats)[number]): string {
  if (format === "json" || format === "cbom") return `${JSON.stringify(document, null, 2)}\n`;
  const lines = (document["keys"] as readonly Json[]).map(lineOf);
  const read = { lines } as unknown as KeyInventory;
  return format === "csv" ? inventoryCsv(read) : inventoryTable(read);
}

/** A key of the JSON as the inventory has it in memory: the same names in camelCase, times in milliseconds. */
function lineOf(key: Json): InventoryLine {
  const fields = Object.entries(key).map(([name, value]) => {
    const camelCase = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    if (!name.endsWith("_at")) return [camelCase, value] as const;
    return [`${camelCase}Ms`, typeof value === "string" ? Date.parse(value) : null] as const;
  });
  return Object.fromEntries(fields) as unknown as InventoryLine;
}
