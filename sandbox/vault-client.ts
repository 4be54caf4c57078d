import createClient, { type Client } from "openapi-fetch";
import { createMtlsFetch } from "@cofferdam/kit/mtls-fetch.ts";
import type { paths } from "@cofferdam/openapi/generated/vault-types.ts";
import type { sandboxCallers, SandboxTenant } from "./callers.ts";
import type { StandingVault } from "./standing-vault.ts";

/** The vault's API, typed by its OpenAPI document. */
export type VaultClient = Client<paths>;

/** A client of the running vault for one caller of one tenant, with a token of its own. */
export async function vaultClient(
  standing: StandingVault,
  caller: keyof typeof sandboxCallers,
  tenant: SandboxTenant,
): Promise<VaultClient> {
  const identity = standing.identities[caller];
  return createClient<paths>({
    baseUrl: standing.vault.url,
    headers: { authorization: `Bearer ${await standing.accessToken(caller, tenant)}` },
    fetch: createMtlsFetch({
      ca: identity.caPem,
      cert: identity.certificatePem,
      key: identity.keyPem,
      timeoutMs: 10_000,
    }),
  });
}
