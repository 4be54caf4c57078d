// `keyops status` and `census`: how stores, root keys and custodians stand, and what is under each key of a tenant.
import type { Schemas } from "../admin-client.ts";
import type { Command } from "../command.ts";
import { count, factLines, table } from "../text.ts";
import { censusOf } from "./key-version.ts";

const exitCodes = { 1: "the vault refused", 3: "the vault is not available" } as const;

export const status: Command = {
  name: "status",
  summary: "how root keys, their stores and the custodians stand",
  description:
    "Which root keys there are and when they end, which stores answer, what is due, and who the custodians are.",
  words: [],
  options: {},
  isOnline: true,
  examples: ["status", "status --profile mei.yaml --json"],
  exitCodes,
  run: async (call) => {
    const answer = await (await call.connect()).admin.status();
    return { text: statusText(answer), json: { status: answer } };
  },
};

function statusText(view: Schemas["Status"]): string {
  const stores = view.stores.map((store) => [
    store.scheme,
    store.is_reachable ? (store.is_sealed ? "sealed" : "open") : "does not answer",
    store.location ?? "",
  ]);
  const keys = view.root_keys.map(({ id, state, wraps, ends_at }) => [id, state, String(wraps), ends_at ?? ""]);
  const people = view.custodians.map(({ name, acknowledged_until }) => [name, acknowledged_until]);
  const isDue = view.keys_due > 0 ? "keyops inventory" : null;
  return [
    factLines([
      ["vault", view.is_sealed ? "sealed: custodians bring their shares (keyops unseal)" : "open"],
      ["tenants", count(view.tenants)],
      ["keys due", isDue === null ? "none" : `${count(view.keys_due)} (${isDue})`],
      ["jobs", `${count(view.jobs_open)} open`],
      ["proposals", `${count(view.proposals_open)} open`],
      ["build", view.build],
    ]),
    table(["STORE", "STATE", "WHERE"], stores, "no stores"),
    table(["ROOT KEY", "STATE", "WRAPS", "ENDS"], keys, "no root keys"),
    table(["CUSTODIAN", "ACKNOWLEDGED UNTIL"], people, "no custodians"),
  ].join("\n");
}

export const census: Command = {
  name: "census",
  summary: "how many rows are under each key version of a tenant",
  description:
    "Counts cards, fingerprints and kept answers under each version, now. A version that is not primary and has 0 rows can be certified (keyops retire) and then destroyed.",
  words: [],
  options: { tenant: { value: "<id>", help: "whose keys" } },
  isOnline: true,
  examples: ["census --tenant <id>", "census --tenant <id> --json"],
  exitCodes,
  run: async (call) => {
    const answer = await censusOf((await call.connect()).admin, call.options.id("tenant"));
    const header = ["KEY", "PURPOSE", "VERSION", "STATE", "ROWS", "USES", "ENDS", "CERTIFIED", "WRAPPED BY"];
    const rows = answer.versions.map((key) => [
      key.key_id,
      key.purpose,
      String(key.version),
      key.is_primary ? "primary" : key.state,
      count(key.rows),
      count(key.uses),
      key.ends_at ?? "",
      key.certified_at ?? "",
      key.wrapped_by.join(" "),
    ]);
    return { text: table(header, rows, "no keys"), json: { census: answer } };
  },
};
