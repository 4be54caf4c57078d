// The inventory as JSON for machines, CSV for spreadsheets, and a table for people. One list of columns makes all three.
import { cryptoSuites, suitesReview } from "./crypto-suites.ts";
import type { InventoryLine, KeyInventory } from "./inventory.ts";

/** First field of the JSON. Its form is compliance-evidence/crypto/key-inventory.schema.json. */
export const inventoryFormat = "cofferdam-key-inventory/1";

type Value = string | number | boolean | null | readonly string[];

const columns: readonly (readonly [name: string, value: (line: InventoryLine) => Value])[] = [
  ["id", (line) => line.id],
  ["kind", (line) => line.kind],
  ["tenant_id", (line) => line.tenantId],
  ["version", (line) => line.version],
  ["purpose", (line) => line.purpose],
  ["algorithm", (line) => line.algorithm],
  ["strength_bits", (line) => line.strengthBits],
  ["location", (line) => line.location],
  ["storage", (line) => line.storage],
  ["state", (line) => line.state],
  ["is_primary", (line) => line.isPrimary],
  ["created_at", (line) => isoTime(line.createdAtMs)],
  ["activated_at", (line) => isoTime(line.activatedAtMs)],
  ["ends_at", (line) => isoTime(line.endsAtMs)],
  ["rotate_at", (line) => isoTime(line.rotateAtMs)],
  ["rotation", (line) => line.rotation],
  ["standing", (line) => line.standing],
  ["uses", (line) => line.uses],
  ["rows", (line) => line.rows],
  ["wrapped_by", (line) => line.wrappedBy],
  ["owner", (line) => line.owner],
  ["custodians", (line) => line.custodians],
];

// What fits a terminal; the rest is in the other two.
const tableColumns = [
  "kind",
  "tenant_id",
  "version",
  "state",
  "standing",
  "uses",
  "rows",
  "rotate_at",
  "ends_at",
  "id",
];

/** The inventory as JSON, with the periods and suites that it was made with. Ends with a line break. */
export function inventoryJson(inventory: KeyInventory): string {
  const document = {
    format: inventoryFormat,
    deployment: inventory.deployment,
    taken_at: isoTime(inventory.takenAtMs),
    keys: inventory.lines.map(fieldsOf),
    cryptoperiods: Object.entries(inventory.cryptoperiods).map(([kind, period]) => ({
      kind,
      max_age_days: period.maxAgeDays,
      max_uses: period.maxUses,
      rotation: period.rotation,
      rotate_before_days: period.rotateBeforeDays,
      rotate_at_uses: period.rotateAtUses,
      alert_before_days: period.alertBeforeDays,
      reason: period.reason,
    })),
    suites: cryptoSuites.map(({ id, kind, name, purpose, place, strengthBits, standard, change }) => ({
      id,
      kind,
      name,
      purpose,
      place,
      strength_bits: strengthBits,
      standard,
      change,
    })),
    suites_reviewed_on: suitesReview.reviewedOn,
    suites_review_by: suitesReview.reviewBy,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** The keys as CSV (RFC 4180, lines end with LF), one line each, lists with spaces between. */
export function inventoryCsv({ lines }: KeyInventory): string {
  const rows = [columns.map(([name]) => name), ...lines.map((line) => columns.map(([, value]) => textOf(value(line))))];
  return rows.map((row) => `${row.map(csvField).join(",")}\n`).join("");
}

/** The keys as a table for a terminal: the columns that say what to do next. */
export function inventoryTable({ lines }: KeyInventory): string {
  const shown = columns.filter(([name]) => tableColumns.includes(name));
  const ordered = tableColumns.flatMap((name) => shown.filter(([shownName]) => shownName === name));
  const rows = [tableColumns, ...lines.map((line) => ordered.map(([, value]) => textOf(value(line)) || "-"))];
  const widths = tableColumns.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((text, column) => text.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

function fieldsOf(line: InventoryLine): Record<string, Value> {
  return Object.fromEntries(columns.map(([name, value]) => [name, value(line)]));
}

function textOf(value: Value): string {
  if (value === null) return "";
  return typeof value === "object" ? value.join(" ") : String(value);
}

// A spreadsheet runs a field that begins like a formula; a location or a name may.
function csvField(text: string): string {
  const inert = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
