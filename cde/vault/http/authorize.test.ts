import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadKeyAuthorizer, type KeyAction } from "../admin/authorize.ts";
import { PolicyError, type Decision } from "./authorize-by-policy.ts";
import { loadAuthorizer, type VaultAction } from "./authorize.ts";

const policies = join(import.meta.dirname, "../../../policies/authorization");
const tenantId = "11111111-1111-4111-8111-111111111111";
const otherTenantId = "22222222-2222-4222-8222-222222222222";

/** A row of a decision table, and how to ask. */
interface Row {
  readonly rule: string;
  readonly decision: string;
  readonly decidedBy: string;
  readonly ask: (planes: Planes) => Decision;
}

/** Both planes ask one set of policies, each in its own words. */
interface Planes {
  readonly tokens: Awaited<ReturnType<typeof loadAuthorizer>>;
  readonly keys: Awaited<ReturnType<typeof loadKeyAuthorizer>>;
}

const table = [...(await readTokenTable()), ...(await readKeyTable())];
const planes = await loadPlanes(policies);

for (const row of table) {
  test(`policy: ${row.rule}`, () => {
    const { isAllowed, decidedBy } = row.ask(planes);
    assert.equal(isAllowed ? "allow" : "deny", row.decision);
    assert.equal(decidedBy.join(" "), row.decidedBy);
  });
}

test("every policy decides a row of the tables", async () => {
  const names = (await readdir(policies)).filter((name) => name.endsWith(".cedar")).map((name) => name.slice(0, -6));
  assert.deepEqual([...new Set(table.map((row) => row.decidedBy))].filter(Boolean).sort(), names.sort());
});

test("the tables notice when any one policy is taken away", async () => {
  for (const name of (await readdir(policies)).filter((file) => file.endsWith(".cedar"))) {
    await withPolicies(async (directory) => {
      await rm(join(directory, name));
      assert.notDeepEqual(wrongRows(await loadPlanes(directory)), [], name);
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

function wrongRows(asked: Planes): readonly string[] {
  return table
    .filter(({ ask, decision, decidedBy }) => {
      const answer = ask(asked);
      return (answer.isAllowed ? "allow" : "deny") !== decision || answer.decidedBy.join(" ") !== decidedBy;
    })
    .map((row) => row.rule);
}

async function loadPlanes(directory: string): Promise<Planes> {
  return { tokens: await loadAuthorizer(directory), keys: await loadKeyAuthorizer(directory) };
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

async function readTokenTable(): Promise<readonly Row[]> {
  return (await linesOf("decisions.csv")).map((line) => {
    const [rule = "", workload = "", scopes = "", ownTenant, action, purpose = "", decision = "", decidedBy = ""] =
      line;
    const request = {
      workload,
      tenantId,
      scopes: new Set(scopes.split(" ")),
      action: action as VaultAction,
      resourceTenantId: ownTenant === "yes" ? tenantId : otherTenantId,
      purpose: purpose === "" ? null : purpose,
    };
    return { rule, decision, decidedBy, ask: ({ tokens }) => tokens(request) };
  });
}

async function readKeyTable(): Promise<readonly Row[]> {
  return (await linesOf("admin-decisions.csv")).map((line) => {
    const [rule = "", workload = "", isCustodian, action, decision = "", decidedBy = ""] = line;
    const request = { workload, isCustodian: isCustodian === "yes", action: action as KeyAction };
    return { rule, decision, decidedBy, ask: ({ keys }) => keys(request) };
  });
}

/** The rows of a table without its heading; no field has a comma. */
async function linesOf(name: string): Promise<readonly (readonly string[])[]> {
  const text = await readFile(join(policies, name), "utf8");
  const lines = text.trim().split("\n").slice(1);
  return lines.map((line) => line.split(","));
}
