// A key version as people name it: tenant, purpose, number. The vault's API takes its id.
import type { AdminClient, KeyVersionView, Schemas } from "../admin-client.ts";
import { AdminProblem } from "../admin-problem.ts";
import type { Call, CommandOption } from "../command.ts";
import { Refusal } from "../errors.ts";

/** Options of every command that is about one key version. */
export const tenantOptions: Readonly<Record<string, CommandOption>> = {
  tenant: { value: "<id>", help: "whose key" },
  purpose: { value: "<purpose>", help: "data or index; request where nothing is moved" },
  version: { value: "<n>", help: "its number, as keyops census shows it" },
};

/** Counts a tenant's rows. Throws Refusal when there is no such tenant. */
export async function censusOf(admin: AdminClient, tenantId: string): Promise<Schemas["Census"]> {
  return admin.census(tenantId).catch((error: unknown) => {
    if (!(error instanceof AdminProblem && error.problem.status === 404)) throw error;
    throw new Refusal("there is no such tenant", "keyops inventory lists every tenant's keys.");
  });
}

/** Finds the version that the options name. Throws Refusal when there is no such tenant, or it has no such version. */
export async function findVersion({ options }: Call, admin: AdminClient): Promise<KeyVersionView> {
  const tenantId = options.id("tenant");
  const purpose = options.choice("purpose", ["data", "index", "request"]);
  const version = options.integer("version", { min: 1, max: 999_999_999 });
  const { versions } = await censusOf(admin, tenantId);
  const key = versions.find((each) => each.purpose === purpose && each.version === version);
  if (key === undefined) throw new Refusal("the tenant has no such key version", `keyops census --tenant ${tenantId}`);
  return key;
}
