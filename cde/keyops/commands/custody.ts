// `keyops custody`: who holds which share, and how far the journal of shares has got.
import type { Schemas } from "../admin-client.ts";
import type { Command } from "../command.ts";
import { count, factLines, table } from "../text.ts";

type Sharing = NonNullable<Schemas["Custody"]["custody"]>["sharings"][number];

export const custody: Command = {
  name: "custody",
  summary: "who holds which share since when, and the journal of shares",
  description:
    "Every sharing of the root keys that custodians open, with everybody who holds or held a share of it: a share of a former sharing still opens a copy of the file of that time. No share is shown. While the file is sealed, nobody has authenticated what it says.",
  words: [],
  options: {},
  isOnline: true,
  examples: ["custody", "custody --profile auditor.yaml --json"],
  exitCodes: { 1: "the vault refused, or the journal of shares was cut or edited", 3: "the vault is not available" },
  run: async (call) => {
    const view = await (await call.connect()).admin.custody();
    return { text: custodyText(view), json: { ...view }, exitCode: view.journal.is_intact ? 0 : 1 };
  },
};

function custodyText({ custody: report, journal }: Schemas["Custody"]): string {
  const sharings = report?.sharings ?? [];
  const present = sharings.at(-1);
  return [
    factLines([
      ["root keys", stateText(report)],
      ["sharing", present?.id ?? null],
      ["opened by", present === undefined ? null : `any ${present.threshold} of ${present.shares.length}`],
      ["ceremony", present?.ceremony_digest ?? null],
      ["journal", journal.is_intact ? "intact" : "cut or edited: see docs/runbooks/suspected-compromise.md"],
      ["lines", `${count(journal.lines)}, of which ${count(journal.chained)} are in the audit log`],
      ["last line", journal.last_hash],
    ]),
    table(["SHARING", "SHARE", "CUSTODIAN", "SINCE", "UNTIL"], sharings.flatMap(holdings), "no shares"),
  ].join("\n");
}

function stateText(report: Schemas["Custody"]["custody"]): string {
  if (report === null) return "not of custodians, or their key agent does not answer";
  if (!report.is_initialised) return "not made yet (keyops init)";
  return report.is_sealed ? "sealed (keyops unseal)" : "open";
}

/** One line for each holder of each share, oldest first; a share is held until the next holder or the next sharing. */
function holdings({ id, ended_at: endedAt, shares }: Sharing): readonly (readonly string[])[] {
  return shares.flatMap(({ index, held_by: holders }) =>
    holders.map(({ custodian, since }, turn) => [
      id,
      String(index),
      custodian,
      since,
      holders[turn + 1]?.since ?? endedAt ?? "",
    ]),
  );
}
