/**
 * JSON as a service should read it: one meaning per text, or a refusal.
 *
 * `JSON.parse` keeps the last of two equal keys, so a proxy that keeps the first sees another request than we do; it
 * turns `1e999` into Infinity and long integers into their neighbours. Card numbers never pass here: routes that carry
 * one have a parser that works on bytes.
 */
import { Problem } from "./problem.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** Objects within objects; our documents need three. */
const defaultMaxDepth = 4;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads one JSON object in UTF-8 without a byte order mark. Objects in the result have no prototype.
 *
 * Refused besides bad syntax: equal keys, the key `__proto__`, nesting beyond `maxDepth`, numbers that are infinite or
 * integers beyond 2^53, strings with U+0000 (PostgreSQL has no place for it) or half a surrogate pair.
 *
 * Takes time linear in the bytes. Throws Problem `duplicate-key` or `invalid-json`, which never quote the text.
 */
export function parseJson(bytes: Uint8Array, { maxDepth = defaultMaxDepth } = {}): JsonObject {
  const text = decoded(bytes);
  const value = parsed(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid("the body must be an object");
  checkStructure(text, maxDepth);
  return value as JsonObject;
}

function invalid(detail: string): Problem {
  return new Problem("invalid-json", { detail });
}

function decoded(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw invalid("the body must be UTF-8");
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text, checkedValue);
  } catch (error) {
    // The parser's own message quotes the text.
    throw error instanceof Problem ? error : invalid("the body must be JSON");
  }
}

function checkedValue(_key: string, value: unknown): unknown {
  if (typeof value === "number") return checkedNumber(value);
  if (typeof value === "string") return checkedString(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.assign(Object.create(null) as object, value);
}

function checkedNumber(value: number): number {
  if (Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value))) return value;
  throw invalid("a number is out of range");
}

function checkedString(value: string): string {
  if (value.isWellFormed() && !value.includes("\0")) return value;
  throw invalid("a string holds a character that is not text");
}

/** Walks a text that is known to be JSON, keeping for each open object the keys it has shown. */
function checkStructure(text: string, maxDepth: number): void {
  const open: (Set<string> | null)[] = [];
  let keyExpected = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === '"') {
      const end = endOfString(text, index);
      if (keyExpected) addKey(open.at(-1), text.slice(index, end));
      keyExpected = false;
      index = end - 1;
    } else if (character === "{" || character === "[") {
      open.push(character === "{" ? new Set() : null);
      if (open.length > maxDepth) throw invalid(`the body may be nested ${maxDepth} deep`);
      keyExpected = character === "{";
    } else if (character === "}" || character === "]") {
      open.pop();
    } else if (character === ",") {
      keyExpected = open.at(-1) instanceof Set;
    }
  }
}

/** Index just past the closing quote of the string literal that opens at `start`. */
function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (text[index] !== '"') index += text[index] === "\\" ? 2 : 1;
  return index + 1;
}

function addKey(keys: Set<string> | null | undefined, literal: string): void {
  const key = JSON.parse(literal) as string;
  if (key === "__proto__") throw invalid("a key is not allowed");
  if (keys?.has(key)) throw new Problem("duplicate-key", { detail: "each key may appear once" });
  keys?.add(checkedString(key));
}
