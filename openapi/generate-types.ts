import openapiTS, { astToString } from "openapi-typescript";

/**
 * TypeScript for an API document: `paths` and `operations` for typed clients, and each schema under its own name.
 *
 * Properties are read-only. A property with a default stays optional (`defaultNonNullable: false`), for a client may
 * leave it out.
 */
export async function typesOf(documentText: string): Promise<string> {
  const nodes = await openapiTS(documentText, {
    immutable: false,
    defaultNonNullable: false,
    rootTypes: true,
    rootTypesNoSchemaPrefix: true,
    silent: true,
  });
  return astToString(nodes);
}
