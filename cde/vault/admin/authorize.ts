// Who may do what to keys: a caller of the admin plane, who is known by a certificate alone.
import { loadPolicySet, type Decision } from "../http/authorize-by-policy.ts";

export type KeyAction =
  "readKeys" | "proposeKeyOperation" | "approveKeyOperation" | "executeKeyOperation" | "manageKeyJobs" | "bringShare";

/** Who wants what. */
export interface KeyAccessRequest {
  /** SPIFFE path of the peer certificate, e.g. `management/custodian-mei`. */
  readonly workload: string;
  /** Whether the roster has this name with the key of that certificate. */
  readonly isCustodian: boolean;
  readonly action: KeyAction;
}

export type KeyAuthorizer = (request: KeyAccessRequest) => Decision;

/** Loads the policies of a directory. Throws PolicyError. Decisions are not kept: the roster changes. */
export async function loadKeyAuthorizer(directory: string): Promise<KeyAuthorizer> {
  const policies = await loadPolicySet(directory);
  return ({ workload, isCustodian, action }) =>
    policies({
      principal: {
        type: "Administrator",
        id: workload,
        attributes: { zone: workload.split("/", 1)[0] ?? "", isCustodian },
      },
      action,
      resource: { type: "KeyStore", id: "keys", attributes: {} },
      context: {},
    });
}
