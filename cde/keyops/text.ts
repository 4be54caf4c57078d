// Text for people: columns that stand under each other, and nothing that a terminal would obey. Pure.

/**
 * Lines of `name  value`, names padded. Values that are null are left out. Each stays on its line: others wrote some of
 * them, and none shall look like a fact of ours.
 */
export function factLines(facts: readonly (readonly [name: string, value: string | null])[]): string {
  const shown = facts.filter((fact): fact is readonly [string, string] => fact[1] !== null);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${oneLine(`${name.padEnd(width)}  ${value}`)}\n`).join("");
}

/** A table with a header; columns as wide as their widest cell. One line of `nothing` when there are no rows. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], nothing: string): string {
  if (rows.length === 0) return `${nothing}\n`;
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `${row
      .map((cell, column) => oneLine(cell).padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd()}\n`;
  return all.map(line).join("");
}

/** What an operation says of itself, one fact a line; of long lists only how long they are. */
export function resultLines(result: Readonly<Record<string, unknown>>): string {
  return factLines(resultFacts(result));
}

export function resultFacts(result: Readonly<Record<string, unknown>>): readonly (readonly [string, string])[] {
  return Object.entries(result).map(([name, value]) => [name, valueText(value)] as const);
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) {
    const isShort = value.length <= 4 && value.every((item) => typeof item === "string" && item.length <= 100);
    return isShort ? value.join(", ") || "none" : count(value.length);
  }
  if (typeof value === "number") return count(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The text with its line breaks made visible. */
export function oneLine(text: string): string {
  return text.replaceAll("\n", "\u{fffd}");
}

export function count(value: number): string {
  return value.toLocaleString("en");
}

/** The text without what moves the cursor, changes colours or turns the line round: it may hold what others wrote. */
export function printable(text: string): string {
  return text.replace(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu, "\u{fffd}");
}
