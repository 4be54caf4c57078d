// A caller whose requests are written out by hand, with an access token of its own.
import { sandboxCallers, sandboxTenants, type SandboxTenant } from "../callers.ts";
import type { StandingVault } from "../standing-vault.ts";
import type { ApiRequest } from "./api-operations.ts";
import { openConnection, type Answer } from "./connection.ts";

/** Sends one request. A body is sent as JSON, whatever it is. */
export type RawCaller = (
  method: string,
  path: string,
  content?: Pick<ApiRequest, "body" | "headers">,
) => Promise<Answer>;

const maxSockets = 32;
const timeoutMs = 10_000;

/** A caller of Harbour Coffee under the client id of its workload, unless told otherwise. Follows the vault's restarts. */
export async function rawCaller(
  standing: StandingVault,
  caller: keyof typeof sandboxCallers,
  as: { readonly tenant?: SandboxTenant; readonly clientId?: string } = {},
): Promise<RawCaller> {
  const { clientId, scopes } = sandboxCallers[caller];
  const { tenantId } = as.tenant ?? sandboxTenants.harbourCoffee;
  const identity = standing.identities[caller];
  const { certificatePem } = identity;
  const token = await standing.issuer.issue({ clientId: as.clientId ?? clientId, tenantId, scopes, certificatePem });
  const connection = openConnection(standing, identity, maxSockets);
  return (method, path, { headers, ...body } = {}) => {
    const request = { method, path, headers: { authorization: `Bearer ${token}`, ...headers }, ...body };
    return connection.send(request, AbortSignal.timeout(timeoutMs));
  };
}
