/**
 * What services check requests with: the generated validators behind types and behind errors that are safe to send.
 *
 * An error never repeats input. Not the value, and not a name that the document does not declare either: a client that
 * puts a card number where a field name belongs must not find it in our answer, nor we in our log.
 *
 * Bodies that carry a card have no validator here; see `generate-validators.ts`.
 */
import * as generated from "./generated/vault-validators.ts";
import type { DetokenizeBatchRequest, DetokenizeRequest, UpdateToken, operations } from "./generated/vault-types.ts";

/** One field that was refused: where and by which rule, never what was sent. */
export interface FieldError {
  /** RFC 6901 pointer made of declared names and array indexes only, as `/card/pan`; the empty string is the whole value. */
  readonly pointer: string;
  /** The rule that refused: a JSON Schema keyword such as `pattern`, or a code of the vault for what no schema says. */
  readonly keyword: string;
  /** The rule as a sentence of ours. */
  readonly detail: string;
}

export type Validation<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Bodies, as parsed from JSON. The value is the one that was given. */
export const validateUpdateToken = validator<UpdateToken>(generated.UpdateToken);
export const validateDetokenizeRequest = validator<DetokenizeRequest>(generated.DetokenizeRequest);
export const validateDetokenizeBatchRequest = validator<DetokenizeBatchRequest>(generated.DetokenizeBatchRequest);

/** Query parameters as strings by name. The value is a new object, with numbers, and with the document's defaults. */
export const validateAuditEventsQuery = queryValidator<Required<QueryOf<"listAuditEvents">>>(
  generated.listAuditEventsQuery,
);
export const validateInclusionProofQuery = queryValidator<QueryOf<"readInclusionProof">>(
  generated.readInclusionProofQuery,
);
export const validateConsistencyProofQuery = queryValidator<QueryOf<"readConsistencyProof">>(
  generated.readConsistencyProofQuery,
);

type QueryOf<Id extends keyof operations> = Exclude<operations[Id]["parameters"]["query"], undefined>;

/** A function that ajv generated; it leaves its findings on itself. */
interface GeneratedValidator {
  (value: unknown): boolean;
  errors?: readonly Finding[] | null;
}

interface Finding {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Set on findings about a property's name; a `propertyNames` finding about the whole object follows each. */
  readonly propertyName?: string;
}

/** Enough to mend a form in one go; a body of a thousand faults does not earn an answer of a thousand lines. */
const maxErrors = 16;

/**
 * The typed face of a generated validator. `Value` is the author's word: name the type of the same schema.
 * `declaredNames` are the names that errors may contain, from the same generated file.
 */
export function validator<Value>(
  generatedValidator: unknown,
  declaredNames: ReadonlySet<string> = generated.declaredNames,
): (value: unknown) => Validation<Value> {
  const validate = generatedValidator as GeneratedValidator;
  return (value) => {
    if (validate(value)) return { ok: true, value: value as Value };
    const findings = validate.errors ?? [];
    validate.errors = null; // else the names it found would stay in memory until the next call
    return { ok: false, errors: fieldErrors(value, findings, declaredNames) };
  };
}

/** One way of writing an integer is one: `7`, not `07`, `7.0`, `+7` or `7e0`. Others stay strings and are refused. */
function queryValidator<Value>(generatedValidator: unknown): (query: object) => Validation<Value> {
  const validate = validator<Value>(generatedValidator);
  return (query) =>
    validate(Object.fromEntries(Object.entries(query).map(([name, text]) => [name, numberIfInteger(text)])));
}

function numberIfInteger(text: unknown): unknown {
  return typeof text === "string" && /^(?:0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : text;
}

function fieldErrors(value: unknown, findings: readonly Finding[], declaredNames: ReadonlySet<string>): FieldError[] {
  const errors = findings
    .filter((finding) => finding.propertyName === undefined)
    .map(({ instancePath, keyword, params }) => ({
      pointer: declaredPart(value, instancePath, declaredNames) + missingName(keyword, params),
      keyword,
      detail: sentence(keyword, params),
    }));
  // Several undeclared names make the same error several times.
  const distinct = new Map(errors.map((error) => [`${error.pointer} ${error.keyword}`, error]));
  return [...distinct.values()].slice(0, maxErrors);
}

function missingName(keyword: string, params: Finding["params"]): string {
  return keyword === "required" ? `/${String(params["missingProperty"])}` : "";
}

/** The pointer up to the first name that is not ours. A number is kept only where it is the index of an array. */
function declaredPart(value: unknown, instancePath: string, declaredNames: ReadonlySet<string>): string {
  let pointer = "";
  let at = value;
  for (const segment of instancePath.split("/").slice(1)) {
    if (!Array.isArray(at) && !declaredNames.has(segment)) break;
    pointer += `/${segment}`;
    at = (at as Readonly<Record<string, unknown>>)[segment];
  }
  return pointer;
}

/** Limits and allowed values come from the document, so they may be told. */
function sentence(keyword: string, params: Finding["params"]): string {
  const limit = String(params["limit"]);
  switch (keyword) {
    case "additionalProperties":
      return "Has a field that is not part of this request.";
    case "enum":
      return `Must be one of: ${(params["allowedValues"] as readonly string[]).join(", ")}.`;
    case "format":
      return "Must be a date and time that exist, as in 2030-01-31T23:59:59Z.";
    case "maximum":
      return `Must be at most ${limit}.`;
    case "maxItems":
      return `Must have at most ${limit} items.`;
    case "maxLength":
      return `Must be at most ${limit} characters long.`;
    case "maxProperties":
      return `Must have at most ${limit} fields.`;
    case "minimum":
      return `Must be at least ${limit}.`;
    case "minItems":
      return `Must have at least ${limit} items.`;
    case "minProperties":
      return `Must have at least ${limit} field.`;
    case "pattern":
      return "Does not have the form that the API document describes.";
    case "propertyNames":
      return "Has a name that is not allowed here.";
    case "required":
      return "Is required.";
    case "type":
      return `Must be of type ${String(params["type"])}.`;
    default:
      return "Is not valid.";
  }
}
