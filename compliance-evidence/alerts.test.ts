// Alert rules ship as files for Prometheus, which nothing here runs: so their words are held against the code.
import assert from "node:assert/strict";
import { access, glob, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

const root = join(import.meta.dirname, "..");
const folder = join(root, "docs/alerts");
const files = (await readdir(folder)).filter((name) => name.endsWith(".rules.yaml"));
const rules = (await Promise.all(files.map(readRules))).flat();
const metrics = await registeredMetrics();

test("every alert has a name of its own, a condition, a severity and a runbook that exists", async () => {
  assert.ok(rules.length > 10);
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
  for (const rule of rules) assert.deepEqual(await faultsOf(rule), [], rule.alert);
});

test("every metric that a rule asks for is one that a process of ours has", () => {
  for (const { alert, expr } of rules) {
    assert.ok(metricsIn(expr).length > 0, `${alert} asks for no metric`);
    assert.deepEqual(unknownIn(expr), [], alert);
  }
});

test("a rule with an unknown metric or label, an open bracket or a lost runbook is reported", async () => {
  assert.deepEqual(unknownIn("max(cofferdam_keys_overdue) > 0"), ["cofferdam_keys_overdue"]);
  assert.deepEqual(unknownIn('sum(cofferdam_key_rows{colour="red"}) > 0'), ["cofferdam_key_rows{colour}"]);
  assert.deepEqual(unknownIn('rate(cofferdam_root_key_call_seconds_count{outcome!="ok"}[5m]) > 0'), []);
  const [rule] = rules;
  assert.ok(rule);
  assert.deepEqual(await faultsOf({ ...rule, expr: "max(cofferdam_keys_due > 0" }), ["brackets do not match"]);
  const lost = { ...rule, annotations: { ...rule.annotations, runbook: "docs/runbooks/gone.md" } };
  assert.deepEqual(await faultsOf(lost), ["the runbook does not exist"]);
});

async function readRules(name: string): Promise<readonly Rule[]> {
  const file = parse(await readFile(join(folder, name), "utf8"), { uniqueKeys: true }) as {
    readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
  };
  return file.groups.flatMap((group) => group.rules);
}

async function faultsOf({ alert, expr, for: lasting, labels, annotations }: Rule): Promise<readonly string[]> {
  const { summary, runbook } = annotations;
  const isThere = await access(join(root, runbook)).then(
    () => true,
    () => false,
  );
  const checks: readonly (readonly [boolean, string])[] = [
    [/^[A-Z][A-Za-z]+$/.test(alert), "its name is no word"],
    [isBalanced(expr), "brackets do not match"],
    [lasting === undefined || /^\d+[smhd]$/.test(lasting), "its time is none"],
    [["page", "ticket"].includes(labels.severity), "its severity is unknown"],
    [summary.length >= 20, "its summary says nothing"],
    [runbook.startsWith("docs/runbooks/") && isThere, "the runbook does not exist"],
  ];
  return checks.flatMap(([isFine, fault]) => (isFine ? [] : [fault]));
}

function isBalanced(expr: string): boolean {
  const open: string[] = [];
  for (const [bracket] of expr.matchAll(/[()[\]{}]/g)) {
    if ("([{".includes(bracket)) open.push(bracket);
    else if ("([{".indexOf(open.pop() ?? "-") !== ")]}".indexOf(bracket)) return false;
  }
  return open.length === 0;
}

/** Metrics, each with the labels that a selector asks for. A histogram is asked for by its parts. */
function metricsIn(expr: string): readonly { readonly name: string; readonly labels: readonly string[] }[] {
  return [...expr.matchAll(/\b(cofferdam_[a-z_]+)(?:\{([^}]*)\})?/g)].map(([, name = "", selector = ""]) => ({
    name: name.replace(/_(bucket|count|sum)$/, ""),
    labels: [...selector.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)].map(([, label = ""]) => label),
  }));
}

function unknownIn(expr: string): readonly string[] {
  return metricsIn(expr).flatMap(({ name, labels }) => {
    const source = metrics.get(name);
    if (source === undefined) return [name];
    return labels.filter((label) => !source.includes(`"${label}"`)).map((label) => `${name}{${label}}`);
  });
}

/** Name -> the file that registers it, whose words its labels are. */
async function registeredMetrics(): Promise<ReadonlyMap<string, string>> {
  const registered = new Map<string, string>();
  for await (const path of glob("{cde,kit}/**/*.ts", { cwd: root, exclude: ["**/*.test.ts", "**/node_modules/**"] })) {
    const source = await readFile(join(root, path), "utf8");
    for (const [, name = ""] of source.matchAll(/\bname: "(cofferdam_[a-z_]+)"/g)) registered.set(name, source);
  }
  return registered;
}
