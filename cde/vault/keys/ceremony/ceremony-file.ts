// The ceremony file: what is to be done to a key and why, written down before anybody signs for it, and reviewed by
// people. Pure. YAML 1.2, UTF-8, at most 16 KiB; its digest is SHA-256 over the bytes as they are:
//
//   ceremony: cofferdam/1
//   operation: rotate-root-key
//   reason: Yearly rotation of the HSM's root key, change 2026-114.
//   parameters:
//     scheme: pkcs11
//
// A reviewer and a program must read the same thing in it, and so must whoever has it shown at a terminal. So keys are
// unique plain words, nothing refers to anything else (no anchor, alias, tag or directive), values are text, integers in
// decimal digits or lists and mappings of those, text has one line (but a public key in PEM) and no escapes, and there is
// no character that does not show: no tab, no carriage return, none that changes the direction of writing.
import { hash } from "node:crypto";
import { containsPan } from "@cofferdam/kit/pan-guard.ts";
import { Document, Scalar, isAlias, isMap, isScalar, isSeq, parseDocument, visit } from "yaml";

/** What a parameter may be. */
export type CeremonyValue = string | number | readonly CeremonyValue[] | { readonly [name: string]: CeremonyValue };

/** What a ceremony file says. */
export interface Ceremony {
  /** e.g. `rotate-root-key`; whether there is such an operation is for the vault to know. */
  readonly operation: string;
  /** One line, 10 to 500 characters. */
  readonly reason: string;
  readonly parameters: Readonly<Record<string, CeremonyValue>>;
}

/** A ceremony file that was read. */
export interface CeremonyFile extends Ceremony {
  /** SHA-256 of the file, 32 bytes: what custodians sign. */
  readonly digest: Buffer;
  /** The file itself. */
  readonly text: string;
}

/** A file that is no ceremony file. The message names the field, never what stood there. */
export class CeremonyFileError extends Error {
  override readonly name = "CeremonyFileError";
  /** e.g. `reason`, `parameters.custodians`; empty for the file as a whole. */
  readonly field: string;

  constructor(field: string, message: string) {
    super(`ceremony file: ${message}`);
    this.field = field;
  }
}

/** In bytes. A database column has the same limit. */
export const maxCeremonyBytes = 16_384;

/** Reads a ceremony file. Throws CeremonyFileError. */
export function readCeremonyFile(bytes: Buffer): CeremonyFile {
  const text = textOf(bytes);
  const { ceremony, operation, reason, parameters } = fieldsOf(parsed(text));
  if (ceremony !== FORMAT) throw new CeremonyFileError("ceremony", `ceremony must be ${FORMAT}`);
  if (typeof operation !== "string" || !operationName.test(operation)) {
    throw new CeremonyFileError("operation", "operation must be the name of one, such as rotate-data-key");
  }
  return {
    operation,
    reason: reasonIn(reason),
    parameters: parametersIn(parameters),
    digest: hash("sha256", bytes, "buffer"),
    text,
  };
}

/** Writes a ceremony file. Throws CeremonyFileError for what `readCeremonyFile` would refuse. */
export function formatCeremonyFile({ operation, reason, parameters }: Ceremony): string {
  const document = new Document({ ceremony: FORMAT, operation, reason, parameters });
  // Where a text must be quoted at all: in double quotes a backslash would begin an escape.
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value === "string" && node.value.includes("\\")) node.type = Scalar.QUOTE_SINGLE;
    },
  });
  const text = document.toString({ lineWidth: 0, singleQuote: true });
  return readCeremonyFile(Buffer.from(text)).text;
}

const FORMAT = "cofferdam/1";
const FIELDS = ["ceremony", "operation", "reason", "parameters"] as const;
/** The same as in the database (migration 0004). */
const operationName = /^[a-z]{1,20}(?:-[a-z]{1,20}){1,4}$/;
const fieldName = /^[a-z][a-z0-9_]{0,39}$/;
/** Parameters, a list, its items, and one to spare. */
const MAX_DEPTH = 4;
/** Every control, format, private, unassigned and ignorable character, and every end of a line but `\n`. */
const hiddenCharacter = /(?!\n)[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const decimalInteger = /^(?:0|[1-9]\d*)$/;
/** The one text of several lines: a signing key, whose form leaves no room for another. */
const publicKeyPem = /^-----BEGIN PUBLIC KEY-----\n(?:[A-Za-z0-9+/=]{1,64}\n)+-----END PUBLIC KEY-----\n?$/;

function textOf(bytes: Buffer): string {
  if (bytes.length > maxCeremonyBytes) throw new CeremonyFileError("", `at most ${maxCeremonyBytes} bytes`);
  const text = decoded(bytes);
  if (hiddenCharacter.test(text)) {
    throw new CeremonyFileError("", "it holds a character that does not show, such as a tab or a carriage return");
  }
  return text;
}

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CeremonyFileError("", "it is not UTF-8");
  }
}

