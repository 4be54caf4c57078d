/** As much of an OpenAPI 3.1 document as the generator and the contract test read. The linter checks all of it. */

export interface Schema {
  readonly [keyword: string]: unknown;
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}

export interface Reference {
  readonly $ref: string;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, Example | Reference>>;
}

export interface Example {
  readonly value: unknown;
}

export interface MediaType {
  readonly schema: Schema;
  readonly examples?: Readonly<Record<string, Example | Reference>>;
}

export interface Body {
  readonly content?: Readonly<Record<string, MediaType>>;
}

export interface Response extends Body {
  readonly "x-cofferdam-problems"?: readonly string[];
  readonly headers?: Readonly<Record<string, unknown>>;
}

export interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly (Parameter | Reference)[];
  readonly requestBody?: Body;
  readonly responses: Readonly<Record<string, Response | Reference>>;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly "x-cofferdam-scope": string | null;
  readonly "x-cofferdam-action": string | null;
  readonly "x-cofferdam-audit": readonly string[];
}

export interface ApiDocument {
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const methods = ["get", "put", "post", "delete", "patch"] as const;
type PathItem = { readonly [Method in (typeof methods)[number]]?: Operation } & {
  readonly parameters?: readonly (Parameter | Reference)[];
};

/** Every operation in the order of the document, with the parameters of its path among its own. */
export function operationsOf(document: ApiDocument): readonly Operation[] {
  return Object.values(document.paths).flatMap((item) =>
    methods.flatMap((method) => {
      const operation = item[method];
      if (!operation) return [];
      return [{ ...operation, parameters: [...(item.parameters ?? []), ...(operation.parameters ?? [])] }];
    }),
  );
}

/** What a reference inside the document points to, or the value itself when it is none. Throws on a dangling one. */
export function resolve<T extends object>(document: ApiDocument, value: T | Reference): T {
  if (!("$ref" in value)) return value;
  let found: unknown = document;
  for (const name of value.$ref.slice("#/".length).split("/")) {
    found = (found as Record<string, unknown> | undefined)?.[name];
  }
  if (typeof found !== "object" || found === null) throw new Error(`reference leads nowhere: ${value.$ref}`);
  return found as T;
}

/** Every schema that a schema is made of, itself included, each once; references are followed. */
export function schemasWithin(document: ApiDocument, schema: Schema, seen = new Set<Schema>()): ReadonlySet<Schema> {
  if (seen.has(schema)) return seen;
  seen.add(schema);
  if (schema.$ref !== undefined) schemasWithin(document, resolve<Schema>(document, { $ref: schema.$ref }), seen);
  for (const part of subschemas(schema)) schemasWithin(document, part, seen);
  return seen;
}

function subschemas(schema: Schema): Schema[] {
  const single = ["items", "additionalProperties", "propertyNames", "not"].map((keyword) => schema[keyword]);
  const lists = ["oneOf", "anyOf", "allOf"].flatMap((keyword) => (schema[keyword] as Schema[] | undefined) ?? []);
  return [...Object.values(schema.properties ?? {}), ...lists, ...single.filter(isSchema)];
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null;
}
