// Every operation of the vault's API document with a well-formed request for it, so that a test can try them all and
// a new operation is tried without a new test.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import { resolve, type ApiDocument, type Operation, type Parameter } from "@cofferdam/openapi/api-document.ts";
import { sandboxCallers } from "../callers.ts";

const repository = path.resolve(import.meta.dirname, "../..");

/** One operation. Scope and action are null for what needs no access token. */
export interface ApiOperation {
  readonly id: string;
  /** In upper case. */
  readonly method: string;
  /** The template, with `{token}` in it. */
  readonly path: string;
  readonly scope: string | null;
  readonly action: string | null;
  /** The audit actions it may leave. */
  readonly audit: readonly string[];
  readonly parameters: readonly Parameter[];
  /** The first example of its body; undefined when it has none. */
  readonly body: unknown;
}

/** A request as it goes out. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body?: string;
}

/** The operations in the order of openapi/vault.yaml. */
export async function readOperations(): Promise<readonly ApiOperation[]> {
  const document = parse(await readFile(path.join(repository, "openapi/vault.yaml"), "utf8")) as ApiDocument;
  return Object.entries(document.paths).flatMap(([template, { parameters = [], ...methods }]) =>
    Object.entries(methods as Readonly<Record<string, Operation>>).map(([method, operation]) => ({
      id: operation.operationId,
      method: method.toUpperCase(),
      path: template,
      scope: operation["x-cofferdam-scope"],
      action: operation["x-cofferdam-action"],
      audit: operation["x-cofferdam-audit"],
      parameters: [...parameters, ...(operation.parameters ?? [])].map((parameter) =>
        resolve<Parameter>(document, parameter),
      ),
      body: firstExample(operation),
    })),
  );
}

/** Whether a request of this operation names a token, in its path or in its body. */
export function namesToken({ path: template, body }: ApiOperation): boolean {
  return template.includes("{token}") || isTokenList(body);
}

/** The request that the document's own examples make, about `token`. */
export function requestOf(operation: ApiOperation, token: string): ApiRequest {
  const { method, parameters, body } = operation;
  const filled = parameters
    .filter((parameter) => parameter.in === "path")
    .reduce(
      (text, { name, example }) => text.replace(`{${name}}`, name === "token" ? token : String(example)),
      operation.path,
    );
  const query = parameters
    .filter((parameter) => parameter.in === "query")
    .map(({ name, example }) => `${name}=${String(example)}`);
  const target = query.length === 0 ? filled : `${filled}?${query.join("&")}`;
  if (body === undefined) return { method, path: target };
  return { method, path: target, body: JSON.stringify(isTokenList(body) ? { ...body, tokens: [token] } : body) };
}

/** What the rows of policies/authorization/decisions.csv allow, as `workload action`. */
export async function readAllowedPairs(): Promise<ReadonlySet<string>> {
  const table = await readFile(path.join(repository, "policies/authorization/decisions.csv"), "utf8");
  const rows = table
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.split(","));
  const allowed = rows.filter(([, , , , , , decision]) => decision === "allow");
  return new Set(allowed.map(([, workload = "", , , action = ""]) => `${workload} ${action}`));
}

/** A sandbox caller who may do what the operation does. */
export function callerFor(operation: ApiOperation, allowedPairs: ReadonlySet<string>): keyof typeof sandboxCallers {
  const names = Object.keys(sandboxCallers) as (keyof typeof sandboxCallers)[];
  const caller = names.find((name) => allowedPairs.has(`${sandboxCallers[name].workload} ${String(operation.action)}`));
  if (caller === undefined) throw new Error(`nobody may ${operation.id}`);
  return caller;
}

function isTokenList(body: unknown): body is { readonly tokens: readonly string[] } {
  return typeof body === "object" && body !== null && "tokens" in body;
}

function firstExample({ requestBody }: Operation): unknown {
  const [example] = Object.values(requestBody?.content?.["application/json"]?.examples ?? {});
  return example !== undefined && "value" in example ? example.value : undefined;
}
