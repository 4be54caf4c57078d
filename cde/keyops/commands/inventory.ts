// `keyops inventory`: every key that there is, and whether another deployment has one of them too.
import { sharedKeys } from "../../vault/keys/inventory/inventory-overlap.ts";
import { inventoryCsv, inventoryTable } from "../../vault/keys/inventory/inventory-text.ts";
import type { InventoryLine, KeyInventory } from "../../vault/keys/inventory/inventory.ts";
import type { Call, Command, Outcome } from "../command.ts";
import { UsageError } from "../errors.ts";
import { mustBeNew, readText, writeNew } from "../files.ts";
import { count } from "../text.ts";

const formats = ["text", "json", "csv", "cbom"] as const;

export const inventory: Command = {
  name: "inventory",
  summary: "every key with its purpose, place, state and period",
  description:
    "The inventory that PCI DSS 3.6.1.1 and 12.3.3 ask for: as a table, as JSON or CSV for other tools, or as a CycloneDX 1.6 bill of cryptographic materials. It counts rows, so it takes a while on a large vault.\n\nWith --compare, whether this deployment shares a key with the one whose inventory is in the file, such as production with a test environment. Take it there with --format json.",
  words: [],
  options: {
    format: { value: "<format>", help: `${formats.join(", ")}; text unless given` },
    out: { value: "<file>", help: "the file to make; otherwise it goes to standard output" },
    compare: { value: "<file>", help: "another deployment's inventory, as JSON: only say which keys are in both" },
  },
  isOnline: true,
  examples: [
    "inventory --format cbom --out keys.cdx.json",
    "inventory --compare production-keys.json --profile test.yaml",
  ],
  exitCodes: {
    1: "the vault refused; or the deployments share keys, whose ids are listed",
    3: "the vault is not available",
  },
  run: async (call) => {
    if (call.options.has("compare")) return comparison(call);
    const format = call.options.has("format") ? call.options.choice("format", formats) : "text";
    if (call.options.has("out")) await mustBeNew(call.options.text("out"));
    const { admin } = await call.connect();
    const document = await admin.inventory(format === "cbom" ? "cbom" : "json");
    return inventoryOutcome(call, document, textOf(document, format));
  },
};

/** Rows of a hundred thousand keys. */
const maxInventoryBytes = 100_000_000;

async function comparison({ options, connect }: Call): Promise<Outcome> {
  if (options.has("format") || options.has("out"))
    throw new UsageError("--compare goes with neither --format nor --out");
  const other = await readText(options.text("compare"), maxInventoryBytes);
  const own = JSON.stringify(await (await connect()).admin.inventory("json"));
  const shared = sharedKeys(own, other);
  const text = shared.length === 0 ? "no key is in both\n" : `${count(shared.length)} in both:\n${shared.join("\n")}\n`;
  return { text, json: { shared }, exitCode: shared.length === 0 ? 0 : 1 };
}

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
