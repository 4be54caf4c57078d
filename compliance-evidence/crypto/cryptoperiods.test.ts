import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { readYaml } from "../catalog.ts";

interface Period {
  readonly max_age_days: number;
  readonly max_uses: number | null;
  readonly guidance_max_days: number;
  readonly reason: string;
  readonly source: string;
  readonly enforced_by: "vault" | "custodian";
}

const documented = (await readYaml(join(import.meta.dirname, "cryptoperiods.yaml"))) as Readonly<
  Record<string, Period>
>;

test("the documented cryptoperiods are those that the vault obeys", async () => {
  const obeyed = await readYaml(join(import.meta.dirname, "../../policies/cryptoperiods.yaml"));
  assert.deepEqual(limits(documented), limits(obeyed as typeof documented));
});

test("every kind of key has a period within the guidance, a reason and a source", () => {
  for (const [kind, period] of Object.entries(documented)) {
    assert.ok(period.max_age_days <= period.guidance_max_days, `${kind} outlives the guidance`);
    assert.ok(period.reason.length > 20, `${kind} has no reason`);
    assert.match(period.source, /^SP 800-57/, `${kind} has no source`);
  }
});

test("a data key retires long before AES-GCM wears out", () => {
  assert.equal(documented["data"]?.max_uses, 2 ** 24);
});

function limits(periods: Readonly<Record<string, Period>>): Record<string, readonly [number, number | null]> {
  return Object.fromEntries(
    Object.entries(periods).map(([kind, period]) => [kind, [period.max_age_days, period.max_uses]]),
  );
}
