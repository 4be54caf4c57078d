// Requests written out by hand: for bodies and headers that the typed client cannot send, and for answers that are
// compared byte by byte.
import { createMtlsFetch } from "@cofferdam/kit/mtls-fetch.ts";
import { sandboxCallers, sandboxTenants, type SandboxTenant } from "../callers.ts";
import type { StandingVault } from "../standing-vault.ts";

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Sends one request. A body is sent as JSON, whatever it is. */
export type RawCaller = (
  method: string,
  path: string,
  content?: { readonly body?: string; readonly headers?: Readonly<Record<string, string>> },
) => Promise<RawAnswer>;

/** A caller of Harbour Coffee under the client id of its workload, unless told otherwise. Follows the vault's restarts. */
export async function rawCaller(
  standing: StandingVault,
  caller: keyof typeof sandboxCallers,
  as: { readonly tenant?: SandboxTenant; readonly clientId?: string } = {},
): Promise<RawCaller> {
  const { clientId, scopes } = sandboxCallers[caller];
  const { tenantId } = as.tenant ?? sandboxTenants.harbourCoffee;
  const { caPem: ca, certificatePem, keyPem: key } = standing.identities[caller];
  const token = await standing.issuer.issue({ clientId: as.clientId ?? clientId, tenantId, scopes, certificatePem });
  const send = createMtlsFetch({ ca, cert: certificatePem, key, timeoutMs: 10_000 });
  return async (method, path, { body, headers = {} } = {}) => {
    const response = await send(standing.vault.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
}
