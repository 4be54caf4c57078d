// A verifier's report in words, and as JSON for machines. Pure.

import type { Break, Counts, Report } from "./verify.ts";

/** The report on one log: a line when it is intact, and what is broken, first break first, when it is not. */
export function reportText(tenantId: string, report: Report): string {
  if (report.verdict === "intact") return `${tenantId}  intact  ${countsText(report.counts)}\n`;
  const [first, ...more] = report.breaks.map(breakText);
  const rest = more.map((text) => `${" ".repeat(tenantId.length)}          ${text}\n`).join("");
  return `${tenantId}  BROKEN  ${first ?? ""}\n${rest}`;
}

/** The reports of a run as one JSON object, names in snake_case. */
export function reportsJson(reports: ReadonlyMap<string, Report>): string {
  const tenants = [...reports].map(([tenantId, report]) => ({
    tenant_id: tenantId,
    verdict: report.verdict,
    entries: report.counts.entries,
    proven: report.counts.proven,
    checkpoints: report.counts.checkpoints,
    live_tokens: report.counts.liveTokens,
    deleted_tokens: report.counts.deletedTokens,
    breaks: report.verdict === "intact" ? [] : report.breaks,
  }));
  return `${JSON.stringify({ intact: tenants.every(({ verdict }) => verdict === "intact"), tenants }, null, 2)}\n`;
}

function countsText({ entries, proven, checkpoints, liveTokens, deletedTokens }: Counts): string {
  const unproven = entries - proven;
  const proof = unproven === 0 ? "all proven" : `${number(unproven)} newer than the last checkpoint`;
  const tokens = `${number(liveTokens)} live tokens, ${number(deletedTokens)} deleted`;
  return `${number(entries)} entries, ${proof}, ${number(checkpoints)} checkpoints, ${tokens}`;
}

function breakText(found: Break): string {
  return `${placeOf(found)}: ${meanings[found.kind]} (${found.kind})`;
}

function placeOf(found: Break): string {
  if ("end" in found) {
    const isOne = found.end - found.first === 1;
    return isOne ? `entry ${found.first}` : `an entry from ${found.first} to ${found.end - 1}`;
  }
  if ("first" in found) return found.first === 0 ? "checkpoints" : `checkpoints after entry ${found.first - 1}`;
  const last = found.sequence === null ? "" : `, last committed to by entry ${found.sequence}`;
  return found.token === null ? "a token row" : `token ${found.token}${last}`;
}

function number(value: number): string {
  return value.toLocaleString("en");
}

const meanings = {
  line_malformed: "the line is not an exported entry",
  leaf_mismatch: "the text is not the one that was hashed",
  sequence_broken: "an entry is missing, added, repeated, moved or renumbered",
  other_tenant: "the entry is of another tenant",
  state_contradicted: "an earlier entry rules out the row that this one commits to",
  root_mismatch: "the entries are not those that the checkpoint signed",
  entries_missing: "the log ends before the size that was signed",
  checkpoint_missing: "nothing vouches for the entries",
  checkpoint_unreadable: "not a checkpoint of this log, signed with the given key",
  checkpoint_replaced: "an older checkpoint stands where a newer one was published",
  log_forked: "two signed checkpoints cannot both be of this log",
  row_malformed: "the line is not an exported token row",
  row_missing: "the row was deleted",
  row_without_event: "no entry committed to this row",
  row_rolled_back: "the row is an older version",
  row_ahead: "the row was changed and no entry says so",
  row_revived: "the token was deleted, and its row holds a card again",
  row_edited: "the row was edited",
} as const satisfies Record<Break["kind"], string>;
