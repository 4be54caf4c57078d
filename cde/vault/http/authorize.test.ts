import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { PolicyError, loadAuthorizer, type AccessRequest, type Authorizer, type VaultAction } from "./authorize.ts";

const policies = join(import.meta.dirname, "../../../policies/authorization");
const tenantId = "11111111-1111-4111-8111-111111111111";
const otherTenantId = "22222222-2222-4222-8222-222222222222";

interface Row {
  readonly rule: string;
  readonly request: AccessRequest;
  readonly decision: string;
  readonly decidedBy: string;
}

const table = await readTable();
const authorize = await loadAuthorizer(policies);

for (const row of table) {
  test(`policy: ${row.rule}`, () => {
    const { isAllowed, decidedBy } = authorize(row.request);
    assert.equal(isAllowed ? "allow" : "deny", row.decision);
    assert.equal(decidedBy.join(" "), row.decidedBy);
  });
}

test("every policy decides a row of the table", async () => {
  const names = (await readdir(policies)).filter((name) => name.endsWith(".cedar")).map((name) => name.slice(0, -6));
  assert.deepEqual([...new Set(table.map((row) => row.decidedBy))].filter(Boolean).sort(), names.sort());
});

test("the table notices when any one policy is taken away", async () => {
  for (const name of (await readdir(policies)).filter((file) => file.endsWith(".cedar"))) {
    await withPolicies(async (directory) => {
      await rm(join(directory, name));
      assert.notDeepEqual(wrongRows(await loadAuthorizer(directory)), [], name);
    });
  }
});

test("a policy with a misspelt attribute stops the start", async () => {
  await withPolicies(async (directory) => {
    await writeFile(
      join(directory, "typo.cedar"),
      "permit (principal, action, resource) when { principal.tennant == resource.tenant };",
    );
    await assert.rejects(loadAuthorizer(directory), PolicyError);
  });
});

function wrongRows(decide: Authorizer): readonly string[] {
  return table
    .filter(({ request, decision, decidedBy }) => {
      const answer = decide(request);
      return (answer.isAllowed ? "allow" : "deny") !== decision || answer.decidedBy.join(" ") !== decidedBy;
    })
    .map((row) => row.rule);
}

async function withPolicies(act: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "policies-"));
  try {
    await cp(policies, directory, { recursive: true });
    await act(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function readTable(): Promise<readonly Row[]> {
  const lines = (await readFile(join(policies, "decisions.csv"), "utf8")).trim().split("\n").slice(1);
  return lines.map((line) => {
    const [rule = "", workload = "", scopes = "", ownTenant, action, purpose = "", decision = "", decidedBy = ""] =
      line.split(",");
    const request: AccessRequest = {
      workload,
      tenantId,
      scopes: new Set(scopes.split(" ")),
      action: action as VaultAction,
      resourceTenantId: ownTenant === "yes" ? tenantId : otherTenantId,
      purpose: purpose === "" ? null : purpose,
    };
    return { rule, request, decision, decidedBy };
  });
}
