// Asks Cedar. Policies are files, one rule each, named after the file; the schema is checked strictly at the start. Both
// planes of the vault ask the same set of policies, each about its own kinds of caller and resource.
import { readFile, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  preparsePolicySet,
  preparseSchema,
  statefulIsAuthorized,
  validate,
  type AuthorizationAnswer,
  type EntityJson,
} from "@cedar-policy/cedar-wasm/nodejs";

/** A thing of the schema, named by its type without the namespace, and its attributes. */
export interface PolicyEntity {
  readonly type: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string | boolean | readonly string[] | EntityName>>;
}

/** An attribute that is another thing. */
export interface EntityName {
  readonly type: string;
  readonly id: string;
}

/** Who wants to do what to what. */
export interface PolicyQuestion {
  readonly principal: PolicyEntity;
  readonly action: string;
  readonly resource: PolicyEntity;
  readonly context: Readonly<Record<string, string>>;
}

export interface Decision {
  readonly isAllowed: boolean;
  /** Ids of the policies that decided; empty when nothing permits. */
  readonly decidedBy: readonly string[];
}

export type PolicySet = (question: PolicyQuestion) => Decision;

/** Policies that do not parse, or that the schema refuses: the process does not start. */
export class PolicyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "PolicyError";
  }
}

const NAMESPACE = "Cofferdam";

/** Loads `*.cedar` and `schema.cedarschema` of a directory. Throws PolicyError. */
export async function loadPolicySet(directory: string): Promise<PolicySet> {
  const schema = await readFile(join(directory, "schema.cedarschema"), "utf8");
  const files = (await readdir(directory)).filter((name) => name.endsWith(".cedar")).sort();
  if (files.length === 0) throw new PolicyError(`no policy in ${basename(directory)}`);
  const texts = await Promise.all(files.map((name) => readFile(join(directory, name), "utf8")));
  // Given as a map, a policy keeps its name in every decision; as one text it would be called policy0.
  const staticPolicies = Object.fromEntries(files.map((name, index) => [basename(name, ".cedar"), texts[index] ?? ""]));
  checkPolicies(schema, staticPolicies);
  return cedarPolicySet(schema, staticPolicies);
}

function checkPolicies(schema: string, staticPolicies: Record<string, string>): void {
  const answer = validate({ schema, policies: { staticPolicies }, validationSettings: { mode: "strict" } });
  if (answer.type === "failure") throw new PolicyError(answer.errors.map((error) => error.message).join("; "));
  const faults = [...answer.validationErrors, ...answer.validationWarnings];
  if (faults.length > 0)
    throw new PolicyError(faults.map((fault) => `${fault.policyId}: ${fault.error.message}`).join("; "));
}

function cedarPolicySet(schema: string, staticPolicies: Record<string, string>): PolicySet {
  // Cedar keeps parsed sets by name for the whole process: a name of its own for each loaded directory.
  const name = `vault-${Math.random().toString(36).slice(2)}`;
  const parsed = [preparseSchema(name, schema), preparsePolicySet(name, { staticPolicies })];
  if (parsed.some((answer) => answer.type === "failure")) throw new PolicyError("policies do not parse");
  return ({ principal, action, resource, context }) => {
    const answer = statefulIsAuthorized({
      principal: qualified(principal),
      action: qualified({ type: "Action", id: action }),
      resource: qualified(resource),
      context: { ...context },
      preparsedSchemaName: name,
      preparsedPolicySetId: name,
      validateRequest: true,
      entities: [entityOf(principal), entityOf(resource)],
    });
    return decisionOf(answer);
  };
}

/** A request that Cedar cannot evaluate is a refusal, and so is any error while evaluating. */
function decisionOf(answer: AuthorizationAnswer): Decision {
  if (answer.type === "failure" || answer.response.diagnostics.errors.length > 0)
    return { isAllowed: false, decidedBy: [] };
  return { isAllowed: answer.response.decision === "allow", decidedBy: answer.response.diagnostics.reason };
}

function entityOf(entity: PolicyEntity): EntityJson {
  const attributes = Object.entries(entity.attributes).map(([name, value]) => [name, valueOf(value)] as const);
  return { uid: qualified(entity), attrs: Object.fromEntries(attributes), parents: [] };
}

function valueOf(value: PolicyEntity["attributes"][string]): EntityJson["attrs"][string] {
  if (typeof value !== "object") return value;
  return "type" in value ? { __entity: qualified(value) } : [...value];
}

function qualified({ type, id }: EntityName): { type: string; id: string } {
  return { type: `${NAMESPACE}::${type}`, id };
}
