// Parameters of ceremony files, read strictly: what an operation does not know, it does not ignore.
import { uuid } from "@cofferdam/kit/uuid.ts";
import type { KeyPurpose } from "../keys/keyring.ts";
import { rootKeySchemes, schemeOf, type RootKeyScheme } from "../keys/root/root-key.ts";
import { OperationError } from "./operation.ts";

export type Parameters = Readonly<Record<string, unknown>>;

/** A key version as people name it. */
export interface NamedKey {
  readonly tenantId: string;
  readonly purpose: KeyPurpose;
  readonly version: number;
}

/** Refuses any parameter but these. Throws OperationError `malformed`. */
export function only(parameters: Parameters, ...names: readonly string[]): void {
  for (const name of Object.keys(parameters)) {
    if (!names.includes(name)) throw new OperationError("malformed", `parameters are: ${names.join(", ")}`);
  }
}

export function tenantIdIn(parameters: Parameters): string {
  const value = parameters["tenant_id"];
  if (typeof value === "string" && uuid.test(value)) return value;
  throw malformed("tenant_id", "a UUID in lower case");
}

export function schemeIn(parameters: Parameters): RootKeyScheme {
  const scheme = rootKeySchemes.find((known) => known === parameters["scheme"]);
  if (scheme === undefined) throw malformed("scheme", `one of ${rootKeySchemes.join(", ")}`);
  return scheme;
}

export function rootKeyIdIn(parameters: Parameters): string {
  const value = parameters["root_key_id"];
  if (typeof value === "string" && value.length <= 100 && schemeOf(value) !== null) return value;
  throw malformed("root_key_id", "a root key as the status names it");
}

/** A key version, of the purposes that the operation knows. */
export function namedKeyIn(parameters: Parameters, purposes: readonly KeyPurpose[]): NamedKey {
  const purpose = purposes.find((known) => known === parameters["purpose"]);
  const version = parameters["version"];
  if (purpose === undefined) throw malformed("purpose", `one of ${purposes.join(", ")}`);
  if (!Number.isSafeInteger(version) || Number(version) < 1) throw malformed("version", "an integer from 1 on");
  return { tenantId: tenantIdIn(parameters), purpose, version: Number(version) };
}

export function malformed(name: string, expected: string): OperationError {
  return new OperationError("malformed", `${name} must be ${expected}`, `/parameters/${name}`);
}
