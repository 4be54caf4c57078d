// Who calls the vault in the sandbox: the tenants, the workloads, and what each workload asks for in its tokens.
// The scopes are what the identity service would grant; the vault's policies decide anew.

/** A merchant. */
export interface SandboxTenant {
  readonly tenantId: string;
  readonly name: string;
}

/** A workload that calls the vault. */
export interface SandboxCaller {
  /** Path of its SPIFFE id, and name in the sandbox's certificates. */
  readonly workload: "cde/capture" | "cde/egress" | "non-cde/payment" | "management/auditor";
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** What it does in the story. */
  readonly role: string;
}

/** The two merchants of the sandbox: two, so that one can be tried with the other's tokens. */
export const sandboxTenants = {
  harbourCoffee: { tenantId: "11111111-1111-4111-8111-111111111111", name: "Harbour Coffee" },
  lanternBooks: { tenantId: "22222222-2222-4222-8222-222222222222", name: "Lantern Books" },
} as const satisfies Record<string, SandboxTenant>;

/** The callers, by the short name of their workload. */
export const sandboxCallers = {
  capture: {
    workload: "cde/capture",
    clientId: "capture",
    scopes: ["tokens:create"],
    role: "hosted card page: swaps a card for a token",
  },
  egress: {
    workload: "cde/egress",
    clientId: "egress",
    scopes: ["tokens:read", "tokens:detokenize"],
    role: "relay to acquirers: the only one that sees a card again",
  },
  payment: {
    workload: "non-cde/payment",
    clientId: "payment",
    scopes: ["tokens:read", "tokens:update", "tokens:delete"],
    role: "payment service: works with tokens and masks",
  },
  auditor: {
    workload: "management/auditor",
    clientId: "auditor",
    scopes: ["audit:read"],
    role: "auditor: reads and verifies the audit log",
  },
} as const satisfies Record<string, SandboxCaller>;
