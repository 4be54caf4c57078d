// Who may do what to tokens and their log: a caller with an access token, and the vault of one tenant.
import { loadPolicySet, type Decision, type PolicyQuestion } from "./authorize-by-policy.ts";

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

export type Authorizer = (request: AccessRequest) => Decision;

const MAX_CACHED_DECISIONS = 10_000;

/** Loads the policies of a directory. Throws PolicyError. */
export async function loadAuthorizer(directory: string): Promise<Authorizer> {
  const policies = await loadPolicySet(directory);
  return cached((request) => policies(questionOf(request)));
}

function questionOf({ workload, tenantId, scopes, action, resourceTenantId, purpose }: AccessRequest): PolicyQuestion {
  const zone = workload.split("/", 1)[0] ?? "";
  return {
    principal: {
      type: "Workload",
      id: workload,
      attributes: { zone, tenant: { type: "Tenant", id: tenantId }, scopes: [...scopes] },
    },
    action,
    resource: {
      type: "TokenVault",
      id: resourceTenantId,
      attributes: { tenant: { type: "Tenant", id: resourceTenantId } },
    },
    context: purpose === null ? {} : { purpose },
  };
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
