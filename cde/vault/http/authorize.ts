// Asks Cedar. Policies are files, one rule each, named after the file; the schema is checked strictly at the start.
import { readFile, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  preparsePolicySet,
  preparseSchema,
  statefulIsAuthorized,
  validate,
  type AuthorizationAnswer,
} from "@cedar-policy/cedar-wasm/nodejs";

export type VaultAction = "tokenize" | "readToken" | "updateToken" | "deleteToken" | "detokenize" | "readAudit";

/** Who wants what. `purpose` is part of detokenising and of nothing else. */
export interface AccessRequest {
  /** SPIFFE path of the peer certificate, e.g. `cde/egress`. */
  readonly workload: string;
  readonly tenantId: string;
  readonly scopes: ReadonlySet<string>;
  readonly action: VaultAction;
  readonly resourceTenantId: string;
  readonly purpose: string | null;
}

export interface Decision {
  readonly isAllowed: boolean;
  /** Ids of the policies that decided; empty when nothing permits. */
  readonly decidedBy: readonly string[];
}

export type Authorizer = (request: AccessRequest) => Decision;

/** Policies that do not parse, or that the schema refuses: the vault does not start. */
export class PolicyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "PolicyError";
  }
}

const NAMESPACE = "Cofferdam";
const MAX_CACHED_DECISIONS = 10_000;

/** Loads `*.cedar` and `schema.cedarschema` of a directory. Throws PolicyError. */
export async function loadAuthorizer(directory: string): Promise<Authorizer> {
  const schema = await readFile(join(directory, "schema.cedarschema"), "utf8");
  const files = (await readdir(directory)).filter((name) => name.endsWith(".cedar")).sort();
  if (files.length === 0) throw new PolicyError(`no policy in ${basename(directory)}`);
  const texts = await Promise.all(files.map((name) => readFile(join(directory, name), "utf8")));
  // Given as a map, a policy keeps its name in every decision; as one text it would be called policy0.
  const staticPolicies = Object.fromEntries(files.map((name, index) => [basename(name, ".cedar"), texts[index] ?? ""]));
  checkPolicies(schema, staticPolicies);
  return cached(cedarAuthorizer(schema, staticPolicies));
}

function checkPolicies(schema: string, staticPolicies: Record<string, string>): void {
  const answer = validate({ schema, policies: { staticPolicies }, validationSettings: { mode: "strict" } });
  if (answer.type === "failure") throw new PolicyError(answer.errors.map((error) => error.message).join("; "));
  const faults = [...answer.validationErrors, ...answer.validationWarnings];
  if (faults.length > 0)
    throw new PolicyError(faults.map((fault) => `${fault.policyId}: ${fault.error.message}`).join("; "));
}

function cedarAuthorizer(schema: string, staticPolicies: Record<string, string>): Authorizer {
  // Cedar keeps parsed sets by name for the whole process: a name of its own for each loaded directory.
  const name = `vault-${Math.random().toString(36).slice(2)}`;
  const parsed = [preparseSchema(name, schema), preparsePolicySet(name, { staticPolicies })];
  if (parsed.some((answer) => answer.type === "failure")) throw new PolicyError("policies do not parse");
  return (request) => {
    const answer = statefulIsAuthorized({
      principal: workload(request),
      action: { type: `${NAMESPACE}::Action`, id: request.action },
      resource: vault(request),
      context: request.purpose === null ? {} : { purpose: request.purpose },
      preparsedSchemaName: name,
      preparsedPolicySetId: name,
      validateRequest: true,
      entities: [
        {
          uid: workload(request),
          attrs: {
            zone: request.workload.split("/", 1)[0] ?? "",
            tenant: { __entity: tenant(request.tenantId) },
            scopes: [...request.scopes],
          },
          parents: [],
        },
        { uid: vault(request), attrs: { tenant: { __entity: tenant(request.resourceTenantId) } }, parents: [] },
      ],
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

/** A decision depends on nothing but its request, so it may be kept. */
function cached(decide: Authorizer): Authorizer {
  const decisions = new Map<string, Decision>();
  return (request) => {
    const key = JSON.stringify({ ...request, scopes: [...request.scopes].sort() });
    const known = decisions.get(key);
    if (known !== undefined) return known;
    if (decisions.size >= MAX_CACHED_DECISIONS) decisions.clear();
    const decision = decide(request);
    decisions.set(key, decision);
    return decision;
  };
}

function workload(request: AccessRequest): { type: string; id: string } {
  return { type: `${NAMESPACE}::Workload`, id: request.workload };
}

function vault(request: AccessRequest): { type: string; id: string } {
  return { type: `${NAMESPACE}::TokenVault`, id: request.resourceTenantId };
}

function tenant(id: string): { type: string; id: string } {
  return { type: `${NAMESPACE}::Tenant`, id };
}
