import assert from "node:assert/strict";
import { validateHealth } from "@cofferdam/openapi/validate-response.ts";
import type { StandingVault } from "../standing-vault.ts";

/** What the vault tells whoever watches it: the status of `/readyz`, and the checks that fail. */
export async function readinessOf(
  standing: StandingVault,
): Promise<{ readonly status: number; readonly failing: readonly string[] }> {
  const response = await fetch(`${standing.vault.opsUrl}/readyz`);
  const valid = validateHealth(await response.json());
  assert.ok(valid.ok);
  return { status: response.status, failing: valid.value.checks.filter(({ ok }) => !ok).map(({ name }) => name) };
}
