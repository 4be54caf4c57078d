/**
 * Validators as plain code, made by ajv here so that no service needs ajv.
 *
 * A request body that can hold a card number gets none: the vault reads such a body byte by byte, and a validator
 * would need the number as a string. `x-data-classification: pan` in the document decides.
 */
import { Ajv2020 } from "ajv/dist/2020.js";
import standalone from "ajv/dist/standalone/index.js";
import { operationsOf, resolve, schemasWithin } from "./api-document.ts";
import type { ApiDocument, Body, Operation, Parameter, Schema } from "./api-document.ts";

type Schemas = ReadonlyMap<string, Schema>;

/** For services: card-free bodies by schema name, parameters as `<operationId>Path` and `<operationId>Query`. */
export function requestValidatorsOf(document: ApiDocument): string {
  const operations = operationsOf(document);
  const bodies = operations.flatMap((operation) => jsonSchemas(operation.requestBody ?? {}));
  const schemas = new Map<string, Schema>([
    ...bodies.filter((schema) => !canHoldCard(document, schema)).map(byName),
    ...operations.flatMap((operation) => parameterSchemas(document, operation)),
  ]);
  return validatorsOf(document, schemas);
}

/** For tests: every JSON answer by schema name. These do read card numbers, so no service may import them. */
export function responseValidatorsOf(document: ApiDocument): string {
  const bodies = operationsOf(document).flatMap((operation) =>
    Object.values(operation.responses).flatMap((response) => jsonSchemas(resolve(document, response))),
  );
  return validatorsOf(document, new Map(bodies.map(byName)));
}

function jsonSchemas(body: Body): Schema[] {
  return Object.entries(body.content ?? {})
    .filter(([mediaType]) => mediaType.endsWith("json"))
    .map(([, { schema }]) => schema);
}

/** Bodies are references to named schemas (the linter sees to it that they exist); their name is the validator's. */
function byName(schema: Schema): readonly [string, Schema] {
  const name = schema.$ref?.split("/").at(-1);
  if (name === undefined) throw new Error("a JSON body must be a reference to a schema in components");
  return [name, schema];
}

/** Whether a value of this schema may contain a full card number. */
function canHoldCard(document: ApiDocument, schema: Schema): boolean {
  return [...schemasWithin(document, schema)].some((part) => part["x-data-classification"] === "pan");
}

function parameterSchemas(document: ApiDocument, operation: Operation): (readonly [string, Schema])[] {
  const parameters = (operation.parameters ?? []).map((parameter) => resolve<Parameter>(document, parameter));
  return (["path", "query"] as const).flatMap((place) => {
    const here = parameters.filter((parameter) => parameter.in === place);
    const name = operation.operationId + (place === "path" ? "Path" : "Query");
    return here.length === 0 ? [] : [[name, objectOf(here)] as const];
  });
}

function objectOf(parameters: readonly Parameter[]): Schema {
  return {
    type: "object",
    required: parameters.filter((parameter) => parameter.required).map((parameter) => parameter.name),
    properties: Object.fromEntries(parameters.map((parameter) => [parameter.name, parameter.schema])),
    additionalProperties: false,
  };
}

function validatorsOf(document: ApiDocument, schemas: Schemas): string {
  const ajv = new Ajv2020({
    // All faults at once, so that a client mends a request in one go. validate.ts bounds how many are told.
    allErrors: true,
    useDefaults: true,
    messages: false,
    inlineRefs: false,
    allowUnionTypes: true,
    // Without this, code for string lengths imports ajv at run time. The price: lengths count UTF-16 units.
    unicode: false,
    // What ajv doubts in a schema it throws (its strict mode). All it has to log is that `unicode` is deprecated.
    logger: false,
    code: { source: true, esm: true, lines: true },
    formats: { "date-time": calendarDateTime, "uri-reference": true },
  });
  const root = { $id: rootId, $defs: structureOfEach(document.components.schemas) };
  ajv.addSchema(root);
  for (const [name, schema] of schemas) ajv.addSchema({ $id: idOf(name), ...structureOf(schema) });
  const code = standalone.default(ajv, Object.fromEntries([...schemas.keys()].map((name) => [name, idOf(name)])));
  if (/\brequire\(|^import /m.test(code)) throw new Error("a generated validator needs a library at run time");
  return `${code}\n${declaredNamesOf(document, schemas)}`;
}

/** The names that a pointer in an error may contain: ours. Any other is the client's, and may be a card number. */
function declaredNamesOf(document: ApiDocument, schemas: Schemas): string {
  const parts = [...schemas.values()].flatMap((schema) => [...schemasWithin(document, schema)]);
  const names = new Set(parts.flatMap((part) => Object.keys(part.properties ?? {})));
  return `export const declaredNames = new Set(${JSON.stringify([...names].sort())});\n`;
}

const rootId = "https://cofferdam.invalid/schemas";

function idOf(name: string): string {
  return `${rootId}/${name}`;
}

/** The schema without what only people read. References lead to the one schema that holds them all. */
function structureOf(schema: Schema): Schema {
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([keyword]) => !/^(?:description|examples|x-.*)$/.test(keyword))
      .map(([keyword, value]) => [keyword, structureOfKeyword(keyword, value)]),
  );
}

function structureOfKeyword(keyword: string, value: unknown): unknown {
  if (keyword === "$ref") return (value as string).replace("#/components/schemas/", `${rootId}#/$defs/`);
  if (keyword === "properties") return structureOfEach(value as Record<string, Schema>);
  if (Array.isArray(value)) return value.map((item: unknown) => structureOfKeyword("", item));
  return typeof value === "object" && value !== null ? structureOf(value as Schema) : value;
}

function structureOfEach(schemas: Readonly<Record<string, Schema>>): Record<string, Schema> {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, structureOf(schema)]));
}

/**
 * RFC 3339 date-time that exists on the calendar. `Date` is of no help: it takes 30 February for 2 March. A regular
 * expression, because ajv writes those into the generated code while functions would have to be imported.
 */
const calendarDateTime = ((): RegExp => {
  const leapYear = "(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)";
  const date = [
    "\\d{4}-(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])",
    "\\d{4}-(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)",
    "\\d{4}-02-(?:0[1-9]|1\\d|2[0-8])",
    `${leapYear}-02-29`,
  ].join("|");
  const time = "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d+)?";
  return new RegExp(`^(?:${date})T${time}(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)$`);
})();
