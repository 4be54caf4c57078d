// Production and test share no key (PCI DSS 3.6.1.1). Compares the inventories of two deployments, as JSON.
import { inventoryFormat } from "./inventory-text.ts";

/** A text that is no inventory. Nothing was compared. */
export class InventoryError extends Error {
  override readonly name = "InventoryError";
}

/**
 * The ids of keys that both inventories have, sorted; empty when the deployments share none. Root keys and signing keys
 * are compared by what names the key itself, so that they are found in whatever deployment they turn up. A tenant's key
 * that was given another id is not found: for that somebody must have unwrapped it.
 *
 * @param first JSON of `inventoryJson`, likewise `second`
 * @throws InventoryError when one of them is none
 */
export function sharedKeys(first: string, second: string): readonly string[] {
  const known = keyIds(first);
  return [...keyIds(second)].filter((id) => known.has(id)).sort();
}

function keyIds(text: string): ReadonlySet<string> {
  const inventory = parseObject(text);
  const keys: unknown = inventory["keys"];
  if (inventory["format"] !== inventoryFormat || !Array.isArray(keys))
    throw new InventoryError("this is no key inventory");
  return new Set(keys.map(idOf));
}

function idOf(key: unknown): string {
  const id = typeof key === "object" && key !== null && "id" in key ? key.id : null;
  if (typeof id !== "string" || id === "") throw new InventoryError("a key of the inventory has no id");
  return id;
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(text) ?? {}) as Readonly<Record<string, unknown>>;
  } catch {
    throw new InventoryError("this is no key inventory");
  }
}