function parsed(text: string): unknown {
  const document = parseDocument(text, {
    strict: true,
    uniqueKeys: true,
    version: "1.2",
    schema: "core",
  });
  // What the parser says quotes the file.
  if (document.errors.length > 0 || document.warnings.length > 0 || /^%/m.test(text)) {
    throw new CeremonyFileError("", "it is not one YAML document with unique keys");
  }
  return valueOf(document.contents, { text, field: "", depth: 0 });
}

type Node = ReturnType<typeof parseDocument>["contents"];

/** Where in a file something stands. */
interface Place {
  readonly text: string;
  readonly field: string;
  readonly depth: number;
}

/** Goes through what was written, not through what it stands for: an alias is then still an alias. */
function valueOf(node: Node, place: Place): unknown {
  const { field, depth } = place;
  const isOdd = isAlias(node) || node?.tag !== undefined || (node !== null && node.anchor !== undefined);
  if (isOdd || depth > MAX_DEPTH) {
    throw new CeremonyFileError(field, `${field} is nested too deep, or holds an anchor, alias or tag`);
  }
  if (isSeq(node)) return node.items.map((item) => valueOf(item as Node, { ...place, depth: depth + 1 }));
  if (isMap(node)) {
    return Object.fromEntries(
      node.items.map(({ key, value }) => {
        const name = nameIn(key, field);
        const inner = { ...place, field: field === "" ? name : `${field}.${name}`, depth: depth + 1 };
        return [name, valueOf(value as Node, inner)];
      }),
    );
  }
  return isScalar(node) ? scalarIn(node as Scalar.Parsed, place) : null;
}

/** A name as it is written: what is quoted may be escaped, and a plain `null` or `~` is no text to the parser. */
function nameIn(key: unknown, field: string): string {
  const isPlain = isScalar(key) && key.type === "PLAIN" && key.tag === undefined && key.anchor === undefined;
  if (isPlain && typeof key.value === "string" && fieldName.test(key.value)) return key.value;
  throw new CeremonyFileError(field, "a field's name is a plain word of lower-case letters");
}

/** A value, if it is written as what it is. Other kinds than text and numbers are for `checkValue`. */
function scalarIn({ value, type, range }: Scalar.Parsed, { text, field }: Place): unknown {
  const written = text.slice(range[0], range[1]);
  if (typeof value === "number" && !decimalInteger.test(written)) {
    throw new CeremonyFileError(field, `${field} is not an integer in decimal digits; quote it if it is text`);
  }
  if (typeof value !== "string") return value;
  const isEscaped = type === Scalar.QUOTE_DOUBLE && written.includes("\\");
  if (isEscaped || hiddenCharacter.test(value) || (value.includes("\n") && !publicKeyPem.test(value))) {
    throw new CeremonyFileError(field, `${field} holds a line break, an escape, or a character that does not show`);
  }
  return value;
}

function fieldsOf(value: unknown): Readonly<Record<(typeof FIELDS)[number], unknown>> {
  if (!isMapping(value)) throw new CeremonyFileError("", `its fields are ${FIELDS.join(", ")}`);
  const missing = FIELDS.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) throw new CeremonyFileError(missing, `it has no ${missing}`);
  if (Object.keys(value).length > FIELDS.length) {
    throw new CeremonyFileError("", `it has a field other than ${FIELDS.join(", ")}`);
  }
  return value;
}

function reasonIn(value: unknown): string {
  const isSentence = typeof value === "string" && value.length >= 10 && value.length <= 500 && !value.includes("\n");
  if (!isSentence) throw new CeremonyFileError("reason", "reason must be one line of 10 to 500 characters");
  if (containsPan(value)) throw new CeremonyFileError("reason", "reason holds a card number");
  return value;
}

function parametersIn(value: unknown): Readonly<Record<string, CeremonyValue>> {
  if (!isMapping(value))
    throw new CeremonyFileError("parameters", "parameters must be a mapping; {} when there are none");
  checkValue(value, "parameters");
  return value as Readonly<Record<string, CeremonyValue>>;
}

function checkValue(value: unknown, field: string): void {
  if (typeof value === "string" || Number.isSafeInteger(value)) return;
  if (Array.isArray(value)) for (const item of value) checkValue(item, field);
  else if (isMapping(value)) for (const [name, inner] of Object.entries(value)) checkValue(inner, `${field}.${name}`);
  else
    throw new CeremonyFileError(field, `${field} must be text or an integer; quote it if it looks like anything else`);
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
